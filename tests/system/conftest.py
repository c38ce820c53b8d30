"""Fixtures of the system tests.

`kiln` runs run.py and returns what came out, `same` compares that with Linux, `program` is one of the
programs of tests/guest, built; `cell` and `boots` say where and how often.
"""
import subprocess

import pytest
from machine import ROOT, can_boot, run_kiln, run_linux

BUILT = ROOT / 'build' / 'guest'
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
