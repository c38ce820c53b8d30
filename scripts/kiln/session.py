"""One run of a machine, from its first to its last byte: the main loop of run.py.

The threads of streams.py carry the program's bytes; everything else happens here, in one loop over the
control port, the serial port, QEMU's own messages, QEMU's end, signals and deadlines. docs/boot-protocol.md
describes the lines of the control port. The result is the status that run.py exits with.
"""
from __future__ import annotations

import os
import re
import selectors
import signal
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional

from . import paths, status
from .errors import STATUS_KILN, STATUS_TIMEOUT
from .streams import Input, Output
from .symbols import Symbols
from .terminal import Terminal
from .vm import Process, Vm

GRACE_AFTER_SIGTERM = 10.0
GRACE_AFTER_EXIT = 10.0         # for a guest that said `exit` and then neither sends the rest nor powers off
GRACE_AFTER_PANIC = 3.0
GRACE_FOR_DISKS = 5.0           # a machine with a disk to keep powers off by itself
DRAIN = 2.0                     # after the end of QEMU, for readers of our output that do not read
KEPT_LINES = 500
SCREEN_CODES = re.compile(r'\x1b\[[0-9;?]*[A-Za-z]|\x1bc|[\x00-\x08\x0b-\x1f]')   # firmware clears the screen


@dataclass
class Options:
    """What the user said about this run."""
    verbose: bool = False
    timeout: Optional[float] = None
    kernel: Path = Path()
    keeps_disk: bool = False


class Lines:
    """Splits what comes from a descriptor into lines."""

    def __init__(self, handle: Callable[[str], None]) -> None:
        self.handle = handle
        self.rest = b''

    def feed(self, data: bytes) -> None:
        """More bytes; none mean the end."""
        *whole, self.rest = (self.rest + data).split(b'\n')
        if not data and self.rest:
            whole, self.rest = [self.rest], b''
        for line in whole:
            self.handle(line.decode('utf-8', 'replace').rstrip('\r'))


