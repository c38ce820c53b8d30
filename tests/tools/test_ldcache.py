"""The loader's cache of libraries, read back by the machine's own ldconfig."""
import re
import subprocess

from kiln import assemble, ldcache
from kiln.tree import Tree


def test_order_of_the_loader():
    names = ['libz.so.1', 'liba10.so', 'liba9.so', 'liba.so', 'libz.so.10', 'libz.so.9']
    libraries = {name: f'/usr/lib/{name}' for name in names}
    data = ldcache.encode(libraries)
    found = re.findall(rb'(?<=\0)(lib\S+?)\0/', data)
    assert found == [b'libz.so.10', b'libz.so.9', b'libz.so.1', b'liba10.so', b'liba9.so', b'liba.so']


def test_ldconfig_reads_it(tmp_path):
    tree = Tree()
    assemble.add_base(tree)
    assemble.add_program(tree, '/usr/bin/sqlite3')
    ldcache.add(tree)
    cache = tmp_path / 'cache'
    cache.write_bytes(tree.nodes[ldcache.PATH].content())
    shown = subprocess.run(['/sbin/ldconfig', '-p', '-C', cache], capture_output=True, text=True,
                           check=True).stdout
    for name in ('libc.so.6', 'libsqlite3.so.0', 'ld-linux-x86-64.so.2'):
        assert re.search(rf'\t{re.escape(name)} \(libc6,x86-64\) => /\S+', shown)


def test_only_with_glibc():
    tree = Tree()
    assemble.add_base(tree)
    ldcache.add(tree)
    assert tree.lookup(ldcache.PATH) is None
