"""How much memory a machine needs before its kernel can say anything about memory itself.

Firmware that finds no room for the kernel or for the root in RAM stops without a word, so run.py looks
beforehand. What the program needs is not known here: that, the kernel reports.
"""
from __future__ import annotations

import struct
from pathlib import Path

from .errors import KilnError

MIB = 1 << 20
WORK = 384 << 10        # what firmware keeps for itself, page tables: with less nothing has started
PROGRAM_HEADERS = struct.Struct('<32xQ14xHH')
LOAD = struct.Struct('<IIQQQQQQ')
PT_LOAD = 1


def kernel_end(kernel: Path) -> int:
    """The end of the kernel's segments in physical memory; 0 while there is no kernel (--dry-run)."""
    if not kernel.exists():
        return 0
    with open(kernel, 'rb') as file:
        table, size, count = PROGRAM_HEADERS.unpack(file.read(PROGRAM_HEADERS.size))
        end = 0
        for number in range(count):
            file.seek(table + number * size)
            kind, _, _, _, physical, _, length, _ = LOAD.unpack(file.read(LOAD.size))
            if kind == PT_LOAD:
                end = max(end, physical + length)
    return end


def check(memory: int, kernel: Path, root_in_ram: int) -> None:
    """Stops if the memory holds no kernel, or not the kernel and the root."""
    needed = kernel_end(kernel) + root_in_ram + WORK
    if memory >= needed:
        return
    what = f'the kernel and the root in RAM ({root_in_ram / MIB:.1f} MiB)' if root_in_ram else 'the kernel'
    hint = ', or put the root on a disk with --root disk' if root_in_ram else ''
    raise KilnError(f'the machine has {memory / MIB:.4g} MiB of memory, but {needed / MIB:.2f} MiB are '
                    f'needed for {what}: give it more with -m{hint}')
