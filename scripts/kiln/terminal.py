"""The user's terminal: raw while the program runs, its size, and what the guest is told about streams.

The guest does echo, line editing and Ctrl-C itself, so the host's terminal passes every byte as it is.
"""
from __future__ import annotations

import os
import stat
import termios
import tty
from typing import List, Optional, Tuple


def kind(fd: int) -> str:
    """`tty`, `null` or `pipe`: what a descriptor of the program shall look like."""
    if os.isatty(fd):
        return 'tty'
    info = os.fstat(fd)
    null = stat.S_ISCHR(info.st_mode) and info.st_rdev == os.makedev(1, 3)
    return 'null' if null else 'pipe'


def boot_words() -> List[Tuple[str, str]]:
    """The kiln.stdin, kiln.stdout, kiln.stderr and kiln.winsize words for our own streams."""
    kinds = [kind(fd) for fd in range(3)]
    names = ('kiln.stdin', 'kiln.stdout', 'kiln.stderr')
    words = [(name, what) for name, what in zip(names, kinds) if what != 'pipe']
    if 'tty' in kinds:
        size = os.get_terminal_size(kinds.index('tty'))
        words.append(('kiln.winsize', f'{size.lines}x{size.columns}'))
    return words


class Terminal:
    """Raw mode from `with` to its end, if standard input is a terminal."""

    def __init__(self) -> None:
        self.saved: Optional[list] = None

    def __enter__(self) -> 'Terminal':
        if os.isatty(0):
            self.saved = termios.tcgetattr(0)
            tty.setraw(0)
        return self

    def __exit__(self, *_: object) -> None:
        if self.saved is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, self.saved)
            self.saved = None

    @property
    def raw(self) -> bool:
        """Whether standard input is a terminal in raw mode."""
        return self.saved is not None

    @staticmethod
    def size() -> Optional[Tuple[int, int]]:
        """Rows and columns of the first of our streams that is a terminal."""
        for fd in range(3):
            if os.isatty(fd):
                size = os.get_terminal_size(fd)
                return size.lines, size.columns
        return None


def open_standard_streams() -> None:
    """Closed standard descriptors become /dev/null, or the next file opened would be taken for one."""
    for fd in range(3):
        try:
            os.fstat(fd)
        except OSError:
            os.open('/dev/null', os.O_RDWR)
