"""scripts/build: modules -> tree -> root -> bootable disk image."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

from . import (assemble, bootline, cache, cpio, disk, download, erofs, formats, kernels, ldcache, libc, paths,
               qemu, xen)
from .errors import KilnError
from .manifest import Manifest, load
from .modules import Finder
from .tree import Tree

USAGE = """usage: scripts/build image=NAME[,NAME...] [fs=rofs|ramfs] [format=raw|qcow2|vmdk|vdi|ova]
                     [mode=release|debug] [drivers=all|none|NAME,...] [libc=own|builtin] [deploy=xl]
                     [-jN] [--modules D]
       scripts/build            lists the modules
       scripts/build --clean    deletes all that was built or cached"""
FETCHED = ('third-party', 'apt')
MAKERS = {'rofs': ('erofs', erofs.make), 'ramfs': ('cpio.gz', cpio.make)}


@dataclass
class Request:
    """What shall be built."""
    names: List[str] = field(default_factory=list)
    fs: str = 'rofs'
    format: str = 'raw'
    mode: str = 'release'
    jobs: str = ''
    modules: List[str] = field(default_factory=list)
    libc: str = ''                      # own or builtin; '': as the modules say
    drivers: str = ''                   # as kernels.chosen makes it; '': all
    deploy: str = ''                    # 'xl': a configuration for Xen, too


def main(argv: List[str]) -> int:
    """The command line of scripts/build."""
    try:
        return build_or_list(argv)
    except KilnError as error:
        print(f'kiln: {error.line}', file=sys.stderr)
        return error.status


def build_or_list(argv: List[str]) -> int:
    """One call of scripts/build."""
    if argv in (['-h'], ['--help']):
        print(USAGE)
        return 0
    if argv == ['--clean']:
        return clean()
    request = parse(argv)
    if not request.names:
        list_modules(request.modules)
        return 0
    ninja(request.mode, request.drivers, request.jobs)
    image, recipe = build(request)
    paths.LAST_IMAGE.write_text(json.dumps({
        'names': list(map(absolute_if_path, request.names)), 'fs': request.fs, 'libc': request.libc,
        'drivers': request.drivers,
        'modules': list(map(os.path.abspath, request.modules))}))
    print(closing_line(image, recipe))
    if request.format != 'raw':
        converted = formats.convert(image, request.format)
        print(f'{converted.relative_to(paths.ROOT)}: {converted.stat().st_size / disk.MIB:.1f} MiB')
    if request.deploy == 'xl':
        file = deploy_xl(image, recipe, request.fs)
        print(f'{file.relative_to(paths.ROOT)}: xl create -c {file}')
    return 0


def parse(argv: Sequence[str]) -> Request:
    """KEY=VALUE words and the few options."""
    request = Request()
    words = list(argv)
    while words:
        word = words.pop(0)
        key, equals, value = word.partition('=')
        if key == 'image' and value:
            request.names = [os.path.expanduser(name) for name in value.split(',')]
            if not all(request.names):
                raise KilnError(f'{word}: an empty module name')
        elif key == 'fs' and value in MAKERS:
            request.fs = value
        elif key == 'format' and value in formats.FORMATS:
            request.format = value
        elif key == 'mode' and value in ('release', 'debug'):
            request.mode = value
        elif key == 'libc' and value in libc.CHOICES:
            request.libc = value
        elif key == 'deploy' and value == 'xl':
            request.deploy = value
        elif key == 'drivers' and value:
            request.drivers = kernels.chosen(value)
        elif word.startswith('-j') and (word[2:] or ''.join(words[:1])).isdigit():
            request.jobs = word[2:] or words.pop(0)
        elif key == '--modules' and (value or (not equals and words)):
            request.modules.append(value or words.pop(0))
        else:
            raise KilnError(f'scripts/build does not know "{word}"; ' + USAGE.split('\n', maxsplit=1)[0])
    return request


def clean() -> int:
    """Deletes what was built and cached; what scripts/setup fetched stays."""
    for entry in paths.BUILD.iterdir() if paths.BUILD.is_dir() else ():
        if entry.name in FETCHED:
            continue
        if entry.is_dir():
            shutil.rmtree(entry, onerror=_make_writable_and_retry)
        else:
            entry.unlink()
    return 0


def _make_writable_and_retry(function: Callable[[str], None], path: str, _: object) -> None:
    """Unpacked packages hold folders that may not be written."""
    os.chmod(os.path.dirname(path), 0o700)
    function(path)


def list_modules(extra: Sequence[str]) -> None:
    """Name and description of all modules."""
    modules = [load(folder) for folder in Finder(extra).all()]
    width = max(len(module.name) for module in modules)
    for module in modules:
        print(f'{module.name:{width}}  {module.description}'.rstrip())


def ninja(mode: str, drivers: str = '', jobs: str = '') -> None:
    """Brings the kernel with these drivers, and the boot code, up to date."""
    try:
        with cache.locked('ninja.lock'):        # two ninjas at once spoil their log
            command = ['ninja', '-f', kernels.build_file(mode, drivers), *(['-j', jobs] if jobs else []),
                       *kernels.targets(mode, drivers)]
            done = subprocess.run(command, cwd=paths.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
    except FileNotFoundError as error:
        raise KilnError('ninja is missing: install the package ninja-build (scripts/setup does)') from error
    if done.returncode != 0:
        print(done.stdout[max(0, done.stdout.find('FAILED')):].rstrip(), file=sys.stderr)
        raise KilnError(f'the kernel could not be built (ninja {mode})')


def absolute_if_path(name: str) -> str:
    """A module given as a path, for use from other folders."""
    return os.path.abspath(name) if '/' in name or name in ('.', '..') else name


def image_file(names: Sequence[str], mode: str) -> Path:
    """Where the image of these modules lies: a+b.img."""
    name = '+'.join(Path(absolute_if_path(name)).name for name in names)
    return paths.variant(mode) / 'images' / f'{name}.img'


def build(request: Request) -> Tuple[Path, Dict]:
    """The disk image and the recipe of its root."""
    recipe = root(Finder(request.modules).ordered(request.names), request, rebuild=True)
    kernel = paths.stripped_kernel(request.mode, request.drivers)
    image = image_file(request.names, request.mode)
    words = ['kiln.root=' + ('ram' if request.fs == 'ramfs' else 'disk'), *recipe['words']]
    image.parent.mkdir(parents=True, exist_ok=True)
    disk.make(image, Path(recipe['image']), kernel, paths.boot_code(request.mode), words,
              root_in_ram=request.fs == 'ramfs')
    shutil.copyfile(paths.kernel(request.mode, request.drivers), image.parent / 'kernel.elf')
    return image, recipe


def deploy_xl(image: Path, recipe: Dict, fs: str) -> Path:
    """An xl configuration beside the image: 256 MiB, one CPU, a card on xl's default bridge."""
    in_ram = fs == 'ramfs'
    words = ' '.join(['kiln.root=' + ('ram' if in_ram else 'disk'), *recipe['words'], 'kiln.ip=dhcp'])
    xen.check_command_line(words)
    disks = [] if in_ram else [f'format=raw,vdev=xvda,access=rw,target={image}']
    root = ''
    if in_ram:
        root = str(image.with_suffix('.root'))
        shutil.copyfile(recipe['image'], root)
    file = image.with_suffix('.cfg')
    kernel = str(image.parent / 'kernel.elf')
    file.write_text(xen.configuration(image.stem, kernel, words, 256 * disk.MIB, 1, disks, ['bridge=xenbr0'], root),
                    encoding='utf-8')
    return file


