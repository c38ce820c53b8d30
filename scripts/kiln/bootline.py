"""The words that tell the guest what to run: docs/boot-protocol.md, "Command line"."""
from __future__ import annotations

import os
from typing import Dict, List, Sequence, Tuple

LIMIT = 2000        # bytes of a line that every loader takes; more go through fw_cfg
CONFIG_IN_FW_CFG = 'kiln.config=fw_cfg'
CONFIG_NAME = 'opt/kiln/config'


def encode(value: str) -> str:
    """Percent-encodes every byte that is not printable ASCII, and space, `%` and `"`."""
    return ''.join(chr(byte) if 0x21 <= byte <= 0x7e and byte not in b'%"' else f'%{byte:02X}'
                   for byte in os.fsencode(value))


def words(pairs: Sequence[Tuple[str, str]]) -> List[str]:
    """`key=value` words; an empty value of a flag key stays without the equals sign."""
    return [f'{key}={encode(value)}' if key != 'kiln.verbose' else key for key, value in pairs]


def program(argv: Sequence[str], environment: Dict[str, str], cwd: str) -> List[Tuple[str, str]]:
    """The pairs that describe the program."""
    return ([('kiln.arg', word) for word in argv]
            + [('kiln.env', f'{name}={value}') for name, value in environment.items()]
            + [('kiln.cwd', cwd)])
