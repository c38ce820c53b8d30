"""Xen instead of QEMU alone: `run.py --hypervisor xen` (docs/xen.md), and xl configurations (deploy=xl).

The machine is a PVH domain of the real Xen that `scripts/setup --xen` fetched. Xen itself runs in QEMU, which
interprets it, with a small Linux as its first domain (xen_dom0.sh): for tests, not for work. It gets

* the run's own files (kernel, configuration, script) as a tar archive on its first disk;
* the domain's disks as its own further disks, which it passes on by blkback;
* a card on QEMU's user network, bridged with the domain's;
* one virtio-console port, between which and the domain's console it copies: the four streams are frames there.
"""
from __future__ import annotations

import io
import json
import socket
import tarfile
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional

from . import network, paths, qemu
from .errors import KilnError
from .serial_line import SerialLine
from .vm import BUFFER, Process

HOME = paths.CACHE / 'xen'
HYPERVISOR, KERNEL, DOM0 = HOME / 'xen', HOME / 'vmlinuz', HOME / 'dom0.gz'
# Under this QEMU Xen's first domain dies with SMAP, and times come out wrong with RDTSCP.
CPU = 'max,la57=off,erms=off,fsrm=off,smap=off,rdtscp=off,vendor=GenuineIntel'
DOM0_MEMORY = 384               # MiB
XEN_MEMORY = 160                # what Xen itself takes, and is lost between the domains
# Xen would leave vector registers to the first use by the next domain; in this QEMU AVX instructions do not trap for
# that, so domains saw each other's registers: a few wrong bytes in a hundred megabytes, crashes in the first domain.
XEN_WORDS = ('console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=all sync_console=false '
             'spec-ctrl=eager-fpu')
LONGEST_COMMAND_LINE = 1023     # libxl's limit for PVH domains
NAME = 'kiln'

# The port can be opened once at a time.
RUN = '''exec 3<>/dev/$(ls /sys/class/virtio-ports | head -n 1)
if ! xl create -p /run/kiln/domain.cfg >/run/xl.log 2>&1; then
    { echo "kiln: xl create failed:"; cat /run/xl.log; } >&3
    return
fi
domain=$(xl domid kiln)
tty=$(xenstore-read /local/domain/$domain/console/tty)
cat $tty >&3 &
output=$!
cat <&3 >$tty &
xl unpause $domain
while xenstore-read /local/domain/$domain/domid >/dev/null 2>&1; do
    sleep 0.2
done
wait $output
'''


@dataclass
class Disk:
    """A disk of the domain: on this machine, and as Xen's first domain sees it."""
    file: Path
    format: str = 'raw'
    throw_away: bool = True


@dataclass
class Machine:
    """All that a domain is made of."""
    scratch: Path
    kernel: Path
    command_line: str = ''
    memory: int = 256 << 20
    cpus: int = 1
    ram_root: Optional[Path] = None
    disks: List[Disk] = field(default_factory=list)
    card: Optional[network.Card] = None
    script: str = ''            # tests: what the first domain does instead of running the domain


def check_present() -> None:
    """Xen, or one line."""
    if not all(file.exists() for file in (HYPERVISOR, KERNEL, DOM0)):
        raise KilnError('--hypervisor xen: there is no Xen here; for tests: scripts/setup --xen')


def check_options(chosen: Namespace) -> None:
    """What this hypervisor cannot do, in one line."""
    refused = (('--machine', chosen.machine), ('--icount', chosen.icount), ('--gdb', chosen.gdb),
               ('--pcap', chosen.pcap), ('--queues', chosen.queues), ('--dry-run', chosen.dry_run),
               ('--accel kvm', chosen.accel == 'kvm'), ('--boot bios', chosen.boot == 'bios'),
               ('--streams virtio', chosen.streams == 'virtio'), ('--disk-bus', chosen.disk_bus),
               ('--card', chosen.card), ('--net tap', chosen.net is not None and chosen.net[0] == 'tap'))
    for name, given in refused:
        if given:
            raise KilnError(f'{name} does not go with --hypervisor xen (docs/xen.md says what does)')


