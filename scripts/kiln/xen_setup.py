"""scripts/setup --xen: a private Xen for tests, in build/cache/xen.

Debian's packages of the hypervisor, of a kernel for its first domain (dom0) and of Xen's tools are downloaded
and unpacked, never installed. From them come three files: `xen`, which QEMU boots; `vmlinuz`; and `dom0.gz`,
an initial RAM disk with an init of our own (xen_dom0.sh), Xen's daemons, `xl` and busybox.
"""
from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path
from typing import Dict, Iterable, List

from . import apt, cpio, download, elf, xen
from .errors import KilnError
from .packages import Package
from .tree import Tree

VERSION = '4.17'
PACKAGES = [f'xen-hypervisor-{VERSION}-amd64', f'xen-utils-{VERSION}', 'xenstore-utils', 'busybox-static',
            'linux-image-amd64', 'redis-tools']
TOOLS = f'usr/lib/xen-{VERSION}/bin'
PROGRAMS = [f'{TOOLS}/{name}' for name in ('xl', 'xenstored', 'xenconsoled', 'xen-init-dom0', 'libxl-save-helper')] + \
    [f'usr/bin/{name}' for name in ('xenstore-read', 'xenstore-write', 'xenstore-rm', 'xenstore-list', 'xenstore-ls',
                                    'redis-benchmark', 'redis-cli')]
APPLETS = ('sh mount mkdir insmod cat cp dd echo ln ls mv rm sleep kill test sed grep head tail wc stat sync poweroff '
           'tar ip brctl nc timeout sha256sum seq cmp tr expr ping true false mkfifo stty setsid').split()
MODULES = ('llc stp bridge xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs xen-blkback xen-netback failover '
           'net_failover virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk '
           'virtio_net virtio_console').split()
LIBRARIES = '/usr/lib/x86_64-linux-gnu'
FOLDERS = ('/proc', '/sys', '/dev', '/tmp', '/run/xen', '/run/xenstored', '/var/lib/xen', '/var/log/xen/console')
OPENED_BY_NAME = ['libgcc_s.so.1']      # by the threads library when a thread is cancelled; libxl does that
INIT = Path(__file__).with_name('xen_dom0.sh')
HOTPLUG = Path(__file__).with_name('xen_hotplug.sh')


def install() -> None:
    """Makes the three files, unless they are there and as new as what they are made of."""
    sources = [Path(__file__), INIT, HOTPLUG]
    if xen.DOM0.exists() and all(xen.DOM0.stat().st_mtime > source.stat().st_mtime for source in sources):
        return
    print(f'setup: putting Xen into {xen.HOME}')
    apt.update()
    found = packages()
    download.fetch([package for package in found if not download.folder_of(package).is_dir()])
    roots = [download.folder_of(package) for package in found]
    xen.HOME.mkdir(parents=True, exist_ok=True)
    with gzip.open(one(roots, f'boot/xen-{VERSION}-amd64.gz')) as packed, open(xen.HYPERVISOR, 'wb') as out:
        shutil.copyfileobj(packed, out)
    shutil.copyfile(one(roots, 'boot/vmlinuz-*'), xen.KERNEL)
    cpio.make(dom0(roots), xen.DOM0)


def packages() -> List[Package]:
    """The packages, the kernel behind its empty one, and the libraries that they depend on."""
    result: Dict[str, Package] = {}
    level = list(PACKAGES)
    while level:
        known = download.available(sorted(level))
        missing = [name for name in level if name in PACKAGES and name not in known]
        if missing:
            raise KilnError(f'there is no package "{missing[0]}" in this machine\'s sources: no Xen for tests')
        taken = [known[name] for name in level if name in known and known[name].name not in result]
        result.update((package.name, package) for package in taken)
        level = sorted({name for package in taken for names in download.clauses(package) for name in names[:1]
                        if re.match(r'z?lib|linux-image-\d', name) and name not in result})
    return list(result.values())


def one(roots: Iterable[Path], pattern: str) -> Path:
    """The only file of this name in the packages."""
    for root in roots:
        for file in root.glob(pattern):
            return file
    raise KilnError(f'no package has {pattern}: scripts/kiln/xen_setup.py knows Debian 12 alone')


def dom0(roots: List[Path]) -> Tree:
    """What the first domain finds in its RAM disk."""
    tree = Tree()
    for folder in FOLDERS:
        tree.add_dir(folder)
    for link, target in (('/bin', 'usr/bin'), ('/sbin', 'usr/bin'), ('/lib', 'usr/lib'), ('/lib64', 'usr/lib64'),
                         ('/var/run', '/run')):
        tree.add_link(link, target)
    tree.add_file('/usr/bin/busybox', str(one(roots, 'bin/busybox')), 0o755)
    for applet in APPLETS:
        tree.add_link(f'/usr/bin/{applet}', 'busybox')
    libraries: List[str] = list(OPENED_BY_NAME)
    for program in PROGRAMS:
        file = one(roots, program)
        tree.add_file(f'/usr/bin/{file.name}', str(file), 0o755)
        libraries += elf.read(str(file)).needed
    add_libraries(tree, roots, libraries)
    for module in MODULES:
        tree.add_file(f'/modules/{module}.ko', str(one(roots, f'lib/modules/*/kernel/**/{module}.ko')))
    tree.add_file('/init', str(INIT), 0o755)
    for name in ('block', 'vif-bridge'):
        tree.add_file(f'/etc/xen/scripts/{name}', str(HOTPLUG), 0o755)
    tree.add_file('/etc/xen/xl.conf', b'')
    return tree


def add_libraries(tree: Tree, roots: List[Path], wanted: List[str]) -> None:
    """The libraries of these names and those that they need; the dynamic linker."""
    loader = one(roots, 'lib64/ld-linux-x86-64.so.2')
    tree.add_file('/usr/lib64/ld-linux-x86-64.so.2', os.path.realpath(loader), 0o755)
    done = {'ld-linux-x86-64.so.2'}
    while wanted:
        name = wanted.pop()
        if name in done:
            continue
        done.add(name)
        file = os.path.realpath(one(roots, f'**/lib/x86_64-linux-gnu/{name}'))
        tree.add_file(f'{LIBRARIES}/{name}', file, 0o755)
        wanted += elf.read(file).needed
