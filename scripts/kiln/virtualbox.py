"""VirtualBox instead of QEMU: `run.py --hypervisor virtualbox` (docs/virtualbox.md).

Either the machine's own VirtualBox with its kernel driver, or the private copy that `scripts/setup
--virtualbox` makes for tests: a folder with a Debian of its own, entered by chroot in a mount and process
namespace that vanishes with the run, where VirtualBox interprets the machine without its driver.

Everything of a run lies in the run's scratch folder, VirtualBox's settings included. The serial port is a
Unix socket that VirtualBox connects to; the four streams are frames on it.
"""
from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import socket
import threading
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from . import disk, formats, network, paths
from .errors import KilnError
from .serial_line import SerialLine
from .vm import Process

HOME = paths.CACHE / 'virtualbox'
ROOT = HOME / 'root'
DRIVERLESS = '/usr/lib/virtualbox/kiln-driverless'
DRIVER = Path('/dev/vboxdrv')
CONTROLLERS = {'ahci': ['--add', 'sata', '--controller', 'IntelAhci', '--portcount', '2'],
               'ide': ['--add', 'ide', '--controller', 'PIIX4']}
LIBRARIES = 'LD_LIBRARY_PATH=/usr/lib/virtualbox'
FATAL = 'Guru Meditation'       # the machine stands still; VirtualBox waits for a debugger
CHUNK = 64 << 10

# A folder of this run, seen at /tmp/kiln inside; /tmp is the run's own, because VirtualBox's servers meet there.
ENTER = '''mount --make-rprivate /
mount --bind /proc {root}/proc && mount --bind /sys {root}/sys && mount --bind /dev {root}/dev &&
mount -t tmpfs tmpfs {root}/tmp && mkdir {root}/tmp/kiln && mount --bind {scratch} {root}/tmp/kiln &&
exec chroot {root} /bin/sh /tmp/kiln/start
'''


@dataclass
class Machine:
    """All that a VirtualBox machine is made of."""
    scratch: Path
    disk: Optional[Path] = None             # in the scratch folder, a VDI
    memory: int = 256 << 20
    cpus: int = 1
    disk_bus: str = 'ahci'
    card: Optional[network.Card] = None
    streams: str = 'serial'


def private() -> bool:
    """Whether the copy without a driver serves."""
    return not (shutil.which('VBoxManage') and shutil.which('VBoxHeadless') and DRIVER.exists())


def check_present() -> None:
    """VirtualBox, or one line."""
    if not private():
        return
    if not (ROOT / DRIVERLESS[1:]).exists():
        why = f'{DRIVER} is missing (its driver is not loaded)' if shutil.which('VBoxManage') else 'it is not here'
        raise KilnError(f'--hypervisor virtualbox: {why}; install VirtualBox with its driver, or, for tests only, '
                        'as root: scripts/setup --virtualbox')
    if os.geteuid() != 0:
        raise KilnError(f'--hypervisor virtualbox: the copy in {ROOT} can be entered by root only')


def check_options(chosen: Namespace) -> None:
    """What this hypervisor cannot do, in one line."""
    refused = (('--machine', chosen.machine), ('--icount', chosen.icount), ('--gdb', chosen.gdb),
               ('--disk', chosen.disk), ('--pcap', chosen.pcap), ('--queues', chosen.queues),
               ('--dry-run', chosen.dry_run), ('--accel kvm', chosen.accel == 'kvm'),
               ('--boot kernel', chosen.boot == 'kernel'), ('--root ram', chosen.root == 'ram'),
               ('--streams virtio', chosen.streams == 'virtio'),
               ('--disk-bus virtio', chosen.disk_bus == 'virtio'), ('--card virtio', chosen.card == 'virtio'),
               ('--net tap', chosen.net is not None and chosen.net[0] == 'tap'))
    for name, given in refused:
        if given:
            raise KilnError(f'{name} does not go with --hypervisor virtualbox (docs/virtualbox.md says what does)')


def make_disk(machine: Machine, image: Path) -> None:
    """The machine's disk, from a raw image or an overlay of one."""
    machine.disk = machine.scratch / 'disk.vdi'
    formats.qemu_img(image, 'vdi', machine.disk)


