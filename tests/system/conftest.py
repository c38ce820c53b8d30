"""Boots programs of this machine on Kiln, with Linux as the oracle.

`kiln` runs run.py and returns what came out; `program` is one of the programs of tests/guest, built.
Every boot has a time limit, and QEMU cannot outlive its run.py, so a hang is a failed test.
"""
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / 'scripts' / 'run.py'
BUILT = ROOT / 'build' / 'guest'
TIME_LIMIT = 120

STARTS = [('microvm', 'kernel'), ('q35', 'kernel'), ('pc', 'kernel'), ('q35', 'bios'), ('pc', 'bios')]
CELLS = [(machine, boot, cpus) for machine, boot in STARTS for cpus in (1, 2, 4)]
# every pair of machine and CPUs, of machine and boot path, of boot path and CPUs
PAIRWISE = [('microvm', 'kernel', 1), ('microvm', 'kernel', 2), ('microvm', 'kernel', 4),
            ('q35', 'kernel', 1), ('q35', 'bios', 2), ('q35', 'kernel', 4),
            ('pc', 'bios', 1), ('pc', 'kernel', 2), ('pc', 'bios', 4)]


def pytest_addoption(parser):
    parser.addoption('--full-matrix', action='store_true', help='every machine, boot path and number of CPUs')


def pytest_configure(config):
    config.addinivalue_line('markers', 'slow: left out by scripts/test --fast')


def pytest_generate_tests(metafunc):
    full = metafunc.config.getoption('--full-matrix')
    if 'cell' in metafunc.fixturenames:
        cells = [cell for cell in (CELLS if full else PAIRWISE) if can_boot(cell[1])]
        metafunc.parametrize('cell', cells, ids=['-'.join(map(str, cell)) for cell in cells])
    if 'boots' in metafunc.fixturenames:
        metafunc.parametrize('boots', [200 if full else 20])


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
    words = [RUN, '--machine', machine, '-c', cpus, '--boot', boot, '--timeout', timeout, *options]
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


@pytest.fixture(name='kiln')
def fixture_kiln():
    """run_kiln"""
    return run_kiln


@pytest.fixture(name='same')
def fixture_same():
    """Runs a command on Linux and on Kiln; both must do the same, and that is returned."""
    def same(*command, input=b'', **keywords):
        expected = run_linux(*command, input=input)
        got = run_kiln(*command, input=input, **keywords)
        assert got == expected
        return got
    return same


@pytest.fixture(name='program', scope='session')
def fixture_program():
    """Path of one of the programs of tests/guest/guest.ninja; all are built at the first question."""
    built = set()

    def program(name, target='guest'):
        if target not in built:
            command = ['ninja', '--quiet', '-f', 'tests/guest/guest.ninja', target]
            subprocess.run(command, cwd=ROOT, check=True, timeout=900)
            built.add(target)
        return BUILT / name
    return program
