"""scripts/setup: the Debian packages that are needed, and the pinned sources of zlib and musl.

Packages are installed by root or with sudo, otherwise the one command that does it is shown. The sources
come from this machine's own package sources through a private apt configuration: nothing under /etc
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
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from . import apt, paths, virtualbox_setup, xen_setup
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


@dataclass(frozen=True)
class Source:
    """A Debian source package: its name, what is pinned of it, and the revision that was tested."""
    name: str
    upstream: str
    revision: str
    sha256: str

    @property
    def folder(self) -> Path:
        """Where it is unpacked."""
        return paths.BUILD / 'third-party' / self.name


SOURCES = [
    Source('zlib', '1.2.13.dfsg', '1:1.2.13.dfsg-1',
           '71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1'),
    Source('musl', '1.2.3', '1.2.3-1',
           '7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4'),
]


def main(argv: List[str]) -> int:
    """Brings the machine into the state that the build needs."""
    if set(argv) - {'--all', '--virtualbox', '--xen'}:
        print('kiln: usage: scripts/setup [--all] [--virtualbox] [--xen]    (--all: what scripts/test --all needs, '
              'too; --virtualbox, --xen: a private one of that hypervisor for its tests)', file=sys.stderr)
        return 125
    try:
        install_packages(NEEDED + (FOR_ALL_TESTS if '--all' in argv else [])
                         + (FOR_VIRTUALBOX if '--virtualbox' in argv else []))
        for source in SOURCES:
            fetch(source)
        if '--virtualbox' in argv:
            virtualbox_setup.install()
        if '--xen' in argv:
            xen_setup.install()
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


def fetch(source: Source) -> None:
    """Unpacks a pinned source below build/third-party, unless it is there."""
    stamp = source.folder / '.sha256'
    if stamp.is_file() and stamp.read_text() == source.sha256:
        return
    apt.update()
    version = choose_version(source, apt.run(['apt-cache', 'showsrc', source.name],
                                             'the source lists cannot be read'))
    if version != source.revision:
        print(f'setup: Debian\'s revision of {source.name} is {version} here, {source.revision} was tested; '
              'the upstream source is the same')
    folder = apt.HOME / source.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    apt.run(['apt-get', 'source', '-qq', '--download-only', f'{source.name}={version}'],
            f'the source package {source.name} could not be downloaded', folder)
    unpack(source, check(source, folder))


def choose_version(source: Source, records: str) -> str:
    """The newest source version with the pinned upstream version."""
    versions = re.findall(r'(?m)^Version: (\S+)$', records)
    fitting = [version for version in versions if upstream(version) == source.upstream]
    if source.revision in fitting:
        return source.revision
    if fitting:
        return fitting[0]
    if not versions:
        raise KilnError(f'this machine\'s package sources have no source package {source.name}')
    raise KilnError(f'{source.name}: Kiln is pinned to upstream {source.upstream}, this machine\'s Debian has '
                    f'{upstream(versions[0])}: change SOURCES in scripts/kiln/setup.py '
                    'after a look at what is new')


def upstream(version: str) -> str:
    """1.2.13.dfsg out of 1:1.2.13.dfsg-1."""
    return version.split(':', 1)[-1].rsplit('-', 1)[0]


def check(source: Source, folder: Path) -> Path:
    """The upstream tarball, if it is the pinned one."""
    tarballs = (file for file in folder.glob(f'{source.name}_*.orig.tar.*') if file.suffix != '.asc')
    found: Optional[Path] = next(tarballs, None)
    if found is None:
        raise KilnError(f'the source package {source.name} has no .orig tarball')
    digest = hashlib.sha256(found.read_bytes()).hexdigest()
    if digest != source.sha256:
        raise KilnError(f'{found.name} has SHA-256 {digest}, but {source.sha256} is pinned: it is not used')
    return found


def unpack(source: Source, tarball: Path) -> None:
    """Unpacks the tarball's only folder as build/third-party/NAME."""
    work = source.folder.with_name('.' + source.name)
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(source.folder, ignore_errors=True)
    work.mkdir(parents=True)
    with tarfile.open(tarball) as archive:
        archive.extractall(work)
    inner, = work.iterdir()
    inner.rename(source.folder)
    work.rmdir()
    (source.folder / '.sha256').write_text(source.sha256)
