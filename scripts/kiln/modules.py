"""Finds modules by name or path and puts them in order: what a module needs comes before it."""
from __future__ import annotations

import difflib
from pathlib import Path
from typing import Dict, List, Sequence

from . import paths
from .errors import KilnError
from .manifest import NAME, Manifest, load


class Finder:
    """Looks for modules in --modules folders first, then in the repository's modules/."""

    def __init__(self, extra: Sequence[str] = ()) -> None:
        for folder in extra:
            if not Path(folder).is_dir():
                raise KilnError(f'--modules {folder}: no such folder')
        self.folders = [Path(folder).resolve() for folder in extra] + [paths.MODULES]

    def all(self) -> List[Path]:
        """The folders of all modules, by name."""
        found = {folder.name: folder for parent in reversed(self.folders) for folder in parent.iterdir()
                 if (folder / NAME).is_file()}
        return [found[name] for name in sorted(found)]

    def folder(self, name: str, origin: str) -> Path:
        """The folder of the module of that name or path."""
        if '/' in name or name in ('.', '..'):
            folder = Path(name).resolve()
            if not (folder / NAME).is_file():
                raise KilnError(f'{origin}: {name} has no {NAME}, so it is not a module')
            return folder
        for parent in self.folders:
            if (parent / name / NAME).is_file():
                return (parent / name).resolve()
        near = difflib.get_close_matches(name, [folder.name for folder in self.all()], 1)
        hint = f'did you mean {near[0]}?' if near else 'scripts/build without arguments lists the modules'
        raise KilnError(f'{origin}: no module "{name}"; {hint}')

    def ordered(self, names: Sequence[str]) -> List[Manifest]:
        """The modules and all they need, needed ones first; base is always the first."""
        done: Dict[Path, Manifest] = {}
        self._visit('base', 'every image', [], done)
        for name in names:
            self._visit(name, f'image={",".join(names)}', [], done)
        return list(done.values())

    def _visit(self, name: str, origin: str, way: List[str], done: Dict[Path, Manifest]) -> None:
        folder = self.folder(name, origin)
        if folder in done:
            return
        if str(folder) in way:
            circle = ' -> '.join(Path(step).name for step in way[way.index(str(folder)):] + [str(folder)])
            raise KilnError(f'{origin}: modules need each other in a circle: {circle}')
        module = load(folder)
        for need in module.needs:
            where = str(folder / need.name) if need.name.startswith('.') else need.name
            self._visit(where, need.origin, way + [str(folder)], done)
        done[folder] = module
