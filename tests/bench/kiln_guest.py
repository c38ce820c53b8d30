"""One program on Kiln, by scripts/run.py, as its users run it."""
from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional, Sequence

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Result:
    """What one boot gave. stats: the line of run.py --stats."""
    output: str
    errors: str
    status: Optional[int]           # None: it did not end in time
    stats: Dict[str, float]


def run(program: Path, arguments: Sequence[str] = (), environment: Sequence[str] = (), memory: str = '128',
        icount: bool = True, timeout: int = 300, libc: str = 'own',
        more: Sequence[str] = ()) -> Result:
    """One boot, from power-on to the end of QEMU. memory is as run.py's -m takes it."""
    line = [str(ROOT / 'scripts' / 'run.py'), '--machine', 'microvm', '-m', memory, '-c', '1',
            '--root', 'ram', '--accel', 'tcg', '--timeout', str(timeout), '--stats', '--libc', libc, *more]
    line += ['--icount'] if icount else []
    for setting in environment:
        line += ['--env', setting]
    line += ['--exec', str(program), '--', *arguments]
    try:
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout + 60, check=False)
    except subprocess.TimeoutExpired:
        return Result('', 'run.py did not end', None, {})
    stats: Dict[str, float] = {}
    for said in done.stderr.splitlines():
        if said.startswith('{'):
            stats = json.loads(said)
    return Result(done.stdout, done.stderr, done.returncode, stats)
