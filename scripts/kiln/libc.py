"""The built-in C library in an image: in goes libc.so, out go the C library's own files; docs/libc.md.

What is left in the tree is checked: an import that neither the built-in library nor another library of the
image provides is named, with the file that needs it.
"""
from __future__ import annotations

import os
import subprocess

from . import paths
from .errors import KilnError
from .tree import Tree

OWN, BUILTIN = 'own', 'builtin'
CHOICES = [OWN, BUILTIN]
LIBRARY = paths.BUILD / 'libc' / 'libc.so'
GUEST_PATH = '/usr/lib/kiln/libc.so'
# The same names as in loader/dynamic/library_names.hh.
REPLACED = {'libc.so.6', 'libm.so.6', 'libpthread.so.0', 'libdl.so.2', 'librt.so.1', 'libutil.so.1', 'libresolv.so.2',
            'libanl.so.1', 'ld-linux-x86-64.so.2', 'libc.so', 'libc.musl-x86_64.so.1', 'ld-musl-x86_64.so.1',
            'libmvec.so.1'}


def bind(tree: Tree, choice: str) -> None:
    """Makes the tree one whose programs are bound to the built-in library, if that was chosen."""
    if choice != BUILTIN:
        return
    build_if_missing()
    origin = '--libc builtin'
    for path in [path for path in tree.nodes if os.path.basename(path) in REPLACED]:
        del tree.nodes[path]
    tree.add_host(str(LIBRARY), origin, GUEST_PATH)


def build_if_missing() -> None:
    """musl is built once; `ninja libc` brings it up to date."""
    if LIBRARY.exists():
        return
    done = subprocess.run(['ninja', '-f', 'build.ninja', 'libc'], cwd=paths.ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise KilnError('the built-in C library could not be built: run scripts/setup, then ninja libc')
