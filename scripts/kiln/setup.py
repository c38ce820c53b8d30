"""scripts/setup: the Debian packages that are needed, and the pinned source of zlib.

Packages are installed by root or with sudo, otherwise the one command that does it is shown. zlib's source
comes from this machine's own package sources through a private apt configuration: nothing under /etc
changes. What is pinned is the hash of the upstream tarball; Debian's own revision of it may differ.
"""
from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import List, Optional

from . import apt, paths, virtualbox_setup
from .errors import KilnError
from .packages import Database

BUILDING = ['g++', 'clang', 'clang-format', 'clang-tidy', 'binutils', 'ninja-build', 'libboost-dev',
            'libgtest-dev', 'libgmock-dev', 'erofs-utils', 'python3-pyelftools', 'python3-rich']
RUNNING = ['qemu-system-x86', 'qemu-system-data', 'qemu-utils', 'seabios']
TESTING = ['python3-pytest', 'python3-hypothesis', 'musl-tools', 'libc6-dev', 'shellcheck', 'flake8',
           'libclang-rt-14-dev', 'xz-utils', 'zstd', 'sqlite3', 'perl', 'openssl', 'golang-go',
           'ca-certificates', 'curl', 'iproute2', 'redis-tools', 'libmemcached-tools', 'wrk']
NEEDED = BUILDING + RUNNING + TESTING
FOR_VIRTUALBOX = ['debootstrap', 'bochs', 'bochs-term', 'vgabios']
FOR_ALL_TESTS = ['rustc', 'default-jdk-headless']       # large; only scripts/test --all runs them

ZLIB_UPSTREAM = '1.2.13.dfsg'
ZLIB_REVISION = '1:1.2.13.dfsg-1'
ZLIB_SHA256 = '71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1'
ZLIB = paths.BUILD / 'third-party' / 'zlib'


def main(argv: List[str]) -> int:
    """Brings the machine into the state that the build needs."""
    if set(argv) - {'--all', '--virtualbox'}:
        print('kiln: usage: scripts/setup [--all] [--virtualbox]    (--all: what scripts/test --all needs, too; '
              '--virtualbox: a private VirtualBox for its tests)', file=sys.stderr)
        return 125
    try:
        install_packages(NEEDED + (FOR_ALL_TESTS if '--all' in argv else [])
                         + (FOR_VIRTUALBOX if '--virtualbox' in argv else []))
        fetch_zlib()
        if '--virtualbox' in argv:
            virtualbox_setup.install()
    except KilnError as error:
        print(f'kiln: {error.line}', file=sys.stderr)
        return error.status
    print('setup: everything is there')
    return 0


def install_packages(wanted: List[str]) -> None:
    """Installs what is missing of the wanted packages, if this user may."""
    missing = missing_packages(wanted)
    if not missing:
        return
    install = ['apt-get', 'install', '-y', '--no-install-recommends', *missing]
    if os.geteuid() == 0:
        root: List[str] = []
    elif may_sudo():
        root = ['sudo', 'DEBIAN_FRONTEND=noninteractive']
    else:
        raise KilnError('packages are missing; as root run:  apt-get update && ' + ' '.join(install))
    print(f'setup: installing {" ".join(missing)}')
    environment = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    for command in (['apt-get', 'update', '-q'], install):
        done = subprocess.run([*root, *command], stdin=subprocess.DEVNULL, env=environment, check=False)
        if done.returncode != 0:
            raise KilnError(f'{" ".join(command[:2])} failed (above); then run scripts/setup again')
    still = missing_packages(wanted)
    if still:
        raise KilnError(f'apt-get ended well, but these packages are still missing: {" ".join(still)}')


def missing_packages(wanted: List[str]) -> List[str]:
    """What dpkg does not have installed (a virtual name is satisfied by its provider)."""
    database = Database()
    return [name for name in wanted if name not in database.packages and name not in database.providers]


def may_sudo() -> bool:
    """Whether sudo works without a password."""
    return shutil.which('sudo') is not None and subprocess.run(
        ['sudo', '-n', 'true'], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def fetch_zlib() -> None:
    """Unpacks the pinned zlib below build/third-party, unless it is there."""
    stamp = ZLIB / '.sha256'
    if stamp.is_file() and stamp.read_text() == ZLIB_SHA256:
        return
    apt.update()
    version = choose_version(apt.run(['apt-cache', 'showsrc', 'zlib'], 'the source lists cannot be read'))
    if version != ZLIB_REVISION:
        print(f'setup: Debian\'s revision of zlib is {version} here, {ZLIB_REVISION} was tested; '
              'the upstream source is the same')
    folder = apt.HOME / 'zlib'
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    apt.run(['apt-get', 'source', '-qq', '--download-only', f'zlib={version}'],
            'the source package zlib could not be downloaded', folder)
    unpack(check(folder), stamp)


def choose_version(records: str) -> str:
    """The newest source version with the pinned upstream version."""
    versions = re.findall(r'(?m)^Version: (\S+)$', records)
    fitting = [version for version in versions if upstream(version) == ZLIB_UPSTREAM]
    if ZLIB_REVISION in fitting:
        return ZLIB_REVISION
    if fitting:
        return fitting[0]
    if not versions:
        raise KilnError('this machine\'s package sources have no source package zlib')
    raise KilnError(f'zlib: Kiln is pinned to upstream {ZLIB_UPSTREAM}, this machine\'s Debian has '
                    f'{upstream(versions[0])}: change ZLIB_UPSTREAM and ZLIB_SHA256 in scripts/kiln/setup.py '
                    'after a look at what is new')


def upstream(version: str) -> str:
    """1.2.13.dfsg out of 1:1.2.13.dfsg-1."""
    return version.split(':', 1)[-1].rsplit('-', 1)[0]


def check(folder: Path) -> Path:
    """The upstream tarball, if it is the pinned one."""
    found: Optional[Path] = next(folder.glob('zlib_*.orig.tar.*'), None)
    if found is None:
        raise KilnError('the source package zlib has no .orig tarball')
    digest = hashlib.sha256(found.read_bytes()).hexdigest()
    if digest != ZLIB_SHA256:
        raise KilnError(f'{found.name} has SHA-256 {digest}, but {ZLIB_SHA256} is pinned: it is not used')
    return found


def unpack(tarball: Path, stamp: Path) -> None:
    """Unpacks the tarball's only folder as build/third-party/zlib."""
    work = ZLIB.with_name('.zlib')
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(ZLIB, ignore_errors=True)
    work.mkdir(parents=True)
    with tarfile.open(tarball) as archive:
        archive.extractall(work)
    inner, = work.iterdir()
    inner.rename(ZLIB)
    work.rmdir()
    stamp.write_text(ZLIB_SHA256)
