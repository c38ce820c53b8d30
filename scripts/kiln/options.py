"""run.py's command line: options, what stands after `--`, and the checks of their values."""
from __future__ import annotations

import argparse
import re
from typing import List, Optional, Tuple

from . import network, virtualbox, xen
from .errors import KilnError

SUFFIXES = {'': 20, 'K': 10, 'M': 20, 'G': 30}
MIN_MEMORY = 1 << 20
MAX_CPUS = 64
# What is not given depends on the hypervisor. None: it has no such choice.
DEFAULTS = {
    'qemu': {'machine': 'q35', 'boot': 'kernel', 'streams': 'virtio', 'disk_bus': 'virtio', 'card': 'virtio'},
    'virtualbox': {'machine': None, 'boot': 'bios', 'streams': 'serial', 'disk_bus': 'ahci', 'card': 'e1000'},
    'xen': {'machine': None, 'boot': 'kernel', 'streams': 'serial', 'disk_bus': 'xen', 'card': 'xen'},
}
USAGE = '''run.py [options] [--image NAME|FILE] [-- COMMAND ARG...]
       run.py [options] --exec HOST_PROGRAM [-- ARG...]'''


class Parser(argparse.ArgumentParser):
    """Wrong options end as one line and Kiln's status, not as argparse's usage text."""

    def error(self, message: str) -> None:      # type: ignore[override]
        raise KilnError(f'{message} (try {self.prog} --help)')


def memory(text: str) -> int:
    """Bytes of `256`, `256M`, `4096K`, `1G`."""
    match = re.fullmatch(r'(\d+)([KMG]?)', text.upper())
    if not match or int(match.group(1)) << SUFFIXES[match.group(2)] < MIN_MEMORY:
        raise argparse.ArgumentTypeError(f'"{text}" is not a size of 1M or more, like 256, 64M or 1G')
    return (int(match.group(1)) << SUFFIXES[match.group(2)]) & ~4095


def cpus(text: str) -> int:
    """A number of processors."""
    if not text.isdigit() or not 1 <= int(text) <= MAX_CPUS:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of CPUs from 1 to {MAX_CPUS}')
    return int(text)


def seconds(text: str) -> float:
    """A positive time."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f'"{text}" is not a time in seconds')
    return value


def variable(text: str) -> Tuple[str, str]:
    """K=V."""
    name, equals, value = text.partition('=')
    if not name or not equals:
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=VALUE')
    return name, value


def folder(text: str) -> str:
    """An absolute guest path."""
    if not text.startswith('/'):
        raise argparse.ArgumentTypeError(f'"{text}" must be an absolute path of the guest')
    return text


def port(text: str) -> int:
    """A TCP port."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f'"{text}" is not a TCP port')
    return int(text)


def parser() -> Parser:
    """All options of run.py."""
    result = Parser(prog='run.py', allow_abbrev=False, usage=USAGE,
                    description='Boots a program as a virtual machine of its own.')
    add = result.add_argument
    add('--exec', metavar='PROGRAM', help='a program of this machine, packed with all it needs')
    add('--image', metavar='NAME|FILE', help='modules or a file (the image built last)')
    add('--modules', metavar='DIR', action='append', default=[], help='one more folder of modules')
    add('-m', '--memory', metavar='MEM', type=memory, default=256 << 20, help='MiB, or with K, M, G (256)')
    add('-c', '--cpus', metavar='CPUS', type=cpus, default=1, help='processors (1)')
    add('--hypervisor', choices=list(DEFAULTS), default='qemu', help='what runs the machine (qemu)')
    add('--machine', choices=['q35', 'pc', 'microvm'], help='QEMU machine type (q35)')
    add('--boot', choices=['kernel', 'bios'], help='bios: the disk boots itself (kernel)')
    add('--accel', choices=['auto', 'kvm', 'tcg'], default='auto', help='auto: KVM where it really works')
    add('--streams', choices=['virtio', 'serial'],
        help='how standard streams leave the machine (virtio-console)')
    add('--disk-bus', choices=['virtio', 'ahci', 'ide'], help='what disks are on (virtio)')
    add('--card', choices=['virtio', 'e1000'], help='model of the network card (virtio)')
    add('--icount', action='store_true', help='one instruction takes one ns: the same run every time')
    add('--fs', choices=['rofs', 'ramfs'], help='read-only root, or all in memory')
    add('--libc', choices=['own', 'builtin'], help='C library of dynamic programs: their own, or Kiln\'s (own)')
    add('--root', choices=['ram', 'disk'], help='where a rofs root lies')
    add('--add', metavar='HOST[:GUEST]', action='append', default=[], help='one more file or folder')
    add('--env', metavar='K=V', type=variable, action='append', default=[], help='environment; repeatable')
    add('--cwd', metavar='DIR', type=folder, help='working directory (/)')
    add('--disk', metavar='FILE', help='a raw disk for the guest, which may write to it')
    network.add_options(add)
    add('--timeout', metavar='S', type=seconds, help='after so long, the end and status 124')
    add('--gdb', metavar='PORT', nargs='?', type=port, const=1234, help='wait for gdb on this port (1234)')
    add('--mode', choices=['release', 'debug'], default='release', help='which kernel (release)')
    add('--drivers', metavar='NAME,...', help='a kernel with these drivers alone (all)')
    add('--verbose', action='store_true', help='boot steps, every refused system call, full crash reports')
    add('--dry-run', action='store_true', help='show the QEMU command, start nothing')
    add('--stats', action='store_true', help='one JSON line of measurements on standard error')
    return result


def parse(argv: List[str]) -> Tuple[argparse.Namespace, Optional[List[str]]]:
    """The options, and the words after `--` (None without `--`)."""
    command: Optional[List[str]] = None
    if '--' in argv:
        at = argv.index('--')
        argv, command = argv[:at], argv[at + 1:]
    options = parser().parse_args(argv)
    if options.hypervisor == 'virtualbox':
        virtualbox.check_options(options)
    if options.hypervisor == 'xen':
        xen.check_options(options)
    for name, value in DEFAULTS[options.hypervisor].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.exec is not None and options.image is not None:
        raise KilnError('--exec and --image exclude each other')
    if options.icount and options.cpus != 1:
        raise KilnError('--icount counts the instructions of one processor: it goes with -c 1 only')
    if options.icount and options.accel == 'kvm':
        raise KilnError('--icount needs emulation: it does not go with --accel kvm')
    if options.boot == 'bios' and options.machine == 'microvm':
        raise KilnError('--boot bios needs a machine with a BIOS: --machine q35 or pc')
    check_devices(options)
    return options, command


def check_devices(options: argparse.Namespace) -> None:
    """Not every machine has a place for every device."""
    if options.machine == 'microvm' and (options.disk_bus != 'virtio' or options.card != 'virtio'):
        option = '--disk-bus ' + options.disk_bus if options.disk_bus != 'virtio' else '--card ' + options.card
        raise KilnError(f'{option} needs a machine with PCI: --machine q35 or pc')
    if options.disk_bus == 'ide' and options.machine not in ('pc', None):
        raise KilnError('--disk-bus ide needs --machine pc, the only one with an IDE controller')
    if options.card != 'virtio' and options.queues and options.queues > 1:
        raise KilnError(f'--queues needs --card virtio: an {options.card} has one queue')
