"""The files an ELF program needs to run: its interpreter, the libraries it names, and those they name.

Libraries are looked for as ld.so does it: DT_RPATH of the object and of those that loaded it (unless it
has DT_RUNPATH), DT_RUNPATH of the object, the folders of ld.so.conf, the standard folders; $ORIGIN,
$LIB and $PLATFORM are expanded. LD_LIBRARY_PATH does not count: the guest inherits no environment.
Added to that is what glibc opens by name: libgcc_s for pthread_exit, pthread_cancel and backtrace, and
NSS modules that are not part of libc.
"""
from __future__ import annotations

import glob
import os
from typing import Dict, Iterable, List, Optional, Tuple

from . import elf
from .errors import STATUS_NOT_FOUND, KilnError

STANDARD_FOLDERS = ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib',
                    '/usr/lib']
MUSL_FOLDERS = ['/lib', '/usr/local/lib', '/usr/lib']
UNWINDING = {'pthread_exit', 'pthread_cancel', 'backtrace', '__gcc_personality_v0'}
NSS_IN_LIBC = {'files', 'dns'}      # since glibc 2.34; older ones have libnss_files.so.2 on the disk
_conf_folders: Optional[List[str]] = None


def closure(program: str, origin: str, nss: Iterable[str] = ()) -> List[str]:
    """Paths (as the loader would name them) of the interpreter and all libraries of the program."""
    search = _Search(origin)
    search.object(program, [])
    if 'libc.so.6' in search.found:
        search.opened_by_name(nss)
    return list(search.order)


class _Search:
    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.found: Dict[str, str] = {}         # soname -> path
        self.order: Dict[str, None] = {}        # paths, in the order of finding
        self.musl = False

    def object(self, path: str, loaders_rpath: List[str]) -> None:
        """Everything that the file at path needs."""
        info = elf.read(path)
        if info.interpreter is not None:
            self.interpreter(info)
        rpath = [] if info.runpath else self.expand(info.rpath, path) + loaders_rpath
        folders = rpath + self.expand(info.runpath, path)
        if UNWINDING & set(info.imports) and info.needed and not self.musl:
            self.library('libgcc_s.so.1', path, [], [], optional=True)
        for name in info.needed:
            self.library(name, path, folders, rpath)

    def interpreter(self, info: elf.ElfFile) -> None:
        """The program's loader, which must exist under exactly that name."""
        path = info.interpreter or ''
        if not os.path.isfile(path):
            raise KilnError(f'{info.path}: its interpreter {path} is not on this machine ({self.origin})',
                            STATUS_NOT_FOUND)
        self.order[path] = None
        name = os.path.basename(path)
        self.found[name] = path
        if name.startswith('ld-musl-'):
            self.musl = True
            self.found['libc.so'] = self.found['libc.musl-x86_64.so.1'] = path

    def library(self, name: str, user: str, folders: List[str], rpath: List[str],
                optional: bool = False) -> None:
        """One needed library and what it needs in turn."""
        if name in self.found:
            return
        direct = '/' in name and os.path.isfile(name)
        path = name if direct else self.look(name, folders + self.system_folders())
        if path is None:
            if optional:
                return
            raise KilnError(f'{user}: needs the library {name}, which is not on this machine ({self.origin})',
                            STATUS_NOT_FOUND)
        self.found[name] = path
        self.order[path] = None
        self.object(path, rpath)

    def look(self, name: str, folders: List[str]) -> Optional[str]:
        """The first 64-bit x86 ELF file of that name; the loader passes over others too."""
        for folder in folders:
            path = os.path.join(folder, name)
            if elf.is_elf(path) and _fits(path):
                return path
        return None

    def system_folders(self) -> List[str]:
        """The folders that every program's libraries are looked for in."""
        if self.musl:
            return _lines('/etc/ld-musl-x86_64.path') or MUSL_FOLDERS
        return conf_folders() + STANDARD_FOLDERS

    def expand(self, folders: List[str], path: str) -> List[str]:
        """Search paths with their variables filled in; ld.so takes $ORIGIN from the real file."""
        here = os.path.dirname(os.path.realpath(path))
        result = []
        for folder in folders:
            for name, value in (('ORIGIN', here), ('LIB', 'lib/x86_64-linux-gnu'), ('PLATFORM', 'x86_64')):
                folder = folder.replace('${%s}' % name, value).replace('$' + name, value)
            result.append(folder)
        return result

    def opened_by_name(self, nss: Iterable[str]) -> None:
        """Libraries that no DT_NEEDED names: glibc opens them when a function is called."""
        for service in nss:
            self.library(f'libnss_{service}.so.2', 'nsswitch.conf', [], [], optional=service in NSS_IN_LIBC)


def conf_folders() -> List[str]:
    """The folders of /etc/ld.so.conf, includes followed."""
    global _conf_folders
    if _conf_folders is None:
        _conf_folders = list(_conf('/etc/ld.so.conf', 0))
    return _conf_folders


def _conf(path: str, depth: int) -> Iterable[str]:
    for line in _lines(path):
        words: Tuple[str, ...] = tuple(line.split())
        if words[0] == 'include' and depth < 8:
            for pattern in words[1:]:
                for name in sorted(glob.glob(os.path.join(os.path.dirname(path), pattern))):
                    yield from _conf(name, depth + 1)
        else:
            yield line


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding='utf-8', errors='surrogateescape') as file:
            lines = (line.partition('#')[0].strip() for line in file)
            return [line for line in lines if line]
    except OSError:
        return []


def _fits(path: str) -> bool:
    with open(path, 'rb') as file:
        header = file.read(20)
    return len(header) == 20 and header[4] == 2 and header[18:20] == b'\x3e\0'
