"""The four streams of a machine whose only way out is one serial line (docs/boot-protocol.md).

`SerialLine` stands between QEMU and the rest of run.py: what arrives in frames it hands on through sockets
of the same names that the ports of a virtio-console have, so nobody else knows the difference. A stream
whose reader is slow holds the whole line up, and so the program.
"""
from __future__ import annotations

import select
import socket
import struct
import threading
from typing import Dict, Iterator, Tuple

END, ESCAPE = b'\xc0', b'\xdb'
ESCAPED_END, ESCAPED_ESCAPE = b'\xdb\xdc', b'\xdb\xdd'
LARGEST_PAYLOAD = 256
LARGEST_FRAME = 2 * (LARGEST_PAYLOAD + 1)
CHUNK = 64 << 10
TEXT = 0
CHANNELS = {'in': 1, 'out': 2, 'err': 3, 'control': 4}


def encode(channel: int, payload: bytes) -> bytes:
    """One frame."""
    inner = bytes([channel]) + payload
    return END + inner.replace(ESCAPE, ESCAPED_ESCAPE).replace(END, ESCAPED_END) + END


class FrameReader:
    """Takes the line's bytes apart: payloads with their channels, and text (channel 0) between frames."""

    def __init__(self) -> None:
        self._inside = False
        self._rest = b''

    def feed(self, data: bytes) -> Iterator[Tuple[int, bytes]]:
        """More bytes; none mean the end of the line."""
        *parts, rest = (self._rest + data).split(END)
        for part in parts:
            if not self._inside:
                self._inside = True
                if part:
                    yield TEXT, part
            elif part:          # two ends in a row enclose nothing: the second one begins a frame
                self._inside = False
                yield part[0], part[1:].replace(ESCAPED_END, END).replace(ESCAPED_ESCAPE, ESCAPE)
        if rest and (not self._inside or len(rest) > LARGEST_FRAME or not data):
            self._inside = False        # what never ends is no frame but a panic in the middle of one
            yield TEXT, rest
            rest = b''
        self._rest = rest


class SerialLine:
    """Two threads: from the line to the streams, and from `in` and `control` to the line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.sockets: Dict[str, socket.socket] = {}
        self._ends: Dict[str, socket.socket] = {}
        for name in ('serial', *CHANNELS):
            self.sockets[name], self._ends[name] = socket.socketpair()
        self._granted = 0               # bytes of input that the guest has room for
        self._grant = threading.Lock()
        self._more, self._wake = socket.socketpair()
        for work in (self._receive, self._send):
            threading.Thread(target=work, daemon=True).start()

    def _receive(self) -> None:
        names = {number: name for name, number in CHANNELS.items()} | {TEXT: 'serial'}
        reader = FrameReader()
        data = b'-'
        while data:
            try:
                data = self._line.recv(CHUNK)
            except OSError:
                data = b''
            for channel, payload in reader.feed(data):
                name = names.get(channel)
                if name == 'in':
                    self._add_grant(payload)
                elif name is not None:
                    self._deliver(name, payload)
        for end in self._ends.values():
            end.shutdown(socket.SHUT_RDWR)

    def _deliver(self, name: str, payload: bytes) -> None:
        try:
            self._ends[name].sendall(payload)
        except OSError:
            pass                        # nobody reads it any more

    def _add_grant(self, payload: bytes) -> None:
        if len(payload) == 4:
            with self._grant:
                self._granted += struct.unpack('<I', payload)[0]
            self._wake.send(b'\0')

    def _send(self) -> None:
        """Input goes out as far as it was granted, so control lines never wait behind it.

        Nothing goes out before the first grant: a guest that sets its port up clears what has arrived."""
        self._more.recv(1)
        control, source = self._ends['control'], self._ends['in']
        open_ends = {control, source}
        while open_ends:
            allowed = min(self._granted, LARGEST_PAYLOAD)
            watched = open_ends if allowed else open_ends - {source}
            ready, _, _ = select.select([self._more, *watched], [], [])
            if self._more in ready:
                self._more.recv(CHUNK)
            for end, limit in ((control, LARGEST_PAYLOAD), (source, allowed)):
                if end not in ready:
                    continue
                payload = end.recv(limit)
                if not payload:
                    open_ends.discard(end)
                    continue
                if end is source:
                    with self._grant:
                        self._granted -= len(payload)
                try:
                    self._line.sendall(encode(CHANNELS['control' if end is control else 'in'], payload))
                except OSError:
                    return              # the machine has ended
