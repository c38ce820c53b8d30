#!/usr/bin/python3
"""Stands in for QEMU in the tests of the relay: a guest written in Python on the other ends of the sockets.

It takes QEMU's command line, finds the inherited descriptors of the serial port and the four ports in it,
and does what the program's first argument (kiln.arg) says. So the streams, the status and the ways to end
can be tested to the byte without a kernel.
"""
import os
import re
import signal
import socket
import sys
import threading
import time
from urllib.parse import unquote_to_bytes


class Guest:
    """The guest's side of docs/boot-protocol.md."""

    def __init__(self, argv):
        self.ports = {}
        for word in argv:
            match = re.fullmatch(r'socket,id=(\w+),fd=(\d+)', word)
            if match:
                self.ports[match.group(1)] = socket.socket(fileno=int(match.group(2)))
        line = argv[argv.index('-append') + 1]
        if line == 'kiln.config=fw_cfg':
            file = next(w for w in argv if w.startswith('name=opt/kiln/config,file=')).partition('file=')[2]
            with open(file, encoding='ascii') as config:
                line = config.read()
        self.words = [tuple(word.partition('=')[::2]) for word in line.split()]
        self.args = [unquote_to_bytes(value) for key, value in self.words if key == 'kiln.arg'][1:]
        self.sent = {'out': 0, 'err': 0}
        self.control = self.ports['control'].makefile('rb')

    def write(self, name, data):
        """Program output."""
        self.ports[name].sendall(data)
        self.sent[name] += len(data)

    def line(self, text):
        """A control line."""
        self.ports['control'].sendall(text.encode() + b'\n')

    def exit(self, wait_status):
        """The end of the program and of the machine."""
        self.line(f"exit {wait_status} {self.sent['out']} {self.sent['err']}")
        time.sleep(5)

    def serial(self, text):
        """A line of the serial port."""
        self.ports['serial'].sendall(text.encode() + b'\n')

    def read_line(self):
        """The next control line of the host."""
        return self.control.readline().decode().strip()


def echo(guest):
    """cat: every byte of in to out, then status 0; the number of bytes is checked against eof."""
    total = None
    count = 0

    def wait_for_end():
        nonlocal total
        total = int(guest.read_line().removeprefix('eof '))

    waiter = threading.Thread(target=wait_for_end)
    waiter.start()
    port = guest.ports['in']
    port.settimeout(0.05)
    while total is None or count < total:
        try:
            data = port.recv(1 << 18)
        except TimeoutError:
            continue
        count += len(data)
        guest.write('out', data)
    guest.exit(0 if count == total else 1 << 8)


def source(guest):
    """Writes argument 1 bytes to out as fast as they are taken."""
    left = int(guest.args[1])
    block = bytes(range(256)) * 4096
    while left:
        guest.write('out', block[:min(left, len(block))])
        left -= min(left, len(block))
    guest.exit(0)


def yes(guest):
    """Writes until the host says that nobody reads; ends as SIGPIPE would."""
    def wait_for_hangup():
        while guest.read_line() != 'hangup out':
            pass
        guest.line(f"exit {signal.SIGPIPE} {guest.sent['out']} 0")
        os._exit(0)

    threading.Thread(target=wait_for_hangup).start()
    while True:
        guest.write('out', b'y\n' * 1000)


def apart(guest):
    """Different bytes on out and err, all values."""
    guest.line('entry 123456')
    guest.write('out', bytes(range(256)))
    guest.write('err', bytes(reversed(range(256))))
    guest.exit(0)


def status(guest):
    """Ends with the wait status of argument 1, after the other arguments as control lines."""
    guest.line('entry 1')
    for text in guest.args[2:]:
        guest.line(text.decode())
    guest.exit(int(guest.args[1]))


def hang(guest):
    """Never ends and takes no signal; argument 1 is a file for our process id."""
    guest.line('entry 1')
    if len(guest.args) > 1:
        with open(guest.args[1] + b'.tmp', 'w', encoding='ascii') as file:
            file.write(str(os.getpid()))
        os.rename(guest.args[1] + b'.tmp', guest.args[1])
    time.sleep(60)


def signalled(guest):
    """Says `ready`, waits for a control line of the host and dies by the signal in it."""
    guest.line('entry 1')
    guest.write('out', b'ready\n')
    line = guest.read_line()
    while not line.startswith('signal '):
        line = guest.read_line()
    guest.write('out', line.encode())
    guest.exit(int(line.split()[1]))


def panic(guest):
    """A kernel panic before the program's start."""
    for line in (b'kiln: panic: assert failed', *guest.args[1:], b'kiln: halted'):
        guest.serial(line.decode())


def silent(guest):
    """Ends at once without any status."""
    guest.serial('kiln: no root disk')


def short(guest):
    """Promises more output than it sends."""
    guest.write('out', b'half')
    guest.line('exit 0 8 0')


def words(guest):
    """Prints the command line's words, one a line."""
    guest.write('out', '\n'.join('='.join(word) for word in guest.words).encode())
    guest.exit(0)


def terminal(guest):
    """Prints what it gets: n bytes of input (argument 1) and the first control line."""
    guest.line('entry 1')
    guest.write('out', b'ready\r\n')
    line = guest.read_line()
    data = b''
    while len(data) < int(guest.args[1]):
        data += guest.ports['in'].recv(100)
    guest.write('out', f'{line} {data!r}\r\n'.encode())
    guest.exit(0)


if __name__ == '__main__':
    machine = Guest(sys.argv[1:])
    {f.__name__: f for f in (echo, source, yes, apart, status, hang, signalled, panic, silent, short, words,
                             terminal)}[machine.args[0].decode()](machine)
