"""Disks as files of the machine: what a program writes to /dev/vda is in the host's file."""
from pathlib import Path

import disk_user
import pytest

MIB = 1 << 20
SIZE = 6 * MIB
USER = Path(disk_user.__file__)


def write_and_check(kiln, tmp_path, device, mib=4, size=SIZE, **keywords):
    """Runs disk_user.py in a machine and looks at the file that is its disk."""
    file = tmp_path / 'disk'
    with open(file, 'wb') as disk:
        disk.truncate(size)
    options = [*keywords.pop('options', []), '--disk', file, '--root', keywords.pop('root', 'ram'), '--add', USER]
    got = kiln('/usr/bin/python3', USER, device, 'seed', str(mib), options=options, **keywords)
    assert (got.status, got.out, got.err) == (0, b'%d\n' % size, b'')
    data = file.read_bytes()
    assert len(data) == size and data[1021:1026] == b'hello' and data[-2:] == b'xy'
    for number in range(mib):
        assert data[(number + 1) * MIB:(number + 2) * MIB] == disk_user.pattern('seed', number), number


@pytest.mark.parametrize('machine,bus,root,device', [('microvm', 'virtio', 'ram', '/dev/vda'),
                                                     ('q35', 'virtio', 'disk', '/dev/vdb'),
                                                     ('q35', 'ahci', 'ram', '/dev/sda'),
                                                     ('pc', 'ide', 'ram', '/dev/sda')])
def test_what_is_written_is_in_the_file(kiln, tmp_path, machine, bus, root, device):
    write_and_check(kiln, tmp_path, device, machine=machine, options=['--disk-bus', bus], root=root)


def test_a_read_only_disk_and_a_missing_one(kiln):
    script = '''import os
for name in "/dev/vda", "/dev/vdz":
    try:
        os.pwrite(os.open(name, os.O_RDWR), b"x", 0)
    except OSError as error:
        print(error.errno)
os.mknod("/tmp/disk", 0o60600, os.makedev(254, 400))
try:
    os.open("/tmp/disk", os.O_RDONLY)
except OSError as error:
    print(error.errno)
'''
    got = kiln('/usr/bin/python3', '-c', script, options=['--root', 'ram'])
    assert (got.status, got.out) == (0, b'2\n2\n6\n')
