"""Threads that carry bytes between our standard streams and the machine's ports.

One thread for each stream with blocking reads and writes: back-pressure needs no code, since a thread
that cannot write does not read, QEMU then stops taking buffers from the guest, and the guest's writer
sleeps. Nothing is interpreted on the way. Non-blocking mode is avoided because it would be seen by
every process that shares our standard streams.
"""
from __future__ import annotations

import os
import socket
import threading
from typing import Callable, Optional

CHUNK = 256 << 10


class Output(threading.Thread):
    """From a port to a descriptor, counting, until the port closes."""

    def __init__(self, port: socket.socket, fd: int, changed: Callable[[], None],
                 hung_up: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self.port, self.fd, self.changed, self.hung_up = port, fd, changed, hung_up
        self.count = 0
        self.expected: Optional[int] = None
        self.writing = False
        self.ended = False
        self.last_byte = b'\n'
        self.first = True

    def run(self) -> None:
        """The loop of the thread."""
        buffer = bytearray(CHUNK)
        view = memoryview(buffer)
        broken = False
        while True:
            size = self._receive(view)
            if size == 0:
                break
            if self.first:
                self.first = False
                self.changed()
            self.writing = True
            if not broken and not self._write(view[:size]):
                broken = True           # the reader of our output is gone; the guest's writer must learn it
                self.hung_up()
            self.writing = False
            self.last_byte = bytes(view[size - 1:size])
            self.count += size
            if self.expected is not None and self.count >= self.expected:
                self.changed()
        self.ended = True
        self.changed()

    def complete(self) -> bool:
        """Whether all that the guest said it wrote has been written here."""
        return self.expected is not None and self.count >= self.expected

    def _receive(self, view: memoryview) -> int:
        try:
            return self.port.recv_into(view)
        except OSError:
            return 0

    def _write(self, view: memoryview) -> bool:
        try:
            while view:
                view = view[os.write(self.fd, view):]
            return True
        except BlockingIOError:
            return self._write_patiently(view)
        except OSError:
            return False

    def _write_patiently(self, view: memoryview) -> bool:
        """For a descriptor that somebody else has made non-blocking."""
        import select
        poll = select.poll()
        poll.register(self.fd, select.POLLOUT)
        while view:
            poll.poll()
            try:
                view = view[os.write(self.fd, view):]
            except BlockingIOError:
                continue
            except OSError:
                return False
        return True


class Input(threading.Thread):
    """From a descriptor to a port; after the last byte `ended` is told how many there were."""

    def __init__(self, fd: int, port: socket.socket, ended: Callable[[int], None]) -> None:
        super().__init__(daemon=True)
        self.fd, self.port, self.ended = fd, port, ended

    def run(self) -> None:
        """The loop of the thread."""
        count = 0
        while True:
            data = self._read()
            if not data:
                break
            try:
                self.port.sendall(data)
            except OSError:
                return                  # the machine has ended
            count += len(data)
        self.ended(count)

    def _read(self) -> bytes:
        while True:
            try:
                return os.read(self.fd, CHUNK)
            except BlockingIOError:
                import select
                select.select([self.fd], [], [])
            except OSError:
                return b''
