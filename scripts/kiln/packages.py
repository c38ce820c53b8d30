"""Installed Debian packages: which one owns a file, what is in it, and which belong to a program.

The rule for --exec: the owners of each link of the program's symbolic link chain; the installed packages
of the same source that depend on an owner with `(= version)`, without the ones for development; then
everything they depend on, without what only serves a system's upkeep (UPKEEP and Essential packages).
dpkg's own files are read, since dpkg-query takes 0.1 s for each question.
"""
from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Optional, Set

STATUS = '/var/lib/dpkg/status'
INFO = '/var/lib/dpkg/info'
UPKEEP = {'dpkg', 'debconf', 'ucf', 'adduser', 'passwd', 'init-system-helpers', 'base-files', 'libc-bin'}
NOT_TO_RUN = ('-dev', '-doc', '-dbg', '-examples', '-testsuite')
MERGED = ('/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32')
NOT_PACKED = ('/usr/share/doc/', '/usr/share/man/', '/usr/share/info/', '/usr/share/lintian/',
              '/usr/share/bug/', '/usr/share/doc-base/',
              '/usr/share/menu/', '/usr/share/pixmaps/', '/usr/share/applications/',
              '/usr/share/locale/', '/usr/share/bash-completion/')


@dataclass
class Package:
    """One installed package, as the status file describes it."""
    name: str
    version: str = ''
    source: str = ''
    architecture: str = ''
    essential: bool = False
    depends: str = ''
    provides: Set[str] = field(default_factory=set)


def parse_paragraph(text: str) -> Optional[Package]:
    """A package from its paragraph in the status file, or in what apt-cache shows."""
    fields = dict(re.findall(r'^([A-Za-z-]+): *(.*)$', text, re.M))
    if 'Package' not in fields:
        return None
    name = fields['Package']
    package = Package(name, fields.get('Version', ''), fields.get('Source', name).split(' ')[0],
                      fields.get('Architecture', ''), fields.get('Essential') == 'yes',
                      ', '.join(fields[key] for key in ('Pre-Depends', 'Depends') if key in fields))
    package.provides = {word.split()[0] for word in fields.get('Provides', '').split(',') if word.strip()}
    return package


def for_upkeep(package: Package) -> bool:
    """Whether the package serves a machine's upkeep, not programs that run."""
    return package.name in UPKEEP or package.essential


class Database:
    """All installed packages of this machine."""

    def __init__(self, status: str = STATUS, info: str = INFO) -> None:
        self.info = info
        self.packages: Dict[str, Package] = {}
        self.providers: Dict[str, List[str]] = {}
        try:
            with open(status, encoding='utf-8', errors='replace') as file:
                for paragraph in file.read().split('\n\n'):
                    self._take(paragraph)
        except OSError:
            pass            # not a Debian machine: every program is packed by its closure alone

    def _take(self, paragraph: str) -> None:
        if not re.search(r'(?m)^Status: .* installed$', paragraph):
            return
        package = parse_paragraph(paragraph)
        if package is None or (package.name in self.packages
                               and self.packages[package.name].architecture in ('amd64', 'all')):
            return
        self.packages[package.name] = package
        for provided in package.provides:
            self.providers.setdefault(provided, []).append(package.name)

    def list_file(self, name: str) -> Optional[str]:
        """The file in which dpkg keeps the package's paths."""
        for path in (f'{self.info}/{name}.list', f'{self.info}/{name}:amd64.list'):
            if os.path.exists(path):
                return path
        return None

    def files(self, name: str) -> List[str]:
        """The package's paths on this machine, without documentation."""
        path = self.list_file(name)
        if path is None:
            return []
        with open(path, encoding='utf-8', errors='surrogateescape') as file:
            lines = file.read().split('\n')
        return [line for line in lines if line not in ('', '/.') and not (line + '/').startswith(NOT_PACKED)]

    def owners(self, wanted: Iterable[str]) -> Dict[str, str]:
        """Path -> package for those of the paths that a package owns, under either name of merged /usr."""
        names = {spelling: path for path in wanted for spelling in spellings(path)}
        needles = {os.fsencode(f'\n{name}\n'): path for name, path in names.items()}
        result: Dict[str, str] = {}
        for path in glob.glob(f'{self.info}/*.list'):
            with open(path, 'rb') as file:
                content = file.read()
            for needle, found in needles.items():
                if needle in content:
                    package = os.path.basename(path)[:-len('.list')].split(':')[0]
                    if package in self.packages:
                        result.setdefault(found, package)
        return result

    def behind(self, chain: Iterable[str]) -> List[str]:
        """The packages to pack for a program, given the links and the file of its symlink chain."""
        owners = sorted(set(self.owners(chain).values()))
        first = owners + [name for name in sorted(self.packages) if name not in owners
                          and any(self._companion(self.packages[name], self.packages[o]) for o in owners)]
        result: Dict[str, None] = dict.fromkeys(first)
        todo = list(first)
        while todo:
            for name in self.dependencies(todo.pop()):
                if name not in result and not for_upkeep(self.packages[name]):
                    result[name] = None
                    todo.append(name)
        return list(result)

    def dependencies(self, name: str) -> List[str]:
        """Installed packages that Depends and Pre-Depends name, of alternatives the first installed one."""
        result = []
        for clause in self.packages[name].depends.split(','):
            for word in clause.split('|'):
                wanted = re.split(r'[\s:(]', word.strip(), maxsplit=1)[0]
                found = [wanted] if wanted in self.packages else self.providers.get(wanted, [])[:1]
                if found:
                    result += found
                    break
        return result

    def _companion(self, package: Package, owner: Package) -> bool:
        """Same source, and tied to exactly the owner's version."""
        if package.source != owner.source or package.name.endswith(NOT_TO_RUN):
            return False
        exact = rf'(^|[,|]\s*){re.escape(owner.name)}(:\w+)?\s*\(=\s*{re.escape(owner.version)}\)'
        return re.search(exact, package.depends) is not None


def spellings(path: str) -> List[str]:
    """The path as it may stand in dpkg's lists: packages name files both by /bin/x and by /usr/bin/x."""
    result = [path]
    if path.startswith('/usr/') and any(path[4:].startswith(root + '/') for root in MERGED):
        result.append(path[4:])
    elif any(path.startswith(root + '/') for root in MERGED):
        result.append('/usr' + path)
    return result


def link_chain(path: str) -> List[str]:
    """The path and what each link leads to, until a file: /usr/bin/awk, /etc/alternatives/awk, ..."""
    chain = [path]
    while os.path.islink(chain[-1]) and len(chain) < 40:
        step = os.path.join(os.path.dirname(chain[-1]), os.readlink(chain[-1]))
        chain.append(os.path.normpath(step))
    real = os.path.realpath(path)
    return chain if real in chain else chain + [real]
