"""The disks and the network card of other hypervisors, as QEMU has them."""
import hashlib
import json
import random
import signal
import socket
import subprocess
import time

import bare_disk
import pytest
from machine import RUN
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


class Monitor:
    """QEMU's monitor on a socket."""

    def __init__(self, path):
        deadline = time.monotonic() + 20
        while not path.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.file = self.socket.makefile('rw')
        self.file.readline()
        self.ask('qmp_capabilities')

    def ask(self, command, **arguments):
        """One command; what came in between is passed over."""
        self.file.write(json.dumps({'execute': command, 'arguments': arguments}) + '\n')
        self.file.flush()
        while 'return' not in (answer := json.loads(self.file.readline())):
            assert 'error' not in answer, answer


@pytest.mark.parametrize('machine', ['q35', 'pc'])
def test_power_button(tmp_path, monkeypatch, machine):
    """It is SIGTERM to the program."""
    qemu = tmp_path / 'qemu'
    qemu.write_text(f'#!/bin/sh\nexec qemu-system-x86_64 "$@" -qmp unix:{tmp_path}/qmp,server,nowait\n')
    qemu.chmod(0o755)
    monkeypatch.setenv('KILN_QEMU', str(qemu))
    source = ('import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(5)); '
              'print("ready", flush=True); time.sleep(100)')
    process = subprocess.Popen([RUN, '--machine', machine, '--timeout', '60', '--exec', '/usr/bin/python3', '--', '-c',
                                source], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b'ready\n'
    Monitor(tmp_path / 'qmp').ask('system_powerdown')
    assert process.wait(60) == 5 != 128 + signal.SIGTERM
    process.stdout.close()


def test_screen(program, tmp_path):
    """On a machine with nothing but a screen, log and output are there, also when it has scrolled."""
    disk = bare_disk.make(tmp_path / 'image.img', '/bin/sh', '-c',
                          'i=0;while%20[%20$i%20-lt%20300%20];do%20echo%20line%20$i;i=$((i+1));done;echo%20the%20end')
    process = subprocess.Popen(['qemu-system-x86_64', '-M', 'pc', '-accel', 'tcg', '-cpu', 'max,la57=off', '-m', '128',
                                '-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std', '-serial', 'none',
                                '-no-reboot', '-no-shutdown', '-drive', f'if=ide,format=raw,snapshot=on,file={disk}',
                                '-qmp', f'unix:{tmp_path}/qmp,server,nowait'], stdin=subprocess.DEVNULL)
    try:
        monitor = Monitor(tmp_path / 'qmp')
        deadline = time.monotonic() + 60
        text = ''
        while 'exit 0' not in text:
            assert time.monotonic() < deadline, text
            time.sleep(0.5)
            monitor.ask('pmemsave', val=0xb8000, size=32768, filename=str(tmp_path / 'screen'))
            text = (tmp_path / 'screen').read_bytes()[::2].decode('latin-1')
    finally:
        process.kill()
        process.wait()
    for wanted in ('line 298 ', 'line 299 ', 'the end', 'kiln: exit 0 0 0'):
        assert wanted in text
