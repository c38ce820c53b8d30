"""The words that tell the guest what to run: docs/boot-protocol.md, "Command line"."""
from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Dict, List, Sequence, Tuple
from urllib.parse import unquote_to_bytes

LIMIT = 2000        # bytes of a line that every loader takes; more go through fw_cfg
ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': '/root',
               'LANG': 'C.UTF-8'}
CONFIG_IN_FW_CFG = 'kiln.config=fw_cfg'
CONFIG_NAME = 'opt/kiln/config'
FLAGS = ('kiln.verbose',)
Pairs = List[Tuple[str, str]]


def encode(value: str) -> str:
    """Percent-encodes every byte that is not printable ASCII, and space, `%` and `"`."""
    return ''.join(chr(byte) if 0x21 <= byte <= 0x7e and byte not in b'%"' else f'%{byte:02X}'
                   for byte in os.fsencode(value))


def words(pairs: Sequence[Tuple[str, str]]) -> List[str]:
    """`key=value` words; flags are their key alone."""
    return [key if key in FLAGS else f'{key}={encode(value)}' for key, value in pairs]


def parse(encoded: Sequence[str]) -> Pairs:
    """The pairs that words() was given."""
    split = [word.partition('=') for word in encoded]
    return [(key, os.fsdecode(unquote_to_bytes(value))) for key, _, value in split]


@dataclass
class Program:
    """What the guest starts."""
    argv: List[str] = field(default_factory=list)
    environment: Dict[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    cwd: str = '/'
    writable: List[str] = field(default_factory=list)
    libc: str = 'own'

    @staticmethod
    def of_words(pairs: Pairs) -> 'Program':
        """The program that an image's own words describe."""
        program = Program([value for key, value in pairs if key == 'kiln.arg'],
                          writable=[value for key, value in pairs if key == 'kiln.writable'])
        for key, value in pairs:
            if key == 'kiln.env':
                name, _, text = value.partition('=')
                program.environment[name] = text
            elif key == 'kiln.cwd':
                program.cwd = value
            elif key == 'kiln.libc':
                program.libc = value
        return program

    def pairs(self) -> Pairs:
        """The same as pairs for words()."""
        return ([('kiln.arg', word) for word in self.argv]
                + [('kiln.env', f'{name}={value}') for name, value in self.environment.items()]
                + [('kiln.cwd', self.cwd)] + ([('kiln.libc', self.libc)] if self.libc != 'own' else [])
                + [('kiln.writable', folder) for folder in self.writable])
