"""The same programs in domains of a real Xen; skipped where there is none (scripts/setup --xen).

Xen and its first domain run in QEMU: a run takes 20 seconds and more before the domain starts.
"""
import hashlib
import subprocess

import pytest
from hypervisors import LIMIT, boot_on, marks
from machine import run_linux
from test_disk_files import MIB, write_and_check

from kiln import xen

OPTIONS = ['--hypervisor', 'xen']

pytestmark = marks(xen.check_present)


def boot(kiln, *command, **keywords):
    """A run in its machine."""
    return boot_on('xen', kiln, *command, **keywords)


@pytest.mark.parametrize('root', ['ram', 'disk'])
def test_output_and_status(kiln, program, root):
    assert boot(kiln, program('hello'), options=['--root', root]) == run_linux(program('hello'))


def test_python_from_a_disk(kiln):
    script = 'import sys, json, hashlib; print(json.dumps([1]), hashlib.sha256(b"x").hexdigest()); ' \
             'sys.stderr.write("err\\n"); sys.exit(7)'
    got = boot(kiln, '/usr/bin/python3', '-c', script, options=['--root', 'disk'], memory=64)
    assert (got.status, got.out, got.err) == (7, b'[1] %s\n' % hashlib.sha256(b'x').hexdigest().encode(), b'err\n')


def test_streams(kiln, program):
    data = bytes(range(256)) * 4000
    got = boot(kiln, program('streams'), input=data)
    assert (got.status, got.out, got.err) == (0, data, b'%d bytes\n' % len(data))


def test_two_cpus_and_the_date(kiln, program):
    assert boot(kiln, program('four-threads'), cpus=2) == run_linux(program('four-threads'))
    got = boot(kiln, '/usr/bin/python3', '-c', 'import os, time; print(os.cpu_count(), int(time.time()))', cpus=2)
    now = int(subprocess.run(['date', '+%s'], capture_output=True, check=True).stdout)
    cpus, date = map(int, got.out.split())
    assert cpus == 2 and now - LIMIT < date <= now + 1


@pytest.mark.parametrize('cpus', [1, 2])
def test_a_pattern_on_the_disk(kiln, tmp_path, cpus):
    """Written by a program through blkfront; the file is what the first domain has."""
    write_and_check(kiln, tmp_path, '/dev/xvdb', mib=64, size=66 * MIB, cpus=cpus, machine=None, boot=None,
                    options=OPTIONS, root='disk', timeout=LIMIT)
