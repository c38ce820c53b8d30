"""The disks and the network card of other hypervisors, as QEMU has them."""
import pytest

DISKS = [('q35', 'ahci'), ('pc', 'ahci')]


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
