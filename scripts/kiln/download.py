"""Files of Debian packages that are not installed here: downloaded, unpacked in the cache, never installed.

`packages = [...]` of a module means the packages and what they depend on, without what only serves a
machine's upkeep (the same exceptions as for --exec), and without what the module says that its program does not need.
"""
from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Dict, List, Sequence

from . import apt, paths
from .errors import KilnError
from .manifest import Manifest, Placed
from .packages import NOT_PACKED, Package, for_upkeep, parse_paragraph
from .tree import Tree


def add(tree: Tree, modules: Sequence[Manifest]) -> List[str]:
    """Adds the files of the modules' packages; returns the names of all packages."""
    wanted = [package for module in modules for package in module.packages]
    if not wanted:
        return []
    apt.update()
    found = resolve(wanted, [package.name for module in modules for package in module.without])
    fetch([package for package in found.values() if not folder_of(package).is_dir()])
    for name, package in found.items():
        os.utime(folder_of(package))
        add_folder(tree, folder_of(package), f'package {name}')
    return list(found)


def resolve(wanted: Sequence[Placed], without: Sequence[str] = ()) -> Dict[str, Package]:
    """The packages and, level by level, their dependencies. What is asked for by name is never left out."""
    found: Dict[str, Package] = {}
    origins = {placed.name: placed.origin for placed in wanted}
    level = [[name] for name in origins]
    while level:
        known = available(sorted({name for clause in level for name in clause}))
        taken: List[Package] = []
        for clause in level:
            name = next((name for name in clause if name in known), None)
            if name is None and clause[0] in origins:
                raise KilnError(f'{origins[clause[0]]}: there is no package "{clause[0]}" '
                                'in this machine\'s sources')
            if name is not None and known[name].name not in found \
                    and (name in origins or not for_upkeep(known[name])):
                found[known[name].name] = known[name]
                taken.append(known[name])
        level = [clause for package in taken for clause in clauses(package)
                 if not any(name in found or name in without for name in clause)]
    return found


def clauses(package: Package) -> List[List[str]]:
    """The package's dependencies, each with its alternatives."""
    lists = [[re.split(r'[\s:(]', word.strip(), maxsplit=1)[0] for word in clause.split('|')]
             for clause in package.depends.split(',')]
    return [names for names in lists if names[0]]


def available(names: Sequence[str]) -> Dict[str, Package]:
    """The newest available package of each name; a virtual name stands for its first provider."""
    result = {package.name: package for text in apt.records(names).split('\n\n')
              for package in [parse_paragraph(text)] if package is not None}
    for name in names:
        real = apt.provider(name) if name not in result else ''
        if real:
            result.update(available([real]))
            result[name] = result[real]
    return result


def folder_of(package: Package) -> Path:
    """Where the package's files are in the cache, or will be."""
    return paths.CACHE / 'packages' / f'{package.name}_{package.version.replace("/", "_")}'


def fetch(missing: Sequence[Package]) -> None:
    """Downloads packages with one call of apt, which is slow to start, and unpacks each."""
    if not missing:
        return
    (paths.CACHE / 'packages').mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.', dir=paths.CACHE / 'packages') as work:
        names = [f'{package.name}={package.version}' for package in missing]
        apt.run(['apt-get', 'download', '-qq', *names], 'packages could not be downloaded', Path(work))
        for package in missing:
            deb, = Path(work).glob(f'{package.name}_*.deb')
            unpack(deb, Path(work) / package.name, folder_of(package))


def unpack(deb: Path, work: Path, folder: Path) -> None:
    """Unpacks one package; the folder appears only when it is complete."""
    command = ['dpkg-deb', '-x', str(deb), str(work)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise KilnError(f'{deb.name} could not be unpacked: {done.stderr.strip()}')
    try:
        os.rename(work, folder)
    except OSError:
        if not folder.is_dir():         # else somebody was faster
            raise


def add_folder(tree: Tree, folder: Path, origin: str) -> None:
    """All files of an unpacked package, without documentation."""
    for parent, folders, files in os.walk(folder):
        guest = parent[len(str(folder)):]
        folders.sort()
        for name in sorted(folders + files):
            host, path = f'{parent}/{name}', f'{guest}/{name}'
            if (path + '/').startswith(NOT_PACKED):
                continue
            if os.path.islink(host):
                tree.add_link(path, os.readlink(host), origin)
            elif os.path.isdir(host):
                tree.add_dir(path, os.stat(host).st_mode & 0o7777, origin)
            elif os.path.isfile(host):
                tree.add_file(path, host, os.stat(host).st_mode & 0o7777, origin)
