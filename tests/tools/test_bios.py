"""Disk images under a real BIOS: a boot sector of a few lines prints the configuration that it finds.

This tests the seam between disk.py, the overlay and the boot code in arch/x64/boot: where the code is loaded
from, where the configuration lies, and that the overlay shows the words of this run.
"""
import subprocess

import pytest

from kiln import disk, qcow2, qemu

BOOT_SECTOR = '''
.code16
    cli
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %ss
    mov $0x7c00, %sp
    mov $packet, %si
    mov $0x42, %ah
    int $0x13
    mov $0x800c, %si
    mov $0x3f8, %dx
next:
    lodsb
    test %al, %al
    jz done
    out %al, %dx
    jmp next
done:
    ljmp $0xffff, $0
packet:
    .byte 16, 0
    .word 1
    .long 0x8000
    .quad 128
'''


@pytest.fixture(name='boot_code')
def fixture_boot_code(tmp_path):
    """The boot sector, assembled for address 0x7c00."""
    subprocess.run(['as', '--32', '-o', tmp_path / 'boot.o', '-'], input=BOOT_SECTOR, text=True, check=True)
    subprocess.run(['ld', '-m', 'elf_i386', '-Ttext=0x7c00', '--oformat=binary', '-e', '0', '-o',
                    tmp_path / 'boot.bin', tmp_path / 'boot.o'], check=True, stderr=subprocess.DEVNULL)
    return tmp_path / 'boot.bin'


@pytest.mark.parametrize('machine', ['q35', 'pc'])
def test_boot_code_finds_the_words_of_this_run(tmp_path, boot_code, machine):
    (tmp_path / 'root').write_bytes(b'root')
    image = tmp_path / 'x.img'
    disk.make(image, tmp_path / 'root', None, boot_code, ['kiln.arg=own'], False)
    overlay = tmp_path / 'x.qcow2'
    qcow2.make(overlay, image, disk.CONFIG_AT, disk.config_area(['kiln.arg=of', 'kiln.arg=this-run']))
    for shown, words in ((qemu.Disk(image), b'kiln.arg=own'),
                         (qemu.Disk(overlay, format='qcow2'), b'kiln.arg=of kiln.arg=this-run')):
        command = qemu.Machine(machine, disks=[shown]).arguments(
            lambda name: 'file,path=/dev/stdout' if name == 'serial' else 'null')
        done = subprocess.run([qemu.PROGRAM, *command], stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=30, check=True)
        assert words in done.stdout
