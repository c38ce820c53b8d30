"""Makes an EROFS image of a tree with mkfs.erofs: uncompressed, owned by root, the same bytes every time.

The tree is staged as ordinary files first, since mkfs.erofs 1.5 reads folders only. No privilege is
needed: owners are forced to root by --all-root. Only files have times (their source's); times of the rest and
the UUID are fixed. mkfs.erofs can fix the superblock's time only together with all files' times, so that one
is set to zero afterwards. So equal trees are equal images.
"""
from __future__ import annotations

import os
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from .errors import KilnError
from .tree import Tree

SUPERBLOCK = 1024
BLOCK = 4096
IMAGE_UUID = '4b696c6e-0000-4000-8000-000000000001'


def stage(tree: Tree, folder: str) -> None:
    """Writes the tree below the folder; modes of folders come last, or read-only ones could not be filled."""
    folders = []
    for path, node in tree.sorted():
        where = folder + path
        if node.kind == 'dir':
            os.makedirs(where, exist_ok=True)
            folders.append((where, node.mode))
        elif node.kind == 'link':
            os.symlink(node.target, where)
            os.utime(where, (0, 0), follow_symlinks=False)
        else:
            if isinstance(node.source, bytes):
                Path(where).write_bytes(node.source)
            else:
                shutil.copyfile(node.source, where)
            os.chmod(where, node.mode | 0o400)
            os.utime(where, (0, node.mtime()))
    for where, mode in reversed(folders):
        os.chmod(where, mode | 0o700)
        os.utime(where, (0, 0))


def make(tree: Tree, image: Path) -> None:
    """Writes the image; it appears under its name only when it is complete."""
    image.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='stage-', dir=image.parent) as folder:
        root = os.path.join(folder, 'root')
        os.mkdir(root)
        try:
            stage(tree, root)
        except OSError as error:
            what = f'{error.filename}: {error.strerror}, while the image was put together'
            raise KilnError(what) from error
        unfinished = os.path.join(folder, 'image')
        run_mkfs(['-d1', '-x-1', '-U', IMAGE_UUID, '--all-root', '--quiet', unfinished, root])
        forget_build_time(unfinished)
        os.replace(unfinished, image)


def run_mkfs(arguments: list[str]) -> None:
    """mkfs.erofs, with its complaint as our line."""
    try:
        done = subprocess.run(['mkfs.erofs', *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              check=False)
    except FileNotFoundError as error:
        what = 'mkfs.erofs is missing: install the package erofs-utils (scripts/setup does)'
        raise KilnError(what) from error
    if done.returncode != 0:
        what = done.stderr.decode(errors='replace').strip().splitlines()
        raise KilnError(f'mkfs.erofs failed: {what[-1] if what else done.returncode}')


def forget_build_time(image: str) -> None:
    """Sets the superblock's time to zero and mends its checksum (CRC-32C of the rest of the first block)."""
    with open(image, 'r+b') as file:
        file.seek(SUPERBLOCK)
        block = bytearray(file.read(BLOCK - SUPERBLOCK))
        struct.pack_into('<QI', block, 24, 0, 0)        # build_time, build_time_nsec
        struct.pack_into('<I', block, 4, 0)
        struct.pack_into('<I', block, 4, crc32c(block))
        file.seek(SUPERBLOCK)
        file.write(block)


def crc32c(data: bytes) -> int:
    """As EROFS uses it: started with all ones, not inverted at the end."""
    value = 0xffffffff
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value
