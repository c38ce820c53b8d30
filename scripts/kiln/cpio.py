"""Makes a gzip'd cpio archive ("newc") of a tree, for fs=ramfs: the same bytes for the same tree."""
from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path
from typing import BinaryIO

from .errors import KilnError
from .tree import Node, Tree

TYPES = {'dir': stat.S_IFDIR, 'file': stat.S_IFREG, 'link': stat.S_IFLNK}
MAX_FILE = (1 << 32) - 1


def make(tree: Tree, archive: Path) -> None:
    """Writes the archive; it appears under its name only when it is complete."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(f'.{archive.name}.{os.getpid()}')
    try:
        with open(unfinished, 'wb') as raw, \
                gzip.GzipFile(filename='', mode='wb', fileobj=raw, compresslevel=6, mtime=0) as out:
            for number, (path, node) in enumerate(tree.sorted(), 1):
                if path != '/':
                    _entry(out, number, os.fsencode(path[1:]), node, _data(path, node))
            _header(out, 0, b'TRAILER!!!', 0, 0, 0)
        os.replace(unfinished, archive)
    finally:
        unfinished.unlink(missing_ok=True)


def _data(path: str, node: Node) -> bytes:
    if node.kind == 'link':
        return os.fsencode(node.target)
    data = node.content() if node.kind == 'file' else b''
    if len(data) > MAX_FILE:
        raise KilnError(f'{path}: a cpio archive holds no files of 4 GiB or more; use fs=rofs')
    return data


def _entry(out: BinaryIO, number: int, name: bytes, node: Node, data: bytes) -> None:
    _header(out, number, name, TYPES[node.kind] | node.mode, len(data), node.mtime())
    out.write(data + bytes(-len(data) % 4))


def _header(out: BinaryIO, number: int, name: bytes, mode: int, size: int, mtime: int) -> None:
    """inode, mode, uid, gid, links, time, size, device (2), special (2), name length, checksum (unused)."""
    fields = (number, mode, 0, 0, 1, mtime, size, 0, 0, 0, 0, len(name) + 1, 0)
    head = b'070701' + b''.join(b'%08X' % value for value in fields) + name + b'\0'
    out.write(head + bytes(-len(head) % 4))
