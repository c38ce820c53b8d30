"""Bootable disk images: boot code, header, configuration, kernel and root. docs/image.md draws the layout.

The boot code is not made here: ninja builds it from arch/x64/boot, and it must fit into the sectors
before the header. An image whose build has no boot code yet has zeros there: QEMU's -kernel boots it,
a BIOS does not.
"""
from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, List, Optional

from .errors import KilnError

SECTOR = 512
MIB = 1 << 20
HEADER_LBA = 63
HEADER = struct.Struct('<8s6IQQQ')
HEADER_MAGIC = b'KILNDISK'
CONFIG_AT = 64 << 10            # one cluster of the overlay that --boot bios writes
CONFIG_SIZE = 64 << 10
CONFIG_MAGIC = b'KILNCONF'
KERNEL_AT = 128 << 10
TYPE_LINUX = 0x83
TYPE_DATA = 0xda                # a cpio archive is no file system
EROFS_MAGIC = b'\xe2\xe1\xf5\xe0'
EROFS_MAGIC_AT = 1024


@dataclass
class Layout:
    """What the header of an image says."""
    kernel_at: int
    kernel_size: int
    root_at: int
    root_size: int
    root_in_ram: bool


def config_area(words: List[str]) -> bytes:
    """The configuration area: magic, length, the words separated by spaces, a zero byte."""
    text = ' '.join(words).encode('ascii')
    room = CONFIG_SIZE - len(CONFIG_MAGIC) - 4 - 1
    if len(text) > room:
        raise KilnError(f'command line and environment take {len(text)} bytes; the disk has room for {room}')
    return (CONFIG_MAGIC + struct.pack('<I', len(text)) + text).ljust(CONFIG_SIZE, b'\0')


def config_words(area: bytes) -> List[str]:
    """The words of a configuration area."""
    length = struct.unpack_from('<I', area, len(CONFIG_MAGIC))[0] if len(area) >= 12 else 0
    if not area.startswith(CONFIG_MAGIC) or length > len(area) - 12:
        raise KilnError('the configuration area is damaged')
    return area[12:12 + length].decode('ascii', 'replace').split()


def make(image: Path, root: Path, kernel: Optional[Path], boot_code: Optional[Path], words: List[str],
         root_in_ram: bool) -> None:
    """Writes a disk image; it appears under its name only when it is complete."""
    code = boot_code.read_bytes() if boot_code is not None else b''
    if len(code) > HEADER_LBA * SECTOR:
        raise KilnError(f'{boot_code}: {len(code)} bytes, but there are {HEADER_LBA} sectors for boot code')
    kernel_data = kernel.read_bytes() if kernel is not None else b''
    root_at = -(-(KERNEL_AT + len(kernel_data)) // MIB) * MIB
    layout = Layout(KERNEL_AT, len(kernel_data), root_at, root.stat().st_size, root_in_ram)
    unfinished = image.with_name(f'.{image.name}.{os.getpid()}')
    try:
        with open(unfinished, 'wb') as out:
            out.write(code)
            _write_table(out, layout)
            out.seek(HEADER_LBA * SECTOR)
            out.write(_header(layout))
            out.seek(CONFIG_AT)
            out.write(config_area(words))
            out.write(kernel_data)
            out.seek(root_at)
            with open(root, 'rb') as source:
                _copy(source, out)
            out.truncate(-(-(root_at + layout.root_size) // MIB) * MIB)
        os.replace(unfinished, image)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_table(out: BinaryIO, layout: Layout) -> None:
    """The MBR's partition table: one active partition, the root. CHS fields say "use LBA"."""
    kind = TYPE_DATA if layout.root_in_ram else TYPE_LINUX
    sectors = -(-layout.root_size // SECTOR)
    by_lba = b'\xfe\xff\xff'
    entry = struct.pack('<B3sB3sII', 0x80, by_lba, kind, by_lba, layout.root_at // SECTOR, sectors)
    out.seek(446)
    out.write(entry + bytes(48) + b'\x55\xaa')


def _header(layout: Layout) -> bytes:
    def sectors(size: int) -> int:
        return -(-size // SECTOR)

    module = (layout.root_at // SECTOR, layout.root_size) if layout.root_in_ram else (0, 0)
    return HEADER.pack(HEADER_MAGIC, 1, CONFIG_AT // SECTOR, sectors(CONFIG_SIZE), layout.kernel_at // SECTOR,
                       layout.root_at // SECTOR, module[0], layout.kernel_size, layout.root_size,
                       module[1]).ljust(SECTOR, b'\0')


def read_layout(image: Path) -> Optional[Layout]:
    """The layout of one of our disk images; None if the file is something else."""
    with open(image, 'rb') as file:
        file.seek(HEADER_LBA * SECTOR)
        data = file.read(HEADER.size)
    if len(data) < HEADER.size or not data.startswith(HEADER_MAGIC):
        return None
    _, version, _, _, kernel, root, module, kernel_size, root_size, _ = HEADER.unpack(data)
    if version != 1:
        raise KilnError(f'{image}: has image version {version}, these tools know version 1: build it again')
    if root * SECTOR + root_size > image.stat().st_size:
        missing = root * SECTOR + root_size - image.stat().st_size
        raise KilnError(f'{image}: is cut off, {missing} bytes are missing: build it again')
    return Layout(kernel * SECTOR, kernel_size, root * SECTOR, root_size, module != 0)


def read_config(image: Path) -> List[str]:
    """The words in a disk image's configuration area."""
    with open(image, 'rb') as file:
        file.seek(CONFIG_AT)
        try:
            return config_words(file.read(CONFIG_SIZE))
        except KilnError as error:
            raise KilnError(f'{image}: {error.line}: build it again') from error


def extract_root(image: Path, layout: Layout, to: Path) -> None:
    """Copies the root out of a disk image, for a root in RAM."""
    unfinished = to.with_name(f'.{to.name}.{os.getpid()}')
    with open(image, 'rb') as source, open(unfinished, 'wb') as out:
        source.seek(layout.root_at)
        _copy(source, out, layout.root_size)
    os.replace(unfinished, to)


def _copy(source: BinaryIO, out: BinaryIO, size: Optional[int] = None) -> None:
    left = size if size is not None else 1 << 62
    while left and (data := source.read(min(left, MIB))):
        out.write(data)
        left -= len(data)
