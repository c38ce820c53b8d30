"""The tree of an image: links, clashes, and the images that are made of it."""
import gzip
import os
import subprocess

import pytest

from kiln import cpio, erofs
from kiln.errors import KilnError
from kiln.tree import Tree


def test_links_are_followed():
    tree = Tree()
    tree.add_link('/lib', 'usr/lib')
    tree.add_file('/lib/x.so', b'x')
    assert tree.nodes['/usr/lib/x.so'].content() == b'x'
    assert '/lib/x.so' not in tree.nodes
    assert tree.lookup('/lib/x.so') is tree.nodes['/usr/lib/x.so']


def test_same_thing_twice_is_fine():
    tree = Tree()
    for _ in range(2):
        tree.add_dir('/a')
        tree.add_file('/a/b', b'same')
        tree.add_link('/c', 'a')
    tree.add_dir('/c')      # a link to a folder is a folder


def test_clash_names_both_origins():
    tree = Tree()
    tree.add_file('/a', b'1', origin='one:1')
    for add in (lambda: tree.add_file('/a', b'2', origin='two:2'), lambda: tree.add_link('/a', 'b', 'two:2'),
                lambda: tree.add_dir('/a', origin='two:2')):
        with pytest.raises(KilnError) as caught:
            add()
        assert caught.value.line == '/a is put into the image twice, differently: by one:1 and by two:2'
    with pytest.raises(KilnError, match='/a is a file in the image'):
        tree.add_file('/a/b', b'')


def test_circle_of_links():
    tree = Tree()
    tree.add_link('/a', 'b')
    tree.add_link('/b', 'a')
    with pytest.raises(KilnError, match='too many symbolic links'):
        tree.add_file('/a/x', b'')


def test_links_of_the_host_come_along(tmp_path):
    (tmp_path / 'real').write_text('content')
    (tmp_path / 'middle').symlink_to('real')
    (tmp_path / 'name').symlink_to(tmp_path / 'middle')
    tree = Tree()
    tree.add_host(str(tmp_path / 'name'), 'test')
    assert tree.nodes[str(tmp_path / 'name')].target == str(tmp_path / 'middle')
    assert tree.nodes[str(tmp_path / 'middle')].target == 'real'
    assert tree.lookup(str(tmp_path / 'name')).content() == b'content'
    assert str(tmp_path / 'real') in tree.inputs


def test_folder_of_the_host(tmp_path):
    (tmp_path / 'd' / 'e').mkdir(parents=True)
    (tmp_path / 'd' / 'e' / 'f').write_text('1')
    (tmp_path / 'd' / 'l').symlink_to('e/f')
    tree = Tree()
    tree.add_host(str(tmp_path / 'd'), 'test', '/srv')
    assert tree.lookup('/srv/l').content() == b'1'


def test_special_files_are_refused(tmp_path):
    os.mkfifo(tmp_path / 'fifo')
    with pytest.raises(KilnError, match='not a regular file'):
        Tree().add_host(str(tmp_path / 'fifo'), 'test')


def sample(tmp_path):
    """A tree with one of each."""
    (tmp_path / 'tool').write_text('#!/bin/sh\n')
    (tmp_path / 'tool').chmod(0o755)
    os.utime(tmp_path / 'tool', (1, 1234567890))
    tree = Tree()
    tree.add_file('/bin/tool', str(tmp_path / 'tool'), 0o755)
    tree.add_file('/etc/big', bytes(range(256)) * 100)
    tree.add_file('/etc/empty', b'', 0o600)
    tree.add_link('/tool', 'bin/tool')
    tree.add_dir('/tmp', 0o1777)
    return tree


def test_cpio_is_what_cpio_says(tmp_path):
    cpio.make(sample(tmp_path), tmp_path / 'a.cpio.gz')
    data = gzip.decompress((tmp_path / 'a.cpio.gz').read_bytes())
    entries = dict(read_cpio(data))
    assert entries['bin/tool'] == (0o100755, 1234567890, b'#!/bin/sh\n')
    assert entries['etc/big'][2] == bytes(range(256)) * 100
    assert entries['etc/empty'] == (0o100600, 0, b'')
    assert entries['tool'][::2] == (0o120777, b'bin/tool')
    assert entries['tmp'][0] == 0o041777
    cpio.make(sample(tmp_path), tmp_path / 'b.cpio.gz')
    assert (tmp_path / 'a.cpio.gz').read_bytes() == (tmp_path / 'b.cpio.gz').read_bytes()


def read_cpio(data):
    """Name, mode, time and content of each entry, by the format's description."""
    at = 0
    while True:
        assert data[at:at + 6] == b'070701'
        number = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        name = data[at + 110:at + 110 + number[11] - 1].decode()
        at += -(-(110 + number[11]) // 4) * 4
        if name == 'TRAILER!!!':
            return
        yield name, (number[1], number[5], data[at:at + number[6]])
        at += -(-number[6] // 4) * 4


def test_erofs_is_the_same_every_time(tmp_path):
    erofs.make(sample(tmp_path), tmp_path / 'a.erofs')
    erofs.make(sample(tmp_path), tmp_path / 'b.erofs')
    image = (tmp_path / 'a.erofs').read_bytes()
    assert image == (tmp_path / 'b.erofs').read_bytes()
    assert image[1024:1028] == b'\xe2\xe1\xf5\xe0'
    checked = subprocess.run(['fsck.erofs', tmp_path / 'a.erofs'], capture_output=True, check=False)
    assert checked.returncode == 0


def test_erofs_keeps_names_modes_and_times(tmp_path):
    erofs.make(sample(tmp_path), tmp_path / 'a.erofs')
    shown = subprocess.run(['dump.erofs', '--path=/bin/tool', tmp_path / 'a.erofs'], capture_output=True,
                           text=True, check=True).stdout
    assert 'Access: 0755' in shown and 'Uid: 0' in shown
    assert '2009-02-1' in shown


def test_a_folder_without_write_permission(tmp_path):
    tree = Tree()
    tree.add_dir('/locked', 0o555)
    tree.add_file('/locked/x', b'1')
    erofs.make(tree, tmp_path / 'a.erofs')
    assert [name for name in os.listdir(tmp_path) if name.startswith('stage')] == []
