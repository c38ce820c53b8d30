"""The hypervisor's process of one run and the sockets that lead to the machine's serial port and its four ports.

Every back end is one end of a socket pair that QEMU inherits, so nothing has a name in the file system
and nothing is left behind. The process cannot outlive us: the kernel kills it when its parent dies
(PR_SET_PDEATHSIG), however that happens. It gets a session of its own, so that Ctrl-C reaches us only.
"""
from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
from typing import Dict, List, Optional

from .errors import KilnError
from .qemu import PACKAGE, PROGRAM, Machine
from .serial_line import SerialLine

PR_SET_PDEATHSIG = 1
BUFFER = 1 << 20
_libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """The process of a hypervisor, which cannot outlive us."""
    name = 'the hypervisor'
    sockets: Dict[str, socket.socket]

    def __init__(self, command: List[str], fds: List[int], package: str) -> None:
        self.process = _start(command, fds, package)
        self.pidfd = os.pidfd_open(self.process.pid)
        self.cpu_seconds: Optional[float] = None

    def is_end(self, line: str) -> bool:
        """Whether the hypervisor says in this line that the machine will never go on."""
        return False

    def kill(self) -> None:
        """Ends the machine at once."""
        if self.cpu_seconds is None:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)    # Popen's would reap, without CPU times

    def reap(self) -> int:
        """Waits for the end of the process; returns its status and keeps its CPU time."""
        if self.cpu_seconds is None:
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
        return self.process.returncode


class Vm(Process):
    """A machine in QEMU."""
    name = 'QEMU'

    def __init__(self, machine: Machine) -> None:
        self.sockets = {}
        inner: Dict[str, socket.socket] = {}
        for name in ('serial', *machine.ports()):
            self.sockets[name], inner[name] = socket.socketpair()
            for end in (self.sockets[name], inner[name]):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        program = os.environ.get('KILN_QEMU', PROGRAM)      # tests put a guest made of Python here
        command = [program, *machine.arguments(lambda name: f'socket,fd={inner[name].fileno()}')]
        super().__init__(command, [end.fileno() for end in inner.values()], PACKAGE)
        for end in inner.values():
            end.close()
        if machine.streams == 'serial':
            self.sockets = SerialLine(self.sockets['serial']).sockets


def _start(command: List[str], fds: List[int], package: str) -> subprocess.Popen:
    parent = os.getpid()

    def die_with_parent() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:      # it died before the line above
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, pass_fds=fds, start_new_session=True,
                                preexec_fn=die_with_parent)
    except FileNotFoundError as error:
        what = f'{command[0]} is missing: install the package {package} (scripts/setup does)'
        raise KilnError(what) from error
    except OSError as error:
        raise KilnError(f'{command[0]}: {error.strerror}') from error