def root(modules: Sequence[Manifest], request: Request, adds: Sequence[str] = (),
         rebuild: bool = False) -> Dict:
    """The recipe of the modules' root. Their build commands run if asked for, or if something has changed."""
    chosen = request.libc or libc_of(modules)
    key = cache.recipe_key('modules', request.fs, chosen, [str(module.folder) for module in modules],
                           [[text, os.path.abspath(text)] for text in adds])
    recipe = None if rebuild else cache.recall(key)
    if recipe is None:
        for module in modules:
            run_build_command(module)
        recipe = cache.recall(key) or make_root(key, modules, request.fs, adds, chosen)
    return recipe


def run_build_command(module: Manifest) -> None:
    """`build = [...]`, in the module's folder; its output is the user's."""
    if not module.build:
        return
    try:
        done = subprocess.run(module.build, cwd=module.folder, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        raise KilnError(f'{module.file}: build command {module.build[0]}: {error.strerror}') from error
    if done.returncode != 0:
        command = ' '.join(module.build)
        raise KilnError(f'{module.file}: build command {command} failed with status {done.returncode}')


def make_root(key: str, modules: Sequence[Manifest], fs: str, adds: Sequence[str],
              chosen: str = libc.OWN) -> Dict:
    """Fills the tree from all modules and makes the root of it."""
    tree = Tree()
    for module in modules:
        assemble.add_module(tree, module)
    download.add(tree, modules)
    for text in adds:
        assemble.add_extra(tree, text)
    assemble.add_defaults(tree)
    words = own_words(modules, chosen)
    libc.bind(tree, chosen, bootline.Program.of_words(bootline.parse(words)).argv[:1])
    ldcache.add(tree)
    tree.add_file('/.kiln/command', '\n'.join(words + ['']).encode('ascii'), origin='every image')
    suffix, make = MAKERS[fs]
    return cache.remember(key, tree, cache.image_of(tree, suffix, make), words=words, biggest=biggest(tree))


def libc_of(modules: Sequence[Manifest]) -> str:
    """The C library that the last module asks for which cares."""
    return next((module.libc for module in reversed(modules) if module.libc), libc.OWN)


def own_words(modules: Sequence[Manifest], chosen: str = libc.OWN) -> List[str]:
    """Command, environment, working directory, writable folders and C library of the image."""
    commanding = next((module for module in reversed(modules) if module.command), None)
    program = bootline.Program(commanding.command if commanding else [], libc=chosen)
    for module in modules:
        program.environment.update(module.environment)
        program.writable += [folder.name for folder in module.writable if module.name != 'base']
    program.cwd = next((module.cwd for module in reversed(modules) if module.cwd), '/')
    return bootline.words(program.pairs())


def biggest(tree: Tree, count: int = 3) -> List[Tuple[str, int]]:
    """The packages (or other origins) that take most of the image."""
    sizes: Dict[str, int] = {}
    for node in tree.nodes.values():
        if node.kind == 'file':
            name = node.origin.removeprefix('package ')
            name = Path(name).parent.name if name.split(':')[0].endswith('.toml') else name
            sizes[name] = sizes.get(name, 0) + node.size()
    return sorted(sizes.items(), key=lambda pair: -pair[1])[:count]


def closing_line(image: Path, recipe: Dict) -> str:
    """Image, size, biggest packages, and a command to type."""
    parts = ', '.join(f'{name} {size / disk.MIB:.1f}' for name, size in recipe['biggest'])
    return (f'{image.relative_to(paths.ROOT)}: {image.stat().st_size / disk.MIB:.0f} MiB ({parts}); '
            f'boot it: {plain_command(image)}')


def plain_command(image: Path) -> str:
    """QEMU without run.py: the disk boots itself."""
    return qemu.Machine(disks=[qemu.Disk(image)]).plain()