class Session:
    """The state of one run."""

    def __init__(self, machine: object, options: Options, launch: Callable[..., Process] = Vm) -> None:
        self.machine, self.options, self.launch = machine, options, launch
        self.symbols = Symbols(options.kernel)
        self.terminal = Terminal()
        self.started = time.monotonic()
        self.first_output: Optional[float] = None
        self.entry_ns: Optional[int] = None
        self.wait_status: Optional[int] = None
        self.result: Optional[int] = None       # decided without the guest: time-out, SIGTERM
        self.serial: List[str] = []
        self.qemu_said: List[str] = []
        self.refused: List[str] = []
        self.reports = 0
        self.death = ''
        self.panicked = False
        self.ended = False
        self.deadlines: Dict[str, float] = {}
        self.control_lock = threading.Lock()

    def run(self) -> int:
        """Boots the machine and stays until it has ended; returns run.py's exit status."""
        self.wake_read, self.wake_write = socket.socketpair()
        for end in (self.wake_read, self.wake_write):
            end.setblocking(False)
        handlers = self._catch_signals()
        try:
            with self.terminal:
                self.vm = self.launch(self.machine)
                self._start_streams()
                self._loop()
                return self._conclude()
        finally:
            signal.set_wakeup_fd(-1)
            for number, handler in handlers.items():
                signal.signal(number, handler)

    # ---- set-up

    def _catch_signals(self) -> Dict[int, object]:
        signal.set_wakeup_fd(self.wake_write.fileno(), warn_on_full_buffer=False)
        return {number: signal.signal(number, lambda *_: None)
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH)}

    def _start_streams(self) -> None:
        sockets = self.vm.sockets
        self.outputs = {'out': Output(sockets['out'], 1, self._wake, lambda: self._send('hangup out')),
                        'err': Output(sockets['err'], 2, self._wake, lambda: self._send('hangup err'))}
        for output in self.outputs.values():
            output.start()
        Input(0, sockets['in'], lambda count: self._send(f'eof {count}')).start()
        if self.options.timeout is not None:
            self._deadline('timeout', self.options.timeout)

    def _wake(self) -> None:
        try:
            self.wake_write.send(b'\0')
        except OSError:
            pass            # full: the loop will wake anyway

    def _send(self, line: str) -> None:
        """A line for the guest. The machine may have ended meanwhile."""
        with self.control_lock:
            try:
                self.vm.sockets['control'].sendall(line.encode('ascii') + b'\n')
            except OSError:
                pass

    def _deadline(self, name: str, seconds: float) -> None:
        self.deadlines.setdefault(name, time.monotonic() + seconds)

    # ---- the loop

    def _loop(self) -> None:
        assert self.vm.process.stderr is not None
        with selectors.DefaultSelector() as selector:
            for source, handle in ((self.vm.sockets['control'], self._control_line),
                                   (self.vm.sockets['serial'], self._serial_line),
                                   (self.vm.process.stderr, self._qemu_line)):
                selector.register(source, selectors.EVENT_READ, Lines(handle))
            selector.register(self.wake_read, selectors.EVENT_READ, None)
            selector.register(self.vm.pidfd, selectors.EVENT_READ, None)
            while not self._finished(selector):
                for key, _ in selector.select(self._patience()):
                    self._ready(selector, key)
                self._check_deadlines()

    def _finished(self, selector: selectors.BaseSelector) -> bool:
        """QEMU has ended, all its lines are read, and the program's bytes are written."""
        if self.first_output is None and any(not output.first for output in self.outputs.values()):
            self.first_output = time.monotonic() - self.started
        all_there = all(output.complete() for output in self.outputs.values())
        if self.wait_status is not None and not self.ended and all_there:
            if self.options.keeps_disk:
                self._deadline('disk', GRACE_FOR_DISKS)
            else:
                self.vm.kill()
        lines_left = any(isinstance(key.data, Lines) for key in selector.get_map().values())
        return self.ended and not lines_left and all(o.ended for o in self.outputs.values())

    def _ready(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        if key.fileobj is self.wake_read:
            for number in self.wake_read.recv(4096):
                self._signal(number)
        elif key.fd == self.vm.pidfd:
            self.ended = True
            selector.unregister(self.vm.pidfd)
            self._deadline('drain', DRAIN)
        else:
            try:
                data = os.read(key.fd, 65536)
            except OSError:
                data = b''
            key.data.feed(data)
            if not data:
                selector.unregister(key.fileobj)

    def _patience(self) -> Optional[float]:
        return max(0.0, min(self.deadlines.values()) - time.monotonic()) if self.deadlines else None

    def _check_deadlines(self) -> None:
        now = time.monotonic()
        for name in [name for name, when in self.deadlines.items() if when <= now]:
            del self.deadlines[name]
            getattr(self, f'_late_{name}')()

    # ---- what may come too late

    def _late_timeout(self) -> None:
        if self.wait_status is None and self.result is None:
            self.result = STATUS_TIMEOUT
            self.say(f'time-out after {self.options.timeout:g} s: the machine was ended')
            self.vm.kill()

    def _late_terminate(self) -> None:
        if self.wait_status is None:
            self.say(f'the program still ran {GRACE_AFTER_SIGTERM:g} s after SIGTERM: the machine was ended')
            self.result = 128 + signal.SIGTERM
        self.vm.kill()

    def _late_exit(self) -> None:
        if any(output.writing for output in self.outputs.values()):
            self._deadline('exit', GRACE_AFTER_EXIT)     # our reader is slow, not the guest
        else:
            self.vm.kill()

    def _late_panic(self) -> None:
        self.vm.kill()

    def _late_disk(self) -> None:
        self.vm.kill()

    def _late_drain(self) -> None:
        if any(output.writing for output in self.outputs.values()) and self.result is None:
            self._deadline('drain', DRAIN)
            return
        for output in self.outputs.values():
            output.ended = True

    # ---- what the guest, QEMU and the user say

    def _control_line(self, line: str) -> None:
        word, _, text = line.partition(' ')
        handler = getattr(self, f'_guest_{word}', None)
        if handler is not None:
            handler(text)
        elif self.options.verbose and line:
            self.say(f'the guest sent an unknown control line: {line}')

    def _guest_entry(self, text: str) -> None:
        self.entry_ns = int(text) if text.isdigit() else None

    def _guest_log(self, text: str) -> None:
        if text.startswith('killed by signal'):
            self.death = text           # said at the end, when its report has come
        else:
            self.say(text)

    def _guest_refused(self, text: str) -> None:
        if self.options.verbose:
            self.say(text)
        else:
            self.refused.append(text)

    def _guest_report(self, text: str) -> None:
        self._crash(text)
        if self.options.verbose:
            self.say(text)

    def _guest_exit(self, text: str) -> None:
        numbers = text.split()
        if len(numbers) != 3 or not all(number.isdigit() for number in numbers):
            self.say(f'the guest sent a damaged exit line: {text!r}')
            return
        self.wait_status = int(numbers[0]) & 0xffffffff
        self.outputs['out'].expected, self.outputs['err'].expected = int(numbers[1]), int(numbers[2])
        self._deadline('exit', GRACE_AFTER_EXIT)

    def _guest_mode(self, _: str) -> None:
        """The program changed its terminal's mode; ours is raw in any case."""

    def _serial_line(self, line: str) -> None:
        line = self.symbols.line(line)
        if line.startswith('kiln: panic:'):
            self.panicked = True
            self._deadline('panic', GRACE_AFTER_PANIC)
        if self.panicked:
            self._crash(line)
        if self.options.verbose or self.panicked:
            self._serial_say(line)
        else:
            self.serial = self.serial[-KEPT_LINES:] + [line]

    def _serial_say(self, line: str) -> None:
        line = SCREEN_CODES.sub('', line)
        if line:
            self.say(line[len('kiln: '):] if line.startswith('kiln: ') else f'serial: {line}')

    def _qemu_line(self, line: str) -> None:
        self.qemu_said = self.qemu_said[-KEPT_LINES:] + [line]
        if self.vm.is_end(line):
            self.vm.kill()
        if self.options.verbose:
            self.say(line)

    def _signal(self, number: int) -> None:
        if number in (signal.SIGTERM, signal.SIGHUP):
            self._send(f'signal {number}')
            self._deadline('terminate', GRACE_AFTER_SIGTERM)
        elif number == signal.SIGINT:
            if self.entry_ns is None:
                self.result = 128 + number      # nothing there yet that could take it
                self.vm.kill()
            self._send(f'signal {number}')
        elif number == signal.SIGWINCH:
            size = self.terminal.size()
            if size:
                self._send(f'winsize {size[0]} {size[1]}')

    # ---- the end

    def _conclude(self) -> int:
        code = self.vm.reap()
        if self.death:
            self.say(self.death + (f' (report: {paths.LAST_CRASH})' if self.reports else ''))
        if self.result is not None:
            return self.result
        if self.wait_status is None or self.panicked:
            return self._failed(code)
        lost = {name: o for name, o in self.outputs.items() if not o.complete()}
        if lost:
            for name, output in lost.items():
                self.say(f'output was lost: {output.count} of {output.expected} bytes of std{name} arrived')
            return STATUS_KILN
        result = status.exit_status(self.wait_status)
        if result != 0:
            for text in self.refused:
                self.say(text)
        return result

    def _failed(self, code: int) -> int:
        for line in self.serial if not self.options.verbose else []:
            self._serial_say(line)
        if code > 0:
            for line in self.qemu_said:
                self.say(line)
        if self.panicked:
            self.say(f'the kernel panicked (report: {paths.LAST_CRASH})')
        elif code != 0:
            how = 'status' if code > 0 else 'signal'
            self.say(f'{self.vm.name} ended with {how} {abs(code)} before the program did')
        elif self.entry_ns is not None:
            self.say('the machine ended after the program had started, without its status')
        elif not any(line.startswith('kiln: ') for line in self.serial):
            self.say('the machine ended without a word, before the program started')
        return STATUS_KILN

    def _crash(self, line: str) -> None:
        paths.LAST_CRASH.parent.mkdir(parents=True, exist_ok=True)
        with open(paths.LAST_CRASH, 'a' if self.reports else 'w', encoding='utf-8') as file:
            file.write(line + '\n')
        self.reports += 1

    def say(self, text: str) -> None:
        """One `kiln: ` line on standard error, always on a line of its own."""
        end = '\r\n' if self.terminal.raw else '\n'
        start = '' if self.outputs['err'].last_byte == b'\n' else end
        self.outputs['err'].last_byte = b'\n'
        try:
            os.write(2, f'{start}kiln: {text}{end}'.encode('utf-8', 'surrogateescape'))
        except OSError:
            pass

    def stats(self) -> Dict[str, Optional[float]]:
        """The numbers of --stats."""
        return {'wall_s': round(time.monotonic() - self.started, 4),
                'first_output_s': None if self.first_output is None else round(self.first_output, 4),
                'qemu_cpu_s': None if self.vm.cpu_seconds is None else round(self.vm.cpu_seconds, 4),
                'entry_ns': self.entry_ns}
