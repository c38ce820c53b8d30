"""The QEMU process of one run and the sockets that lead to its serial port and its four ports.

Every back end is one end of a socket pair that QEMU inherits, so nothing has a name in the file system
and nothing is left behind. QEMU cannot outlive us: the kernel kills it when its parent dies
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


class Vm:
    """A started machine."""

    def __init__(self, machine: Machine) -> None:
        self.sockets: Dict[str, socket.socket] = {}
        inner: Dict[str, socket.socket] = {}
        for name in ('serial', *machine.ports()):
            self.sockets[name], inner[name] = socket.socketpair()
            for end in (self.sockets[name], inner[name]):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        program = os.environ.get('KILN_QEMU', PROGRAM)      # tests put a guest made of Python here
        command = [program, *machine.arguments(lambda name: f'socket,fd={inner[name].fileno()}')]
        self.process = self._start(command, [end.fileno() for end in inner.values()])
        for end in inner.values():
            end.close()
        if machine.streams == 'serial':
            self.sockets = SerialLine(self.sockets['serial']).sockets
        self.pidfd = os.pidfd_open(self.process.pid)
        self.cpu_seconds: Optional[float] = None

    def kill(self) -> None:
        """Ends the machine at once."""
        if self.cpu_seconds is None:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)    # Popen's would reap, without CPU times

    def reap(self) -> int:
        """Waits for the end of QEMU; returns its status and keeps its CPU time."""
        if self.cpu_seconds is None:
            _, status, usage = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_seconds = usage.ru_utime + usage.ru_stime
        return self.process.returncode

    @staticmethod
    def _start(command: List[str], fds: List[int]) -> subprocess.Popen:
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
            what = f'{command[0]} is missing: install the package {PACKAGE} (scripts/setup does)'
            raise KilnError(what) from error
        except OSError as error:
            raise KilnError(f'{command[0]}: {error.strerror}') from error