def check_command_line(words: str) -> None:
    """Whether Xen passes it on, or one line."""
    if len(words) > LONGEST_COMMAND_LINE:
        raise KilnError(f'Xen: command, environment and options have {len(words)} bytes together, and it passes '
                        f'{LONGEST_COMMAND_LINE} on; put them into a file of the image')


def configuration(name: str, kernel: str, command_line: str, memory: int, cpus: int, disks: List[str],
                  cards: List[str], ram_root: str = '') -> str:
    """An xl configuration (xl.cfg(5)) of a PVH domain."""
    lines = {'name': name, 'type': 'pvh', 'kernel': kernel, 'cmdline': command_line, 'memory': -(-memory >> 20),
             'vcpus': cpus, 'disk': disks, 'vif': cards, 'on_poweroff': 'destroy', 'on_reboot': 'restart',
             'on_crash': 'destroy', 'tsc_mode': 'native'}
    if ram_root:
        lines['ramdisk'] = ram_root
    return ''.join(f'{key} = {json.dumps(value)}\n' for key, value in lines.items())


def domain(of: Machine) -> str:
    """The configuration of a run's domain, as its first domain sees the files."""
    disks = [f'format=raw,vdev=xvd{letter},access=rw,target=/dev/vd{chr(ord(letter) + 1)}'
             for _, letter in zip(of.disks, 'abcdefgh')]
    cards = [f'mac={of.card.mac},bridge=kiln0'] if of.card else []
    return configuration(NAME, '/run/kiln/kernel', of.command_line, of.memory, of.cpus, disks, cards,
                         '/run/kiln/root' if of.ram_root else '')


def pack(of: Machine) -> Path:
    """The archive that the first domain unpacks into /run/kiln."""
    archive = of.scratch / 'run.tar'
    with tarfile.open(archive, 'w', format=tarfile.USTAR_FORMAT) as tar:
        tar.add(of.kernel, 'kernel')
        if of.ram_root:
            tar.add(of.ram_root, 'root')
        for name, text in (('domain.cfg', domain(of)), ('run.sh', of.script or RUN)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return archive


def arguments(of: Machine, chardev: str, log: Path) -> List[str]:
    """QEMU's arguments."""
    memory = XEN_MEMORY + DOM0_MEMORY + -(-of.memory >> 20)
    line = ['-M', 'q35', '-accel', 'tcg', '-cpu', CPU, '-m', str(memory), '-smp', '1',
            '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
            '-chardev', f'file,id=log,path={qemu.escape(log)}', '-serial', 'chardev:log',
            '-kernel', str(HYPERVISOR), '-append', f'{XEN_WORDS} dom0_mem={DOM0_MEMORY}M,max:{DOM0_MEMORY}M',
            '-initrd', f'{KERNEL} console=hvc0 quiet,{DOM0}',
            '-device', 'virtio-serial-pci', '-chardev', f'{chardev},id=line',
            '-device', 'virtserialport,chardev=line,name=kiln.line']
    drives = [Disk(pack(of)), *of.disks]
    for number, drive in enumerate(drives):
        share = 'snapshot=on,file.locking=off' if drive.throw_away else 'cache=writeback'
        line += ['-drive', f'if=none,id=disk{number},format={drive.format},{share},file={qemu.escape(drive.file)}',
                 '-device', f'virtio-blk-pci,drive=disk{number}']
    if of.card is not None:
        plug = network.Card(mac='52:54:00:78:65:6e', forwards=of.card.forwards, addresses=of.card.addresses)
        line += network.arguments(plug, 'virtio-net-pci')
    return line


class Xen(Process):
    """A started Xen."""
    name = 'Xen'

    def __init__(self, machine: Machine) -> None:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        command = [qemu.PROGRAM, *arguments(machine, f'socket,fd={theirs.fileno()}', machine.scratch / 'xen.log')]
        super().__init__(command, [theirs.fileno()], qemu.PACKAGE)
        theirs.close()
        self.sockets = SerialLine(ours).sockets
