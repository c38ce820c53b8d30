"""The rival: one unmodified program in the smallest sensible Linux virtual machine.

A kernel made by linux/build_kernel.sh, an initramfs of the program, its libraries and linux/init.c, on the
same QEMU machine that run.py uses for Kiln (microvm, qboot, ACPI off). The command line leaves out of the
boot what can be left out. Both sides are measured the same way: QEMU's whole run, the serial port's first
line.
"""
from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence

from kiln import closure, tree
from kiln.qemu import CPU, PROGRAM

KERNEL_WORDS = (
    'console=ttyS0 panic=-1 reboot=t tsc=reliable no_timer_check noreplace-smp mitigations=off nokaslr '
    'rcupdate.rcu_expedited=1 random.trust_cpu=on lsm= nowatchdog nmi_watchdog=0 8250.nr_uarts=1 i8042.nokbd '
    'i8042.noaux i8042.nopnp numa=off swiotlb=noforce iommu=off acpi=off rdinit=/init quiet loglevel=0')
MACHINE = 'microvm,acpi=off,pit=off,pic=off,rtc=on,x-option-roms=off'
TYPES = {'dir': 0o040000, 'file': 0o100000, 'link': 0o120000}


@dataclass
class Result:
    """What one boot gave."""
    output: str
    status: Optional[int]           # the program's; None: QEMU ended otherwise, or was ended
    wall_s: float
    first_output_s: Optional[float]
    qemu_cpu_s: float


def initramfs(program: Path, arguments: Sequence[str], environment: Sequence[str], init: Path) -> bytes:
    """An uncompressed archive: unpacking gzip would cost more instructions than it saves."""
    files = tree.Tree()
    where = str(program.resolve())
    for needed in (where, *closure.closure(where, 'the benchmark')):
        files.add_host(needed, 'the benchmark')
    for folder in ('proc', 'sys', 'dev', 'tmp', 'run', 'root', 'var/tmp', 'etc'):
        files.add_dir(f'/{folder}')
    files.add_host(str(init), 'init', '/init')
    files.add_file('/etc/passwd', b'root:x:0:0:root:/root:/bin/sh\n')
    lines = ['cd /', 'env PATH=/usr/bin:/bin', 'env HOME=/root', *(f'env {e}' for e in environment)]
    lines += [f'arg {a}' for a in (where, *arguments)]
    files.add_file('/guest.cfg', '\n'.join(lines + ['']).encode())
    return archive(files)


def archive(files: tree.Tree) -> bytes:
    """The tree as a cpio archive (newc), with the console node that Linux wants before it mounts anything."""
    out = bytearray()

    def entry(name: str, mode: int, data: bytes, device: Sequence[int] = (0, 0)) -> None:
        fields = (entry.count, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0)
        entry.count += 1
        out.extend(b'070701' + b''.join(b'%08X' % value for value in fields) + name.encode() + b'\0')
        out.extend(bytes(-len(out) % 4) + data)
        out.extend(bytes(-len(out) % 4))
    entry.count = 1
    for path, node in files.sorted():
        if path != '/':
            data = {'link': lambda: node.target.encode(), 'file': node.content}.get(node.kind, bytes)()
            entry(path[1:], TYPES[node.kind] | node.mode, data)
    entry('dev/console', 0o020600, b'', (5, 1))
    entry('TRAILER!!!', 0, b'')
    return bytes(out)


def tsc_khz() -> int:
    """Ticks per ms of this machine's time-stamp counter, which a guest under plain TCG reads."""
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as file:
        for line in file:
            if line.startswith('cpu MHz'):
                return int(float(line.split(':')[1]) * 1000)
    return 1000000


def command(kernel: Path, initrd: str, memory_mib: int, icount: bool) -> List[str]:
    """QEMU's command line. Under icount the counter runs at 1 GHz by definition."""
    words = f'{KERNEL_WORDS} nr_cpus=1 tsc_early_khz={1000000 if icount else tsc_khz()}'
    line = [PROGRAM, '-nodefaults', '-no-user-config', '-display', 'none', '-M', MACHINE,
            '-bios', 'qboot.rom', '-accel', 'tcg', '-cpu', CPU['tcg'], '-smp', '1', '-m', f'{memory_mib}M',
            '-no-reboot', '-serial', 'stdio', '-kernel', str(kernel), '-initrd', initrd, '-append', words,
            '-device', 'isa-debug-exit,iobase=0xf4,iosize=4']
    return line + (['-icount', 'shift=0,sleep=off'] if icount else [])


def run(kernel: Path, init: Path, program: Path, arguments: Sequence[str] = (),
        environment: Sequence[str] = (), memory_mib: int = 128, icount: bool = True,
        timeout: float = 300) -> Result:
    """One boot, from power-on to the end of QEMU."""
    with tempfile.NamedTemporaryFile(prefix='bench-initrd-') as initrd:
        initrd.write(initramfs(program, arguments, environment, init))
        initrd.flush()
        return _boot(command(kernel, initrd.name, memory_mib, icount), timeout)


def _boot(line: List[str], timeout: float) -> Result:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    text = bytearray()
    first: Optional[float] = None
    with subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as qemu:
        assert qemu.stdout is not None
        end = threading.Timer(timeout, qemu.kill)
        end.start()
        while data := os.read(qemu.stdout.fileno(), 65536):
            if first is None and b'\n' in data:
                first = time.monotonic() - start
            text.extend(data)
        code = qemu.wait()
        end.cancel()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    status = code >> 1 & 63 if code >= 129 else None
    printed = text.decode(errors='replace').replace('\r', '')
    return Result(printed, status, time.monotonic() - start, first, cpu)
