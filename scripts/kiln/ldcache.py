"""/etc/ld.so.cache for an image, as ldconfig would write it there.

With it glibc's loader opens each library at once; without it, it first tries folders that do not exist, and
never looks into those that only ld.so.conf names (/usr/local/lib). ldconfig itself needs root to write for
another root directory. The format is glibc's cache_file_new ("glibc-ld.so.cache1.1"): header, entries
sorted downwards by _dl_cache_libcmp's order, strings.
"""
from __future__ import annotations

import functools
import os
import struct
from typing import Dict, List

from .closure import STANDARD_FOLDERS, conf_folders
from .tree import Node, Tree

PATH = '/etc/ld.so.cache'
HEADER = struct.Struct('<17s3sIIB3xI12x')
ENTRY = struct.Struct('<iIIIQ')
ELF_X86_64 = 0x303
LITTLE_ENDIAN = 2


def add(tree: Tree) -> None:
    """Puts the cache into a tree that has glibc and no cache yet."""
    libraries = collect(tree)
    if 'libc.so.6' in libraries and tree.lookup(PATH) is None:
        tree.add_file(PATH, encode(libraries), origin='the cache of libraries')


def collect(tree: Tree) -> Dict[str, str]:
    """Name -> path of the libraries in the folders that ldconfig would read; the first folder wins."""
    folders = conf_folders() + STANDARD_FOLDERS
    rank: Dict[str, int] = {}
    for number, folder in enumerate(folders):
        rank.setdefault(tree.resolve(folder, follow_last=True), number)
    best: Dict[str, str] = {}
    for path in tree.nodes:
        folder, name = os.path.split(path)
        if folder not in rank or '.so' not in name:
            continue
        node = tree.lookup(path)
        if node is None or not is_library(node):
            continue
        if name not in best or rank[folder] < rank[os.path.dirname(best[name])]:
            best[name] = path
    return best


def is_library(node: Node) -> bool:
    """Whether a file is a 64-bit ELF file for x86."""
    if node.kind != 'file':
        return False
    if isinstance(node.source, bytes):
        start = node.source[:20]
    else:
        with open(node.source, 'rb') as file:
            start = file.read(20)
    return start[:5] == b'\x7fELF\2' and start[18:20] == b'\x3e\0'


def encode(libraries: Dict[str, str]) -> bytes:
    """The bytes of the file."""
    names = sorted(libraries, key=functools.cmp_to_key(compare), reverse=True)
    at = HEADER.size + ENTRY.size * len(names)
    entries: List[bytes] = []
    strings = bytearray()
    for name in names:
        key = at + len(strings)
        strings += os.fsencode(name) + b'\0'
        value = at + len(strings)
        strings += os.fsencode(libraries[name]) + b'\0'
        entries.append(ENTRY.pack(ELF_X86_64, key, value, 0, 0))
    header = HEADER.pack(b'glibc-ld.so.cache', b'1.1', len(names), len(strings), LITTLE_ENDIAN, 0)
    return header + b''.join(entries) + bytes(strings)


def compare(one: str, two: str) -> int:
    """The loader's order: byte by byte, but runs of digits by their number."""
    first, second = os.fsencode(one) + b'\0', os.fsencode(two) + b'\0'
    i = j = 0
    while first[i]:
        if chr(first[i]).isdigit() and chr(second[j]).isdigit():
            start_i, start_j = i, j
            while chr(first[i]).isdigit():
                i += 1
            while chr(second[j]).isdigit():
                j += 1
            difference = int(first[start_i:i]) - int(second[start_j:j])
            if difference:
                return difference
        elif chr(first[i]).isdigit():
            return 1
        elif chr(second[j]).isdigit():
            return -1
        elif first[i] != second[j]:
            return first[i] - second[j]
        else:
            i += 1
            j += 1
    return first[i] - second[j]
