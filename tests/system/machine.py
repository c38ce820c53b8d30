"""Boots programs of this machine on Kiln, with Linux as the oracle.

Every boot has a time limit, and QEMU cannot outlive its run.py, so a hang is a failed test.
"""
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / 'scripts' / 'run.py'
TIME_LIMIT = 120


def can_boot(boot):
    """Whether the build has what this boot path needs."""
    return boot == 'kernel' or (ROOT / 'build' / 'release.x64' / 'boot.bin').exists()


@dataclass
class Outcome:
    """What a program did."""
    status: int
    out: bytes
    err: bytes

    def __eq__(self, other):
        return (self.status, self.out, self.err) == (other.status, other.out, other.err)


def run_kiln(*command, machine='microvm', cpus=2, boot='kernel', options=(), memory=None, timeout=TIME_LIMIT,
             **keywords):
    """A program of this machine (`--exec`) or, if the first word is None, the image that the options name."""
    keywords.setdefault('input', b'')
    where = [*(['--machine', machine] if machine else []), *(['--boot', boot] if boot else [])]
    words = [RUN, *where, '-c', cpus, '--timeout', timeout, *options]
    if memory is not None:
        words += ['-m', str(memory)]
    program, *arguments = command
    if program is not None:
        words += ['--exec', program]
    if arguments:
        words += ['--', *arguments]
    done = subprocess.run([str(word) for word in words], capture_output=True, timeout=timeout + 60,
                          check=False, **keywords)
    return Outcome(done.returncode, done.stdout, done.stderr)


def run_linux(*command, **keywords):
    """The oracle; statuses as a shell shows them."""
    keywords.setdefault('input', b'')
    environment = {'PATH': os.environ['PATH'], 'HOME': '/root', 'LANG': 'C.UTF-8', 'TERM': 'dumb'}
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=TIME_LIMIT,
                          check=False, env=environment, **keywords)
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Outcome(status, done.stdout, done.stderr)
