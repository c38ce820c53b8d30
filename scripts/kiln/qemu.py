"""The QEMU command line for one virtual machine, and the choice of the accelerator.

Every machine type gets the same devices: a serial port, virtio-console with Kiln's four ports,
virtio-rng, virtio-blk disks, and a virtio-net card where one is wanted. microvm has them on its MMIO bus,
the others on PCI; everything a legacy guest would need (floppies, VGA, legacy virtio, option ROMs) is left
out. The disks and the card of other hypervisors (AHCI, IDE, e1000) can be had instead.
"""
from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from . import network
from .errors import KilnError

PROGRAM = 'qemu-system-x86_64'
PACKAGE = 'qemu-system-x86'
PORTS = ('in', 'out', 'err', 'control')
MACHINES = {
    'microvm': ['-M', 'microvm,acpi=off,pit=off,pic=off,rtc=on,x-option-roms=off,auto-kernel-cmdline=on',
                '-bios', 'qboot.rom', '-global', 'virtio-mmio.force-legacy=false'],
    'q35': ['-M', 'q35'],
    'pc': ['-M', 'pc'],
}
# Emulated: copies by `rep movsb` go byte by byte, so erms is not advertised; 5-level paging is not used.
FIXED_CLOCK = 'base=2026-01-01T00:00:00,clock=vm'      # counted runs see the same date every time
CPU = {'tcg': 'max,la57=off,erms=off,fsrm=off,vendor=GenuineIntel', 'kvm': 'host'}


@dataclass
class Disk:
    """A disk image; writes to a throw-away disk are lost when the machine ends."""
    file: Path
    throw_away: bool = True
    format: str = 'raw'


@dataclass
class Machine:
    """All that a virtual machine is made of."""
    machine: str = 'q35'
    accel: str = 'tcg'
    memory: int = 256 << 20
    cpus: int = 1
    kernel: Optional[Path] = None           # None: the first disk boots itself
    command_line: str = ''
    ram_root: Optional[Path] = None
    disks: List[Disk] = field(default_factory=list)
    fw_cfg: Dict[str, Path] = field(default_factory=dict)
    icount: bool = False
    gdb: Optional[int] = None
    card: Optional[network.Card] = None
    streams: str = 'virtio'                 # 'serial': no virtio-console, all goes over the serial port
    disk_bus: str = 'virtio'                # or ahci, ide
    card_model: str = 'virtio'              # or e1000

    def ports(self) -> Tuple[str, ...]:
        """The ports of the virtio-console."""
        return PORTS if self.streams == 'virtio' else ()

    def arguments(self, chardev: Callable[[str], str]) -> List[str]:
        """QEMU's arguments; chardev gives the back end for `serial` or one of the four ports."""
        line = [*MACHINES[self.machine], '-accel', self.accel, '-cpu', CPU[self.accel],
                '-m', f'{self.memory // 1024}K', '-smp', str(self.cpus),
                '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot']
        if self.icount:
            line += ['-icount', 'shift=0,sleep=off', '-rtc', FIXED_CLOCK]
        if self.gdb is not None:
            line += ['-gdb', f'tcp:127.0.0.1:{self.gdb}', '-S']
        if self.kernel is not None:
            line += ['-kernel', str(self.kernel), '-append', self.command_line]
        if self.ram_root is not None:
            line += ['-initrd', str(self.ram_root)]
        for name, file in self.fw_cfg.items():
            line += ['-fw_cfg', f'name={name},file={escape(file)}']
        line += self._consoles(chardev) + ['-device', self._virtio('rng')] + self._drives()
        model = self._virtio('net') if self.card_model == 'virtio' else self.card_model
        return line + (network.arguments(self.card, model) if self.card is not None else [])

    def _consoles(self, chardev: Callable[[str], str]) -> List[str]:
        line = ['-chardev', _with_id(chardev('serial'), 'serial'), '-serial', 'chardev:serial']
        ports = self.ports()
        if ports:       # a possible port costs the guest two queues at start-up: no more than needed
            line += ['-device', f'{self._virtio("serial")},max_ports={len(ports) + 1}']
        for name in ports:
            line += ['-chardev', _with_id(chardev(name), name),
                     '-device', f'virtserialport,chardev={name},name=kiln.{name}']
        return line

    def _drives(self) -> List[str]:
        line: List[str] = []
        if self.disk_bus == 'ahci' and self.disks:
            line += ['-device', 'ich9-ahci,id=ahci']
        for number, disk in enumerate(self.disks):
            share = 'snapshot=on,file.locking=off' if disk.throw_away else 'cache=writeback'
            back_end = f'if=none,id=disk{number},format={disk.format},{share},file={escape(disk.file)}'
            line += ['-drive', back_end]
            boots = ',bootindex=0' if number == 0 and self.kernel is None else ''
            line += ['-device', f'{self._disk(number)},drive=disk{number}{boots}']
        return line

    def _disk(self, number: int) -> str:
        if self.disk_bus == 'ahci':
            return f'ide-hd,bus=ahci.{number}'
        if self.disk_bus == 'ide':          # two channels of two disks
            return f'ide-hd,bus=ide.{number // 2},unit={number % 2}'
        return self._virtio('blk')

    def _virtio(self, kind: str) -> str:
        on_pci = self.machine != 'microvm'
        return f'virtio-{kind}-pci,disable-legacy=on' if on_pci else f'virtio-{kind}-device'

    def plain(self) -> str:
        """A command to type: output on standard output, everything else on standard error."""
        def chardev(name: str) -> str:
            return {'out': 'file,path=/dev/stdout', 'err': 'file,path=/dev/stderr',
                    'serial': 'file,path=/dev/stderr'}.get(name, 'null')
        return shlex.join([PROGRAM, *self.arguments(chardev)])


def _with_id(backend: str, name: str) -> str:
    kind, comma, options = backend.partition(',')
    return f'{kind},id={name}{comma}{options}'


def escape(file: object) -> str:
    """A file name inside a QEMU option: commas are doubled."""
    return str(file).replace(',', ',,')


def choose_accel(wanted: str) -> str:
    """KVM only where the device opens and the processor has vmx or svm.

    Without them /dev/kvm may open all the same, and then interprets kernel code far slower than TCG."""
    if wanted == 'tcg':
        return 'tcg'
    usable, why = kvm_usable()
    if wanted == 'kvm' and not usable:
        raise KilnError(f'--accel kvm: {why}; --accel tcg works everywhere')
    return 'kvm' if usable else 'tcg'


def kvm_usable(device: str = '/dev/kvm', cpuinfo: str = '/proc/cpuinfo') -> Tuple[bool, str]:
    """Whether KVM may be used here, and why not."""
    try:
        os.close(os.open(device, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return False, f'{device}: {error.strerror}'
    with open(cpuinfo, encoding='ascii', errors='replace') as file:
        flags = {word for line in file if line.startswith('flags') for word in line.split()}
    if not flags & {'vmx', 'svm'}:
        return False, f'{device} opens, but this processor shows neither vmx nor svm'
    return True, ''
