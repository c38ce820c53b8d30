"""Kernels without some of the drivers: they boot where the others suffice, and the rest is not in them."""
import re
import subprocess

import pytest
from machine import ROOT

SERIAL = ['--streams', 'serial']
KERNELS = [
    ('virtio-mmio,virtio-blk,virtio-console', 'microvm', 'kernel', ['--root', 'disk']),
    ('virtio-pci,virtio-blk,virtio-console', 'q35', 'bios', []),
    ('ahci', 'q35', 'kernel', [*SERIAL, '--disk-bus', 'ahci', '--root', 'disk']),
    ('ide,vga', 'pc', 'bios', [*SERIAL, '--disk-bus', 'ide']),
    ('none', 'microvm', 'kernel', [*SERIAL, '--root', 'ram']),
]
# What marks a family in the kernel's symbols.
MARKS = {'virtio-mmio': 'mmio_transport', 'virtio-pci': 'pci_transport', 'virtio-blk': 'virtio::block',
         'virtio-console': 'virtio::console', 'virtio-net': 'virtio::network', 'virtio-rng': 'virtio::entropy',
         'ahci': 'ahci::', 'ide': 'ide::', 'e1000': 'e1000::', 'vga': 'arch::screen::'}


@pytest.mark.parametrize('drivers, machine, boot, options', KERNELS, ids=[kernel[0] for kernel in KERNELS])
def test_chosen_drivers(same, program, drivers, machine, boot, options):
    assert same(program('hello'), machine=machine, boot=boot, cpus=1, options=['--drivers', drivers, *options]).out
    kernel = ROOT / 'build' / 'release.x64' / 'kernels' / '+'.join(sorted(drivers.split(','))) / 'kernel.elf'
    symbols = subprocess.run(['nm', '-C', kernel], capture_output=True, text=True, check=True).stdout
    for family, mark in MARKS.items():
        assert bool(re.search(rf'\b{mark}', symbols)) == (family in drivers.split(',')), family
    buses = {'pci': {'virtio-pci', 'ahci', 'ide'}, 'ata': {'ahci', 'ide'}}
    for bus, users in buses.items():
        assert bool(re.search(rf'\b{bus}::', symbols)) == bool(users & set(drivers.split(','))), bus


def test_without_the_root_disk(kiln, program):
    """The disk is there, but not its driver."""
    got = kiln(program('hello'), machine='q35', options=['--drivers', 'virtio-pci,virtio-console', '--root', 'disk'])
    assert got.status == 125
    assert b'kiln: no root: neither a boot module nor a disk was given\n' in got.err
