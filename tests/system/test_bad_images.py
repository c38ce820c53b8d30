"""Images and machines that cannot work: status 125 and one line of Kiln's own that says why."""
import gzip

import pytest
from machine import ROOT, run_kiln


@pytest.fixture(name='erofs', scope='module')
def fixture_erofs(program):
    """The bytes of a good EROFS image."""
    import sys
    sys.path.insert(0, str(ROOT / 'scripts'))
    from kiln import image
    return image.of_program(str(program('hello')), [], 'rofs')[0].root.read_bytes()


def boot(tmp_path, data, *options, **keywords):
    """The line that Kiln says about a root of these bytes."""
    file = tmp_path / 'image'
    file.write_bytes(data)
    got = run_kiln(None, '/bin/true', options=['--image', file, *options], timeout=30, **keywords)
    assert (got.status, got.out) == (125, b'')
    line, = got.err.decode().splitlines()
    assert line.startswith('kiln: ')
    return line


@pytest.mark.parametrize('root', ['ram', 'disk'])
@pytest.mark.parametrize('damage, words', [
    (lambda data: data[:100000], 'damaged image: it should have'),
    (lambda data: data[:1036] + b'\x1e' + data[1037:], 'blocks of 2^30 bytes'),
    (lambda data: data[:1038] + b'\xff\xff' + data[1040:], 'the superblock\'s checksum is wrong'),
], ids=['cut off', 'block size', 'root inode'])
def test_damaged_erofs(tmp_path, erofs, damage, words, root):
    assert words in boot(tmp_path, damage(erofs), '--root', root)


def test_damaged_cpio(tmp_path):
    assert 'cpio: damaged archive' in boot(tmp_path, gzip.compress(b'070701' + b'0' * 40))
    assert 'kiln: ' in boot(tmp_path, gzip.compress(b'070701' + bytes(5000))[:40])


def test_no_root_disk(kiln, tmp_path):
    """A disk that is not there cannot be asked for, so the root disk is one that holds nothing."""
    (tmp_path / 'disk').write_bytes(bytes(1 << 20))
    got = kiln(None, '/bin/true', options=['--image', tmp_path / 'disk'])
    assert (got.status, got.err.count(b'\n')) == (125, 1)
    assert b'is neither a Kiln disk image nor' in got.err


@pytest.mark.parametrize('memory, root', [(1, 'disk'), (4, 'ram')])
def test_too_little_memory(kiln, program, memory, root):
    got = kiln(program('hello'), memory=memory, options=['--root', root])
    assert (got.status, got.err.count(b'\n')) == (125, 1)
    assert f'the machine has {memory} MiB of memory, but '.encode() in got.err


def test_small_machines(kiln, program):
    """The smallest machines that the project promises."""
    assert kiln(program('hello-static'), memory=6, cpus=1).status == 0
    assert kiln(program('hello'), memory=8, cpus=1).status == 0


def test_missing_folder(kiln, program):
    got = kiln(program('hello'), options=['--cwd', '/nowhere'])
    assert (got.status, got.err) == (125, b'kiln: the working directory /nowhere is not in the image\n')
