"""Names for kernel addresses in a panic's backtrace, from the symbol table of kernel.elf."""
from __future__ import annotations

import bisect
import re
import shutil
import subprocess
from pathlib import Path
from typing import List, Tuple

FRAME = re.compile(r'^(kiln: #\d+ )(0x[0-9a-fA-F]+)\s*$')


class Symbols:
    """The functions of one kernel; read when the first address is asked for."""

    def __init__(self, kernel: Path) -> None:
        self.kernel = kernel
        self.table: List[Tuple[int, int, str]] = []
        self.read = False

    def line(self, text: str) -> str:
        """The line, with `SYMBOL+OFFSET` added if it is a frame that has none."""
        match = FRAME.match(text)
        if not match:
            return text
        start, address = match.groups()
        return f'{start}{address} {self.name(int(address, 16))}'.rstrip()

    def name(self, address: int) -> str:
        """`function+0x12`, or nothing for an address outside the kernel."""
        if not self.read:
            self._read()
        at = bisect.bisect_right(self.table, (address, 1 << 64, '')) - 1
        if at < 0:
            return ''
        start, size, name = self.table[at]
        return f'{demangle(name)}+{address - start:#x}' if address < start + max(size, 1) else ''

    def _read(self) -> None:
        from elftools.common.exceptions import ELFError
        from elftools.elf.elffile import ELFFile
        from elftools.elf.sections import SymbolTableSection
        self.read = True
        try:
            with open(self.kernel, 'rb') as file:
                for section in ELFFile(file).iter_sections():
                    if isinstance(section, SymbolTableSection):
                        self.table += [(s['st_value'], s['st_size'], s.name) for s in section.iter_symbols()
                                       if s['st_info']['type'] == 'STT_FUNC']
        except (OSError, ELFError):
            return                  # a backtrace without names is still one
        self.table.sort()


def demangle(name: str) -> str:
    """The C++ name, where binutils are installed."""
    if not name.startswith('_Z') or not shutil.which('c++filt'):
        return name
    done = subprocess.run(['c++filt', name], capture_output=True, text=True, check=False)
    return done.stdout.strip() or name
