"""The same boot many times and in odd machines: no hang, no wrong answer."""
import shlex
import subprocess

import pytest
from machine import RUN, run_linux


@pytest.mark.slow
def test_four_threads_on_four_cpus(kiln, program, boots):
    """20 boots, 200 with --full-matrix."""
    expected = run_linux(program('four-threads'))
    for number in range(boots):
        assert kiln(program('four-threads'), cpus=4, timeout=60) == expected, f'boot {number}'


@pytest.mark.parametrize('machine', ['q35', 'pc'])
def test_shared_interrupt_lines(kiln, program, tmp_path, monkeypatch, machine):
    """Devices without message-signalled interrupts: all go over the shared lines."""
    qemu = tmp_path / 'qemu'
    kinds = ''.join(f' -global virtio-{kind}-pci.vectors=0' for kind in ('blk', 'serial', 'rng'))
    qemu.write_text(f'#!/bin/sh\nexec qemu-system-x86_64 "$@"{kinds}\n')
    qemu.chmod(0o755)
    monkeypatch.setenv('KILN_QEMU', str(qemu))
    data = bytes(range(256)) * 1000
    got = kiln(program('streams'), input=data, machine=machine, options=['--root', 'disk'])
    assert (got.status, got.out) == (0, data)


def test_typed_command(program, tmp_path):
    """The command that --dry-run shows has no host behind its control port, and ends all the same."""
    shown = subprocess.run([RUN, '--dry-run', '--exec', program('hello')], capture_output=True, text=True,
                           check=True).stdout
    for name in ('out', 'err'):
        shown = shown.replace(f'/dev/std{name}', str(tmp_path / name))
    subprocess.run(shlex.split(shown), check=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (tmp_path / 'out').read_bytes() == run_linux(program('hello')).out
