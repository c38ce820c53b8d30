"""The disks and the network card of other hypervisors, as QEMU has them."""
import hashlib
import random

import pytest
from network import Server

DISKS = [('q35', 'ahci'), ('pc', 'ahci'), ('pc', 'ide')]


@pytest.mark.parametrize('boot', ['kernel', 'bios'])
@pytest.mark.parametrize('machine, bus', DISKS)
def test_root_on_a_disk(same, program, machine, bus, boot):
    options = ['--disk-bus', bus, '--root', 'disk']
    assert same(program('hello'), machine=machine, boot=boot, cpus=1, options=options).out


@pytest.mark.parametrize('machine, bus', DISKS)
def test_many_readers_of_one_disk(same, machine, bus):
    """Files that four threads read at once, so that the disk's queue is used."""
    source = '''
import glob, hashlib, threading
names = sorted(glob.glob('/usr/lib/python3*/*.py'))[:120]
sums = {}
def work(part):
    for name in names[part::4]:
        sums[name] = hashlib.sha256(open(name, 'rb').read()).hexdigest()
threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(len(names), hashlib.sha256(repr(sorted(sums.items())).encode()).hexdigest())
'''
    options = ['--disk-bus', bus, '--root', 'disk']
    assert same('/usr/bin/python3', '-c', source, machine=machine, cpus=4, options=options).out


@pytest.mark.parametrize('machine, cpus', [('q35', 2), ('pc', 1)])
def test_e1000(machine, cpus):
    """10 MB each way, byte for byte, through a forwarded port."""
    server = Server('go-httpd', 8080, machine=machine, cpus=cpus, options=['--card', 'e1000'])
    try:
        size = 10_000_000
        sent = server.client('curl', '-sS', '-f', f'{server.url}/bytes?n={size}')
        assert sent == (bytes(i * 7 % 256 for i in range(256)) * (size // 256 + 1))[:size]
        data = random.Random(5).randbytes(size)
        answer = server.client('curl', '-sS', '-f', '--data-binary', '@-', f'{server.url}/sum', input=data)
        assert answer.decode() == f'{size} {hashlib.sha256(data).hexdigest()}\n'
    finally:
        server.stop()
