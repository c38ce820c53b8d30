"""Three programs in every machine, boot path and number of CPUs (pairwise unless --full-matrix)."""
import pytest


def where(cell):
    """The cell as keywords of run_kiln."""
    machine, boot, cpus = cell
    return {'machine': machine, 'boot': boot, 'cpus': cpus}


def test_hello(same, program, cell):
    assert same(program('hello'), **where(cell)).out


def test_cxx(same, program, cell):
    assert same(program('hello-cxx'), **where(cell)).out


@pytest.mark.slow
def test_python(same, cell):
    assert same('/usr/bin/python3', '-c', 'print("hi")', **where(cell)).out == b'hi\n'
