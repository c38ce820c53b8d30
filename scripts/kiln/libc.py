"""The built-in C library in an image: in goes libc.so, out go the C library's own files; docs/libc.md.

What is left in the tree is checked: an import that neither the built-in library nor another library of the
image provides is named, with the file that needs it.
"""
from __future__ import annotations

import os
import subprocess
from typing import Dict, List, Sequence, Tuple

from . import cache, elf, paths
from .errors import KilnError
from .tree import Tree

OWN, BUILTIN = 'own', 'builtin'
CHOICES = [OWN, BUILTIN]
LIBRARY = paths.BUILD / 'libc' / 'libc.so'
GUEST_PATH = '/usr/lib/kiln/libc.so'
GLIBC_DATA = ('/usr/lib/locale/', '/usr/lib/x86_64-linux-gnu/gconv/')     # musl reads neither
# The same names as in loader/dynamic/library_names.hh.
REPLACED = {'libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libdl.so.2', 'librt.so.1', 'libutil.so.1', 'libresolv.so.2',
            'libanl.so.1', 'ld-linux-x86-64.so.2', 'libc.so', 'libc.musl-x86_64.so.1', 'ld-musl-x86_64.so.1',
            'libmvec.so.1'}


def bind(tree: Tree, choice: str, programs: Sequence[str] = ()) -> None:
    """Makes the tree one whose programs are bound to the built-in library, if that was chosen."""
    if choice != BUILTIN:
        return
    build_if_missing()
    origin = '--libc builtin'
    for path in [path for path in tree.nodes if os.path.basename(path) in REPLACED or path.startswith(GLIBC_DATA)]:
        del tree.nodes[path]
    tree.add_host(str(LIBRARY), origin, GUEST_PATH)
    for program in programs:
        check_imports(tree, program)


def build_if_missing() -> None:
    """musl is built once; `ninja libc` brings it up to date."""
    if LIBRARY.exists():
        return
    with cache.locked('ninja.lock'):        # two ninjas at once spoil their log
        done = subprocess.run(['ninja', '-f', 'build.ninja', 'libc'], cwd=paths.ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise KilnError('the built-in C library could not be built: run scripts/setup, then ninja libc')


def check_imports(tree: Tree, program: str) -> None:
    """Stops if the program or a library that it needs imports what nothing in the image provides."""
    by_name = {os.path.basename(path): path for path in tree.nodes}
    provided = set(dynamic_symbols(str(LIBRARY))[0])
    missing: Dict[str, str] = {}
    names, seen = [program], set()
    while names:
        name = names.pop()
        node = tree.lookup(by_name.get(name, name))
        if name in seen or node is None or node.kind != 'file' or not isinstance(node.source, str) \
                or not elf.is_elf(node.source):
            continue
        seen.add(name)
        info = elf.read(node.source)
        if name == program and info.interpreter is None:
            return                              # static: it brings its own
        names += [needed for needed in info.needed if needed not in REPLACED]
        defined, wanted = dynamic_symbols(node.source)
        provided.update(defined)
        missing.update((symbol, name) for symbol in wanted)
    left = {symbol: user for symbol, user in missing.items() if symbol not in provided}
    if left:
        symbol, user = min(left.items())
        more = f' (and {len(left) - 1} more: {", ".join(sorted(left)[1:4])})' if len(left) > 1 else ''
        raise KilnError(f'{user}: imports {symbol}, which neither the built-in C library nor another library of the '
                        f'image provides{more}; use --libc own')


def dynamic_symbols(path: str) -> Tuple[List[str], List[str]]:
    """What an ELF file defines for others, and what it cannot do without."""
    from elftools.elf.elffile import ELFFile
    defined, wanted = [], []
    with open(path, 'rb') as file:
        table = ELFFile(file).get_section_by_name('.dynsym')
        for symbol in table.iter_symbols() if table is not None else ():
            if symbol['st_shndx'] != 'SHN_UNDEF':
                defined.append(symbol.name)
            elif symbol.name and symbol['st_info']['bind'] == 'STB_GLOBAL':
                wanted.append(symbol.name)
    return defined, wanted
