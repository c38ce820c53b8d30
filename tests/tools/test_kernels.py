"""Kernels with chosen drivers: what a list means, and what ninja is told."""
import pytest

from kiln import build, kernels, options, paths
from kiln.errors import KilnError


def test_all_is_the_usual_kernel():
    assert kernels.chosen('') == kernels.chosen('all') == kernels.chosen(','.join(kernels.families())) == ''
    assert kernels.build_file('release', '') == 'build.ninja'
    assert paths.kernel('release') == paths.ROOT / 'build' / 'release.x64' / 'kernel.elf'


def test_a_list_has_one_spelling():
    assert kernels.chosen('ide,ahci,ide') == kernels.chosen('ahci,ide') == 'ahci+ide'
    assert kernels.chosen('none') == 'none'


def test_virtio_needs_a_way_to_its_devices():
    assert kernels.chosen('virtio-blk') == 'virtio-blk+virtio-mmio+virtio-pci'
    assert kernels.chosen('virtio-blk,virtio-mmio') == 'virtio-blk+virtio-mmio'


@pytest.mark.parametrize('text, name', [('floppy', 'floppy'), ('ahci,', ''), ('ahci,none', 'none')])
def test_unknown_names(text, name):
    with pytest.raises(KilnError) as caught:
        build.parse(['image=a', f'drivers={text}'])
    assert caught.value.line.startswith(f'drivers={text}: no drivers "{name}"; there are ahci, e1000, ide, ')


def test_a_kernel_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, 'ROOT', tmp_path)
    monkeypatch.setattr(paths, 'BUILD', tmp_path / 'build')
    here = 'build/debug.x64/kernels/ahci+vga'
    assert kernels.build_file('debug', 'ahci+vga') == f'{here}/build.ninja'
    assert kernels.targets('debug', 'ahci+vga') == [f'{here}/kernel.elf', f'{here}/kernel-stripped.elf',
                                                    'build/debug.x64/boot.bin']
    text = (tmp_path / here / 'link.ninja').read_text()
    assert 'include ninja/debug-flags.ninja\n' in text
    assert 'families = build/debug.x64/drivers/family/ahci.a build/debug.x64/drivers/family/vga.a\n' in text


def test_run_takes_the_same_names():
    assert options.parse(['--exec', 'x', '--drivers', 'ahci'])[0].drivers == 'ahci'
    assert build.parse(['image=a', 'drivers=ahci']).drivers == 'ahci'
