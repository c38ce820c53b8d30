"""build/cache: images under the hash of their content, and recipes that lead to them without hashing.

A recipe is the answer to "this program with these options": the image it made and the state (time, size,
inode) of every file of this machine that went into it. As long as none of them changed, a second run
costs one lstat for each and no reading. Everything is pruned, least recently used first, to 4 GiB.
"""
from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, List, Optional

from . import paths

if TYPE_CHECKING:
    from .tree import Tree

LIMIT = 4 << 30
TOOLS = Path(__file__).resolve().parent


def state(path: str) -> Optional[List[int]]:
    """What is compared to see that a file has not changed; None where there is none."""
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return [info.st_mtime_ns, info.st_size, info.st_ino, info.st_mode]


def recipe_key(*parts: object) -> str:
    """A name for a question. The tools' own state is part of it: new tools ask anew."""
    own = [[entry.name, state(entry.path)] for entry in sorted(os.scandir(TOOLS), key=lambda e: e.name)
           if entry.name.endswith('.py')]
    return hashlib.sha256(json.dumps([own, parts]).encode()).hexdigest()


def recall(key: str) -> Optional[dict]:
    """The recipe of that name if all its files are as they were and its image still exists."""
    file = paths.CACHE / 'recipes' / f'{key}.json'
    try:
        recipe = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    image = Path(recipe['image'])
    if not image.exists() or any(state(path) != was for path, was in recipe['inputs']):
        return None
    for used in (file, image):
        os.utime(used)
    return recipe


def remember(key: str, tree: Tree, image: Path, **facts: object) -> dict:
    """Writes the recipe and returns it."""
    folder = paths.CACHE / 'recipes'
    folder.mkdir(parents=True, exist_ok=True)
    recipe = {'image': str(image), 'inputs': [[path, state(path)] for path in sorted(tree.inputs)],
              'paths': sorted(tree.nodes), **facts}
    unfinished = folder / f'{key}.{os.getpid()}'
    unfinished.write_text(json.dumps(recipe))
    os.replace(unfinished, folder / f'{key}.json')
    return recipe


def image_of(tree: Tree, suffix: str, make: Callable[[Tree, Path], None]) -> Path:
    """The image of the tree, made only if an equal one is not there yet."""
    image = paths.CACHE / 'images' / f'{tree.digest()}.{suffix}'
    if not image.exists():
        with locked():
            if not image.exists():
                make(tree, image)
                prune(keep=image)
    os.utime(image)
    return image


@contextmanager
def locked(name: str = 'lock') -> Iterator[None]:
    """One process at a time builds and prunes."""
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    with open(paths.CACHE / name, 'w', encoding='ascii') as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prune(keep: Path, limit: int = LIMIT) -> None:
    """Deletes the least recently used entries (files, or whole unpacked packages) until the limit is kept."""
    entries = [entry for kind in paths.CACHE.iterdir() if kind.is_dir() for entry in kind.iterdir()]
    facts = {entry: (entry.lstat().st_mtime, _size(entry)) for entry in entries}
    total = sum(size for _, size in facts.values())
    for entry, (_, size) in sorted(facts.items(), key=lambda pair: pair[1][0]):
        if total <= limit:
            break
        if entry != keep and not entry.name.startswith('.'):        # a dot: somebody is still writing it
            _delete(entry)
            total -= size


def _size(entry: Path) -> int:
    if not entry.is_dir():
        return entry.lstat().st_size
    return sum(file.lstat().st_size for file in entry.rglob('*') if not file.is_dir())


def _delete(entry: Path) -> None:
    if not entry.is_dir():
        entry.unlink(missing_ok=True)
        return
    doomed = entry.with_name(f'.{entry.name}.{os.getpid()}')
    entry.rename(doomed)                # so that nobody ever sees half a package
    shutil.rmtree(doomed, ignore_errors=True)
