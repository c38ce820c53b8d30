"""A terminal and signals from outside: Python's own prompt, window size, Ctrl-C, SIGTERM."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest
from machine import RUN


class Terminal:
    """run.py on a terminal of its own, and what it shows."""

    def __init__(self, *command):
        self.master, slave = pty.openpty()
        self.resize(24, 80)
        self.process = subprocess.Popen([RUN, '--timeout', '60', '--exec', *command], start_new_session=True,
                                        stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)

    def resize(self, rows, columns):
        """Sets the window's size."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def expect(self, end, seconds=30):
        """Reads until the terminal has shown the bytes; returns all that it showed."""
        shown = b''
        limit = time.monotonic() + seconds
        while end not in shown:
            left = limit - time.monotonic()
            assert left > 0 and select.select([self.master], [], [], left)[0], shown
            shown += os.read(self.master, 4096)
        return shown

    def type(self, data):
        """What the user types."""
        os.write(self.master, data)


@pytest.fixture(name='python')
def fixture_python():
    """Python's prompt."""
    terminal = Terminal('/usr/bin/python3')
    terminal.expect(b'>>> ')
    yield terminal
    terminal.process.kill()
    terminal.process.wait(10)
    os.close(terminal.master)


def test_prompt_size_and_end(python):
    python.type(b'import os; print(os.isatty(0), os.get_terminal_size())\r')
    python.expect(b'True os.terminal_size(columns=80, lines=24)\r\n>>> ')
    python.resize(50, 132)
    python.process.send_signal(signal.SIGWINCH)
    time.sleep(0.5)
    python.type(b'print(os.get_terminal_size())\r')
    python.expect(b'os.terminal_size(columns=132, lines=50)\r\n')
    python.type(b'exit(5)\r')
    assert python.process.wait(20) == 5


def test_control_c(python):
    python.type(b'while 1: pass\r\r')
    python.expect(b'... \r\n')
    time.sleep(0.5)
    python.type(b'\x03')
    python.expect(b'KeyboardInterrupt')


def test_end_of_input(python):
    python.type(b'\x04')
    assert python.process.wait(20) == 0


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_program(number):
    code = (f'import signal, sys, time; signal.signal(signal.{number.name}, lambda *_: sys.exit(9))\n'
            'print("up", flush=True)\nwhile 1: time.sleep(1)')
    command = [RUN, '--timeout', '60', '--exec', '/usr/bin/python3', '--', '-c', code]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b'up\n'
        process.send_signal(number)
        assert process.wait(20) == 9
