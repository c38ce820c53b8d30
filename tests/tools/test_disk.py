"""Disk images and overlays, against the format's page and against qemu-img where there is one."""
import shutil
import struct
import subprocess

import pytest

from kiln import disk, qcow2
from kiln.errors import KilnError


@pytest.fixture(name='parts')
def fixture_parts(tmp_path):
    """A root, a kernel and boot code with recognisable bytes."""
    for name, size, byte in (('root', 3_000_001, b'R'), ('kernel', 700_000, b'K'), ('boot', 20_000, b'B')):
        (tmp_path / name).write_bytes(byte * size)
    return tmp_path


def test_layout(parts):
    image = parts / 'x.img'
    words = ['kiln.root=disk', 'kiln.arg=a']
    disk.make(image, parts / 'root', parts / 'kernel', parts / 'boot', words, False)
    data = image.read_bytes()
    assert len(data) % disk.MIB == 0
    assert data[:440] == b'B' * 440 and data[510:512] == b'\x55\xaa'
    assert data[512:20_000] == b'B' * (20_000 - 512)
    active, kind, start, sectors = struct.unpack_from('<B3xB3xII', data, 446)
    assert (active, kind) == (0x80, 0x83)
    assert start * 512 % disk.MIB == 0
    assert data[start * 512:start * 512 + 3_000_001] == b'R' * 3_000_001
    assert sectors == -(-3_000_001 // 512)
    assert data[0x7e00:0x7e08] == b'KILNDISK'
    config, config_sectors, kernel, root, module, = struct.unpack_from('<5I', data, 0x7e0c)
    assert (config * 512, config_sectors * 512) == (0x10000, 0x10000)
    assert data[kernel * 512:kernel * 512 + 700_000] == b'K' * 700_000
    assert (root, module) == (start, 0)
    assert disk.read_config(image) == words
    layout = disk.read_layout(image)
    disk.extract_root(image, layout, parts / 'again')
    assert (parts / 'again').read_bytes() == (parts / 'root').read_bytes()


def test_root_in_ram_is_a_module(parts):
    image = parts / 'x.img'
    disk.make(image, parts / 'root', None, None, [], True)
    data = image.read_bytes()
    assert data[450] == 0xda
    assert struct.unpack_from('<I', data, 0x7e00 + 28)[0] * 512 == disk.read_layout(image).root_at
    assert struct.unpack_from('<Q', data, 0x7e00 + 48)[0] == 3_000_001


def test_too_much_boot_code(parts):
    (parts / 'boot').write_bytes(bytes(40_000))
    with pytest.raises(KilnError, match='there are 63 sectors for boot code'):
        disk.make(parts / 'x.img', parts / 'root', None, parts / 'boot', [], False)
    assert not list(parts.glob('.x.img*'))


def test_damaged_images_are_named(parts):
    image = parts / 'x.img'
    disk.make(image, parts / 'root', None, None, ['a'], False)
    data = bytearray(image.read_bytes())
    image.write_bytes(data[:2 * disk.MIB])
    with pytest.raises(KilnError, match='is cut off'):
        disk.read_layout(image)
    data[0x10008:0x1000c] = b'\xff' * 4
    image.write_bytes(data)
    with pytest.raises(KilnError, match='the configuration area is damaged'):
        disk.read_config(image)
    image.write_bytes(bytes(100))
    assert disk.read_layout(image) is None


def test_too_long_configuration():
    with pytest.raises(KilnError, match='the disk has room for'):
        disk.config_area(['x' * 70_000])


@pytest.mark.skipif(not shutil.which('qemu-img'), reason='qemu-img is in another package than QEMU')
def test_overlay_shows_the_new_block(parts):
    backing = parts / 'base, with comma.img'
    backing.write_bytes(b'o' * (5 * disk.MIB + 512))
    qcow2.make(parts / 'o.qcow2', backing, disk.CONFIG_AT, b'n' * disk.CONFIG_SIZE)
    subprocess.run(['qemu-img', 'check', '-q', parts / 'o.qcow2'], check=True)
    subprocess.run(['qemu-img', 'convert', '-O', 'raw', parts / 'o.qcow2', parts / 'flat'], check=True)
    flat = (parts / 'flat').read_bytes()
    assert flat == b'o' * 0x10000 + b'n' * 0x10000 + b'o' * (5 * disk.MIB + 512 - 0x20000)
