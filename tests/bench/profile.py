"""scripts/bench --profile: where the instructions of one row go, by function of the kernel.

QEMU writes each block of code when it translates it and when it runs it (-d in_asm,exec,nochain);
executed instructions are summed by symbol of kernel.elf and scaled so that all make the row's value.
"""
from __future__ import annotations

import bisect
import os
import re
import subprocess
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import kiln_guest

ROOT = Path(__file__).resolve().parents[2]
KERNEL = ROOT / 'build' / 'release.x64' / 'kernel.elf'
QEMU = 'qemu-system-x86_64'
APPLICATION_END = 1 << 47
SETTINGS = ['MB_MS=5', 'MB_REPS=3']     # long against the start of the program, which is counted, too


class Blocks:
    """How often each block of code ran, and how many instructions it has."""

    def __init__(self) -> None:
        self.length: Dict[str, int] = {}
        self.runs: Counter[Tuple[str, int]] = Counter()

    def read(self, log: Path) -> None:
        """Follows QEMU's log to its end: `0xADDRESS:  INSTRUCTION`, `Trace N: HOST [FLAGS/ADDRESS/...`."""
        first, count = '', 0
        with open(log, encoding='ascii', errors='replace') as lines:
            for line in lines:
                if line.startswith('Trace'):
                    if count:
                        self.length[first], count = count, 0
                    address = line.split('/', 2)[1]
                    self.runs[address, self.length.get(address, 1)] += 1
                elif line.startswith('IN:'):
                    count = 0
                elif line.startswith('0x'):
                    if count == 0:
                        first = line[2:line.index(':')].zfill(16)
                    count += 1


class Functions:
    """Which function an address of the kernel belongs to."""

    def __init__(self) -> None:
        listing = subprocess.run(['nm', '-nC', '--defined-only', str(KERNEL)], capture_output=True, text=True,
                                 check=True)
        found = re.findall(r'^([0-9a-f]{16}) [tTwW] (.*)$', listing.stdout, re.M)
        self.starts = [int(address, 16) for address, _ in found]
        self.names = [name.replace('(anonymous namespace)::', '') for _, name in found]

    def name(self, address: int) -> str:
        """All of the application is one."""
        at = bisect.bisect_right(self.starts, address) - 1
        return '(application)' if address < APPLICATION_END or at < 0 else self.names[at]


def executed(blocks: Blocks) -> Counter[str]:
    """Instructions by function."""
    functions = Functions()
    total: Counter[str] = Counter()
    for (address, length), runs in blocks.runs.items():
        total[functions.name(int(address, 16))] += length * runs
    return total


def profile(program: Path, metric: str) -> Optional[str]:
    """A table of instructions per operation; None if the program has no such row."""
    blocks = Blocks()
    with tempfile.TemporaryDirectory() as scratch:
        log, wrapper = Path(scratch) / 'log', Path(scratch) / 'qemu'
        os.mkfifo(log)
        wrapper.write_text(f'#!/bin/sh\nexec {QEMU} "$@" -d in_asm,exec,nochain -D {log}\n', encoding='ascii')
        wrapper.chmod(0o755)
        reader = threading.Thread(target=blocks.read, args=(log,), daemon=True)
        reader.start()
        os.environ['KILN_QEMU'] = str(wrapper)
        result = kiln_guest.run(program, (), [*SETTINGS, f'MB_ONLY={metric}'])
        reader.join(60)
    found = re.search(rf'^{re.escape(metric)} (\S+) ', result.output, re.M)
    return table(executed(blocks), float(found[1])) if found else None


def table(counts: Counter[str], value: float) -> str:
    """What makes at least half a percent, most first."""
    scale = value / sum(counts.values())
    lines: List[str] = [f'{value:10.1f}  in all']
    lines += [f'{count * scale:10.1f}  {name}' for name, count in counts.most_common()
              if count * scale >= value / 200]
    return '\n'.join(lines)
