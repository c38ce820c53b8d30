"""The disk image in Bochs 2.7, which is another PC: PIIX3 IDE, and its own idea of every chip."""
import shutil
import subprocess
import time

import bare_disk
import pytest
from machine import run_linux

CONFIGURATION = '''
display_library: rfb, options="timeout=0"
config_interface: textconfig
megs: 128
cpu: model=corei7_skylake_x, count=1, ips=50000000, reset_on_triple_fault=0
clock: sync=none, time0=1000000000, rtc_sync=0
romimage: file=/usr/share/seabios/bios-256k.bin, options=fastboot
vgaromimage: file=/usr/share/seabios/vgabios-stdvga.bin
vga: extension=vbe
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path={disk}, mode=flat, translation=lba
boot: disk
com1: enabled=1, mode=file, dev={serial}
pci: enabled=1, chipset=i440fx
log: {log}
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
'''


@pytest.mark.slow
@pytest.mark.skipif(not bare_disk.has('bochs'), reason='there is no Bochs (scripts/setup --virtualbox)')
def test_hello(program, tmp_path):
    disk = bare_disk.make(tmp_path / 'hello.img', program('hello'))
    serial = tmp_path / 'serial'
    (tmp_path / 'bochsrc').write_text(CONFIGURATION.format(disk=disk, serial=serial, log=tmp_path / 'log'))
    (tmp_path / 'commands').write_text('c\n')       # Debian's Bochs waits in its debugger
    bochs = subprocess.Popen([shutil.which('bochs'), '-q', '-f', tmp_path / 'bochsrc', '-rc', tmp_path / 'commands'],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:        # its BIOS has no ACPI tables, so the machine starts again instead of turning itself off
        deadline = time.monotonic() + 120
        while not serial.exists() or 'kiln: exit' not in serial.read_text():
            assert time.monotonic() < deadline and bochs.poll() is None
            time.sleep(0.2)
    finally:
        bochs.kill()
        bochs.wait()
    said = serial.read_text()
    assert run_linux(program('hello')).out.decode() in said
    assert 'kiln: exit 0' in said
