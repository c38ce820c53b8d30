"""The same images in a real VirtualBox; skipped where there is none (scripts/setup --virtualbox).

Its machines are interpreted here, some million instructions a second: time-outs are long, sizes small.
"""
import hashlib
import subprocess
import time

import bare_disk
import pytest
from hypervisors import LIMIT, boot_on, marks
from machine import ROOT, run_linux
from network import free_port

from kiln import formats, virtualbox

OPTIONS = ['--hypervisor', 'virtualbox']

pytestmark = marks(virtualbox.check_present)


def boot(kiln, *command, **keywords):
    """A run in its machine."""
    return boot_on('virtualbox', kiln, *command, **keywords)


@pytest.mark.parametrize('bus', ['ahci', 'ide'])
def test_output_and_status(kiln, program, bus):
    """AHCI, and a VDI on IDE."""
    options = ['--disk-bus', bus]
    assert boot(kiln, program('hello'), options=options) == run_linux(program('hello'))
    got = boot(kiln, '/bin/sh', '-c', 'echo out; echo err >&2; exit 7', options=options)
    assert (got.status, got.out, got.err) == (7, b'out\n', b'err\n')


def test_streams(kiln, program):
    data = bytes(range(256)) * 200
    got = boot(kiln, program('streams'), input=data)
    assert (got.status, got.out, got.err) == (0, data, b'%d bytes\n' % len(data))


def test_two_cpus(kiln, program):
    assert boot(kiln, program('four-threads'), cpus=2) == run_linux(program('four-threads'))
    got = boot(kiln, '/usr/bin/python3', '-c', 'import os; print(os.cpu_count())', cpus=2)
    assert (got.status, got.out) == (0, b'2\n')


@pytest.mark.parametrize('bus', ['ahci', 'ide'])
def test_a_machine_without_an_ioapic(kiln, program, monkeypatch, bus):
    """The shared lines come over the two 8259s."""
    monkeypatch.setenv('KILN_VIRTUALBOX', '--ioapic=off')
    got = boot(kiln, program('hello'), options=['--disk-bus', bus, '--verbose'])
    assert (got.status, got.out) == (0, run_linux(program('hello')).out)
    assert b'comes over the 8259s' in got.err


def test_a_server_behind_the_port_forward():
    """10 MB out and some in, byte for byte."""
    port = free_port()
    url = f'http://127.0.0.1:{port}'
    words = [ROOT / 'scripts/run.py', *OPTIONS, '--image', 'go-httpd', '--forward', f'{port}:8080', '--timeout', 600]
    server = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LIMIT
        while subprocess.run(['curl', '-s', '-m', '5', url], capture_output=True, check=False).returncode != 0:
            assert time.monotonic() < deadline and server.poll() is None
            time.sleep(0.5)
        size = 10_000_000
        got = subprocess.run(['curl', '-sS', '-f', f'{url}/bytes?n={size}'], capture_output=True, check=True,
                             timeout=400).stdout
        assert got == (bytes(i * 7 % 256 for i in range(256)) * (size // 256 + 1))[:size]
        data = bytes(i * i % 251 for i in range(200_000))
        answer = subprocess.run(['curl', '-sS', '-f', '--data-binary', '@-', f'{url}/sum'], input=data,
                                capture_output=True, check=True, timeout=120).stdout
        assert answer.decode() == f'{len(data)} {hashlib.sha256(data).hexdigest()}\n'
    finally:
        server.terminate()
        server.wait(60)


def test_the_appliance_is_imported_and_boots(program, tmp_path):
    """An OVA as scripts/build makes it, in a machine that VirtualBox makes of it."""
    if not virtualbox.private():
        pytest.skip('imports into the private copy only')
    appliance = formats.convert(bare_disk.make(tmp_path / 'hello.img', program('hello')), 'ova')
    assert appliance.name == 'hello.ova'
    (tmp_path / 'start').write_text(f'''set -e
export HOME=/tmp/kiln VBOX_USER_HOME=/tmp/kiln/settings {virtualbox.LIBRARIES}
VBoxManage import /tmp/kiln/hello.ova --vsys 0 --vmname hello --basefolder /tmp/kiln/machine
VBoxManage showvminfo hello --machinereadable
VBoxManage modifyvm hello --vm-execution-engine=recompiler --uart1=0x3f8 4 --uart-mode1=file /tmp/kiln/com1 \
  --bios-logo-fade-in=off --bios-logo-fade-out=off --bios-logo-display-time=0
exec {virtualbox.DRIVERLESS} --startvm hello --vrde off
''')
    (tmp_path / 'enter').write_text(virtualbox.ENTER.format(root=virtualbox.ROOT, scratch=tmp_path))
    done = subprocess.run(['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', tmp_path / 'enter'],
                          capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'storagecontrollertype0="IntelAhci"' in done.stdout
    assert 'nictype1="82540EM"' in done.stdout
    said = (tmp_path / 'com1').read_text()
    assert run_linux(program('hello')).out.decode() in said and 'kiln: exit 0' in said
