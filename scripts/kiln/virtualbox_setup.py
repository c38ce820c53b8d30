"""scripts/setup --virtualbox: a private VirtualBox for tests, in build/cache/virtualbox.

VirtualBox is in Debian's contrib, of a later suite than this machine's. So a small Debian of that suite goes
into a folder, from the mirror that this machine's own sources name, and VirtualBox into it. Nothing of the
machine changes. /proc, /sys and /dev are mounted in a namespace that ends with the set-up, so that deleting
the folder can never reach them.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import List

from . import apt, virtualbox
from .errors import KilnError

SUITE = 'sid'
VERSION = '7.2.'                # the driverless start is not documented: others were not tried
SOURCE = Path(__file__).with_name('virtualbox_driverless.c')
LOG = virtualbox.HOME / 'setup.log'
INSTALL = r'''set -e
mount --make-rprivate /
for folder in proc sys dev; do mount --bind /$folder "$0/$folder"; done
printf '#!/bin/sh\nexit 101\n' >"$0/usr/sbin/policy-rc.d"
chmod 755 "$0/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive
chroot "$0" apt-get update -q
chroot "$0" apt-get install -q -y --no-install-recommends virtualbox virtualbox-dkms-
'''


def install() -> None:
    """Makes the folder, unless it is there."""
    driverless = virtualbox.ROOT / virtualbox.DRIVERLESS[1:]
    if not (virtualbox.ROOT / 'usr/bin/VBoxManage').exists():
        if os.geteuid() != 0:
            raise KilnError('scripts/setup --virtualbox makes a folder with another Debian in it, which takes root')
        virtualbox.HOME.mkdir(parents=True, exist_ok=True)
        print(f'setup: putting VirtualBox into {virtualbox.HOME}, a gigabyte; this takes some minutes')
        make_debian()
    found = version()
    if not found.startswith(VERSION):
        raise KilnError(f'VirtualBox {found} came, the tests know {VERSION}x: remove {virtualbox.HOME} '
                        'or look at scripts/kiln/virtualbox_setup.py')
    run(['cc', '-O1', '-o', str(driverless), str(SOURCE), '-ldl'])


def make_debian() -> None:
    """debootstrap and VirtualBox; what is half done does not stay."""
    unfinished = Path(tempfile.mkdtemp(dir=virtualbox.HOME, prefix='.root-'))
    unfinished.chmod(0o755)
    try:
        run(['debootstrap', '--variant=minbase', '--components=main,contrib', SUITE, str(unfinished), mirror()])
        for file in sorted(apt.ETC.glob('apt.conf.d/*')):      # proxies and what else fetching takes
            if 'Acquire::' in file.read_text(errors='replace'):
                shutil.copy(file, unfinished / 'etc/apt/apt.conf.d')
        run(['unshare', '--mount', '/bin/sh', '-c', INSTALL, str(unfinished)])
        unfinished.rename(virtualbox.ROOT)
    finally:
        if unfinished.exists() and not mounts_below(unfinished):
            shutil.rmtree(unfinished, ignore_errors=True)


def mounts_below(folder: Path) -> List[str]:
    """What is still mounted in a folder: debootstrap mounts /proc there and may be interrupted."""
    lines = Path('/proc/self/mounts').read_text().splitlines()
    return [line.split()[1] for line in lines if line.split()[1].startswith(f'{folder}/')]


def mirror() -> str:
    """Where this machine gets its Debian from."""
    for _, text in apt.derived_sources():
        for found in re.findall(r'https?://\S+', re.sub(r'(?m)^\s*#.*$', '', text)):
            if re.search(r'/debian/?$', found):
                return found
    raise KilnError(f'no Debian mirror in {apt.ETC}: VirtualBox cannot be fetched')


def version() -> str:
    """Of the VirtualBox in the folder."""
    text = (virtualbox.ROOT / 'var/lib/dpkg/status').read_text(errors='replace')
    found = re.search(r'(?ms)^Package: virtualbox\n.*?^Version: (\S+)', text)
    return found.group(1) if found else '(none)'


def run(command: List[str]) -> None:
    """A step of the set-up; its words go to a log."""
    with open(LOG, 'a', encoding='utf-8') as log:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if done.returncode != 0:
        raise KilnError(f'{command[0]} failed while VirtualBox was set up; what it said is in {LOG}')
