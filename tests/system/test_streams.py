"""Standard streams of real programs: bytes, order, end, and readers and writers of different speed."""
import hashlib
import subprocess

import pytest
from machine import RUN


def test_all_bytes_both_ways(same, program):
    data = bytes(range(256)) * 4000
    assert same(program('streams'), input=data).out == data


def test_no_input(same, program):
    assert same(program('streams'), input=b'').out == b''


def test_both_outputs_at_once(same, program):
    got = same(program('streams'), '1000001')
    assert len(got.out) == len(got.err) == 1000001


@pytest.mark.slow
def test_back_pressure(program, tmp_path):
    """64 MB through the guest, faster at one end than at the other."""
    data = bytes(range(256)) * (64 << 12)
    (tmp_path / 'in').write_bytes(data)
    with open(tmp_path / 'in', 'rb') as source, \
            subprocess.Popen([RUN, '--machine', 'microvm', '--timeout', '300', '--exec', program('streams')],
                             stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        total = hashlib.sha256()
        while part := process.stdout.read(1 << 16):
            total.update(part)
        assert process.wait(30) == 0
    assert total.digest() == hashlib.sha256(data).digest()


def test_reader_that_goes_away(program):
    """run.py | head: the program gets SIGPIPE."""
    with subprocess.Popen([RUN, '--machine', 'microvm', '--timeout', '60', '--exec', program('streams'), '--',
                           str(1 << 30)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(70) == 128 + 13


@pytest.mark.parametrize('boot', ['kernel', 'bios'])
@pytest.mark.parametrize('cpus', [1, 2])
def test_serial_line_only(same, program, boot, cpus):
    """A machine without virtio-console: one serial line carries everything."""
    options = {'machine': 'q35', 'boot': boot, 'cpus': cpus, 'options': ['--streams', 'serial']}
    data = bytes(range(256)) * 300
    assert same(program('streams'), input=data, **options).out == data
    both = same(program('streams'), '100001', **options)
    assert len(both.out) == len(both.err) == 100001
    assert same(program('hostile/exit-status'), **options).status == 52


def test_serial_line_whose_reader_goes_away(program):
    with subprocess.Popen([RUN, '--streams', 'serial', '--timeout', '60', '--exec', program('streams'), '--',
                           str(1 << 30)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(70) == 128 + 13


def test_signal_over_the_serial_line(program):
    """The program waits for input that does not come; SIGTERM to run.py ends it."""
    with subprocess.Popen([RUN, '--streams', 'serial', '--timeout', '60', '--exec', program('streams')],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(b'x')
        process.stdin.flush()
        assert process.stdout.read(1) == b'x'
        process.terminate()
        assert process.wait(70) == 128 + 15
