"""What run.py boots: a root made from a program, from modules, or out of an image file, and its own words.

What packs images is imported only where an image has to be made: most runs find theirs in the cache, and
loading the packing half of the tools would take longer than all else that run.py does before QEMU starts.
"""
from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from . import bootline, cache, disk, hostpath, paths
from .errors import KilnError

CPIO_MAGIC = (b'\x1f\x8b', b'070701', b'070702')


@dataclass
class Image:
    """A root file system to boot, and what its program is unless the user says otherwise."""
    root: Path
    in_ram_only: bool                               # a cpio archive
    words: List[str] = field(default_factory=list)
    paths: Optional[List[str]] = None               # of all files in it; None where that is not known
    disk: Optional[Path] = None                     # the disk image that the root came from

    def pairs(self) -> List[Tuple[str, str]]:
        """The image's own words, decoded."""
        return bootline.parse(self.words)


def of_program(name: str, adds: Sequence[str], fs: str, libc: str = 'own') -> Tuple[Image, str]:
    """--exec: the image for a program of this machine, and the program's path in it."""
    program = hostpath.find_program(name)
    key = cache.recipe_key('exec', fs, libc, program, _absolute(adds))
    recipe = cache.recall(key)
    if recipe is None:
        recipe = _pack_program(key, program, adds, fs, libc)
    return Image(Path(recipe['image']), fs == 'ramfs', paths=recipe['paths']), program


def _pack_program(key: str, program: str, adds: Sequence[str], fs: str, libc: str) -> dict:
    from . import assemble, build, ldcache
    from .libc import bind
    from .tree import Tree
    tree = Tree()
    assemble.add_base(tree)
    assemble.add_program(tree, program)
    for text in adds:
        assemble.add_extra(tree, text)
    assemble.add_defaults(tree)
    bind(tree, libc, [program])
    ldcache.add(tree)
    suffix, make = build.MAKERS[fs]
    return cache.remember(key, tree, cache.image_of(tree, suffix, make))


def named(name: Optional[str], adds: Sequence[str], fs: Optional[str], modules: Sequence[str],
          libc: str = '') -> Image:
    """--image: modules, a file, or what was built last."""
    if name is None:
        last = built_last()
        return of_modules(last['names'], adds, fs or last['fs'], [*last['modules'], *modules],
                          libc or last.get('libc', ''))
    if is_file_name(name):
        if adds:
            raise KilnError(f'--add goes with --exec or modules: nothing can be added to the file {name}')
        if libc:
            raise KilnError(f'--libc goes with --exec or modules: what programs are bound to is part of {name}')
        return of_file(Path(name))
    return of_modules(name.split(','), adds, fs or 'rofs', modules, libc)


def built_last() -> dict:
    """What scripts/build was asked for the last time."""
    try:
        return json.loads(paths.LAST_IMAGE.read_text())
    except (OSError, ValueError) as error:
        raise KilnError('nothing to run: give --exec PROGRAM or --image NAME') from error


def is_file_name(name: str) -> bool:
    """Whether --image means a file: it exists, or looks like one and is no module's folder."""
    if os.path.isdir(name) and os.path.exists(os.path.join(name, 'module.toml')):
        return False
    looks_like_one = name.endswith('.img') or (name.startswith(('/', './')) and ',' not in name)
    return os.path.isfile(name) or looks_like_one


def of_modules(names: Sequence[str], adds: Sequence[str], fs: str, folders: Sequence[str],
               libc: str = '') -> Image:
    """The image of some modules; built only if something has changed."""
    from . import build
    from .modules import Finder
    request = build.Request(list(names), fs, modules=list(folders), libc=libc)
    recipe = build.root(Finder(folders).ordered(names), request, adds, rebuild=False)
    return Image(Path(recipe['image']), fs == 'ramfs', recipe['words'], recipe['paths'])


def of_file(file: Path) -> Image:
    """A disk image of scripts/build, or a bare EROFS image or cpio archive."""
    try:
        with open(file, 'rb') as opened:
            start = opened.read(disk.EROFS_MAGIC_AT + 4)
    except OSError as error:
        raise KilnError(f'--image {file}: {error.strerror}') from error
    file = file.resolve()
    layout = disk.read_layout(file)
    if layout is not None:
        suffix = 'cpio.gz' if layout.root_in_ram else 'erofs'
        key = cache.recipe_key('file', str(file), cache.state(str(file)))
        root = paths.CACHE / 'images' / f'{key}.{suffix}'
        if not root.exists():
            root.parent.mkdir(parents=True, exist_ok=True)
            disk.extract_root(file, layout, root)
        return Image(root, layout.root_in_ram, disk.read_config(file), disk=file)
    if start[disk.EROFS_MAGIC_AT:] == disk.EROFS_MAGIC:
        return Image(file, False)
    if start.startswith(CPIO_MAGIC):
        return Image(file, True)
    raise KilnError(f'--image {file}: is neither a Kiln disk image nor an EROFS image nor a cpio archive')


def bootable_disk(image: Image, mode: str, drivers: str = '') -> Path:
    """A disk that a BIOS can boot, with this root; its configuration is still the image's own."""
    if image.disk is not None:
        return image.disk
    kernel, code = paths.stripped_kernel(mode, drivers), paths.boot_code(mode)
    for file in (kernel, code):
        if not file.exists():
            raise KilnError(f'--boot bios: {file} is not there: run ninja -f build.ninja {mode}')
    states = [cache.state(str(file)) for file in (image.root, kernel, code)]
    key = cache.recipe_key('disk', str(image.root), image.words, states)
    file = paths.CACHE / 'disks' / f'{key}.img'
    if not file.exists():
        with cache.locked():
            file.parent.mkdir(parents=True, exist_ok=True)
            disk.make(file, image.root, kernel, code, image.words, image.in_ram_only)
            cache.prune(keep=file)
    os.utime(file)
    return file


def _absolute(adds: Sequence[str]) -> List[List[str]]:
    """--add arguments, which mean different files in different folders."""
    return [[text, os.path.abspath(hostpath.split_add(text)[0])] for text in adds]