def script(machine: Machine, scratch: str) -> str:
    """The shell commands that make the machine and become it; `scratch` is the folder as they see it."""
    lines = [f'export HOME={scratch} VBOX_USER_HOME={scratch}/settings {LIBRARIES if private() else ""}',
             f'cd {scratch}', 'set -e', 'quietly() { "$@" >said 2>&1 || { cat said >&2; exit 1; }; }']

    def manage(*words: str) -> None:
        lines.append('quietly VBoxManage ' + shlex.join(words))

    memory = -(-machine.memory // disk.MIB)
    manage('createvm', '--name', 'kiln', '--ostype', 'Other_64', '--register', '--basefolder', f'{scratch}/machine')
    manage('modifyvm', 'kiln', f'--memory={memory}', f'--cpus={machine.cpus}', '--ioapic=on', '--x2apic=on',
           '--rtc-use-utc=on', '--audio-enabled=off', '--uart1=0x3f8', '4', '--uart-mode1=client', f'{scratch}/serial',
           '--bios-logo-fade-in=off', '--bios-logo-fade-out=off', '--bios-logo-display-time=0',
           '--bios-boot-menu=disabled', '--boot1=disk', '--boot2=none', '--boot3=none', '--boot4=none',
           *(['--vm-execution-engine=recompiler'] if private() else []), *card(machine.card),
           *shlex.split(os.environ.get('KILN_VIRTUALBOX', '')))       # tests add settings here
    manage('storagectl', 'kiln', '--name', 'disks', *CONTROLLERS[machine.disk_bus])
    assert machine.disk is not None
    manage('storageattach', 'kiln', '--storagectl', 'disks', '--port', '0', '--device', '0', '--type', 'hdd',
           '--medium', f'{scratch}/{machine.disk.name}')
    lines.append(f'exec {DRIVERLESS if private() else "VBoxHeadless"} --startvm kiln --vrde off')
    return '\n'.join(lines) + '\n'


def card(of: Optional[network.Card]) -> List[str]:
    """The network card, plugged into VirtualBox's own NAT."""
    if of is None:
        return ['--nic1=none']
    words = ['--nic1=nat', '--nic-type1=82540EM', '--cable-connected1=on', f'--mac-address1={of.mac.replace(":", "")}']
    own, _ = network.user_network(of)
    words += [f'--nat-net1={own.interface.network}']
    for number, entry in enumerate(of.forwards):
        words += ['--nat-pf1', f'p{number},{entry.protocol},{entry.host},{entry.host_port},'
                               f'{own.interface.ip},{entry.guest_port}']
    return words


class VirtualBox(Process):
    """A started machine."""
    name = 'VirtualBox'

    def __init__(self, machine: Machine) -> None:
        inside = '/tmp/kiln' if private() else str(machine.scratch)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(machine.scratch / 'serial'))
        listener.listen(1)
        (machine.scratch / 'start').write_text(script(machine, inside), encoding='utf-8')
        command = ['/bin/sh', str(machine.scratch / 'start')]
        if private():
            enter = machine.scratch / 'enter'
            enter.write_text(ENTER.format(root=shlex.quote(str(ROOT)), scratch=shlex.quote(str(machine.scratch))),
                             encoding='utf-8')
            # The process namespace ends with its first process, and VirtualBox's servers with it.
            command = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '/bin/sh', str(enter)]
        super().__init__(command, [], 'util-linux')
        ours, theirs = socket.socketpair()
        threading.Thread(target=_relay, args=(listener, theirs, os.dup(self.pidfd)), daemon=True).start()
        self.sockets = SerialLine(ours).sockets

    def is_end(self, line: str) -> bool:
        return FATAL in line

    def kill(self) -> None:
        """In a process namespace the first process in it: `unshare` ends after the last, and nobody writes into the
        run's folder any more."""
        pid = self.process.pid
        inside = Path(f'/proc/{pid}/task/{pid}/children')
        first = inside.read_text(encoding='ascii').split() if private() and self.cpu_seconds is None else []
        if first:
            os.kill(int(first[0]), signal.SIGKILL)
        else:
            super().kill()


def _relay(listener: socket.socket, ours: socket.socket, process: int) -> None:
    """Between us and the socket that VirtualBox connects to, if it does before it ends."""
    select.select([listener, process], [], [])
    if select.select([listener], [], [], 0)[0]:
        serial, _ = listener.accept()
        threading.Thread(target=_copy, args=(ours, serial), daemon=True).start()
        _copy(serial, ours)
    os.close(process)
    listener.close()
    ours.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass                        # one side has ended
