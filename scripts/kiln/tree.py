"""The guest's file tree before it becomes an image: guest path -> folder, file or link.

Paths are absolute guest paths as str (undecodable bytes as surrogates). Links in the tree are
followed when something is added below them, as the guest's kernel will: after `/lib -> usr/lib`,
adding `/lib/x` makes `/usr/lib/x`. Two different things at one path are an error that names both
origins; the same thing twice is not. The tree also collects `inputs`, the paths of this machine
whose change makes an image of the tree out of date.
"""
from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from typing import Dict, Iterator, Optional, Set, Tuple, Union

from .errors import KilnError

MAX_LINKS = 40


@dataclass
class Node:
    """One entry. source: bytes are the content itself, a str is the file of this machine to copy."""
    kind: str                       # 'dir', 'file' or 'link'
    mode: int
    origin: str                     # who wanted it: shown when two entries clash
    source: Union[bytes, str] = b''
    target: str = ''

    def size(self) -> int:
        """Bytes of a file."""
        return len(self.source) if isinstance(self.source, bytes) else os.stat(self.source).st_size

    def mtime(self) -> int:
        """Whole seconds; copies keep it: Python believes a .pyc only if its source has the right age."""
        return int(os.stat(self.source).st_mtime) if isinstance(self.source, str) else 0

    def same_as(self, other: 'Node') -> bool:
        """Whether adding other where this stands changes nothing."""
        if self.kind != other.kind:
            return False
        if self.kind == 'dir':
            return True
        if self.kind == 'link':
            return self.target == other.target
        return self.source == other.source or self.content() == other.content()

    def content(self) -> bytes:
        """The bytes of a file."""
        if isinstance(self.source, bytes):
            return self.source
        with open(self.source, 'rb') as file:
            return file.read()


@dataclass
class Tree:
    """All entries of one image; `/` always exists."""
    nodes: Dict[str, Node] = field(default_factory=lambda: {'/': Node('dir', 0o755, 'every image')})
    inputs: Set[str] = field(default_factory=set)

    def resolve(self, path: str, follow_last: bool = False) -> str:
        """The path with the tree's links in it followed; what does not exist yet stays as it is."""
        todo = [part for part in path.split('/') if part not in ('', '.')][::-1]
        done: list[str] = []
        links = 0
        while todo:
            part = todo.pop()
            if part == '..':
                done = done[:-1]
                continue
            here = '/' + '/'.join(done + [part])
            node = self.nodes.get(here)
            if node and node.kind == 'link' and (todo or follow_last):
                links += 1
                if links > MAX_LINKS:
                    raise KilnError(f'{path}: too many symbolic links in the image ({node.origin})')
                if node.target.startswith('/'):
                    done = []
                todo += [p for p in node.target.split('/') if p not in ('', '.')][::-1]
            else:
                done.append(part)
        return '/' + '/'.join(done)

    def add_dir(self, path: str, mode: int = 0o755, origin: str = '') -> str:
        """A folder and the folders above it. A link to a folder that is already there will do."""
        path = self.resolve(path, follow_last=True)
        node = self.nodes.get(path)
        if node is None:
            self._parents(path, origin)
            self.nodes[path] = Node('dir', mode, origin)
        elif node.kind != 'dir':
            self._clash(path, node, origin)
        return path

    def add_file(self, path: str, source: Union[bytes, str], mode: int = 0o644,
                 origin: str = '') -> str:
        """A regular file with the bytes, or a copy of the file of this machine, as its content."""
        if isinstance(source, str):
            self.inputs.add(source)
        return self._put(path, Node('file', mode, origin, source=source))

    def add_link(self, path: str, target: str, origin: str = '') -> str:
        """A symbolic link; nothing, where the image has the folder that the link leads to."""
        resolved = self.resolve(path)
        node = self.nodes.get(resolved)
        if node and node.kind == 'dir' and self._join(resolved, target) == resolved:
            return resolved
        return self._put(path, Node('link', 0o777, origin, target=target))

    def add_host(self, path: str, origin: str, guest: Optional[str] = None) -> str:
        """A file or folder of this machine and every symbolic link on the way to it.

        path is absolute. With `guest`, the (link-free) file or folder lands there instead.
        Returns the guest path of what the links lead to."""
        real = os.path.realpath(path) if guest is not None else self._links_on_the_way(path, origin)
        where = real if guest is None else guest
        info = self._stat(real, origin)
        if stat.S_ISDIR(info.st_mode):
            self._folder(real, where, origin)
            return self.resolve(where, follow_last=True)
        if not stat.S_ISREG(info.st_mode):
            raise KilnError(f'{path}: not a regular file or folder, so it cannot be in an image ({origin})')
        if not os.access(real, os.R_OK):
            raise KilnError(f'{path}: may not be read by this user ({origin})')
        return self.add_file(where, real, stat.S_IMODE(info.st_mode), origin)

    def lookup(self, path: str) -> Optional[Node]:
        """What a guest program would find at the path, links followed."""
        return self.nodes.get(self.resolve(path, follow_last=True))

    def sorted(self) -> Iterator[Tuple[str, Node]]:
        """Entries in an order in which a folder comes before what is in it."""
        return iter(sorted(self.nodes.items()))

    def digest(self) -> str:
        """A hash of everything that reaches the image: names, kinds, modes and content."""
        total = hashlib.sha256()
        for path, node in self.sorted():
            total.update(os.fsencode(f'{node.kind}\0{path}\0{node.mode:o}\0{node.target}\0'))
            if node.kind == 'file':
                total.update(b'%d\0' % node.mtime())
                total.update(hashlib.sha256(node.content()).digest())
        return total.hexdigest()

    def size(self) -> int:
        """Bytes of all files together."""
        return sum(node.size() for node in self.nodes.values() if node.kind == 'file')

    def _links_on_the_way(self, path: str, origin: str) -> str:
        """Adds the links of this machine that the path leads through; returns the path without any."""
        todo = [part for part in path.split('/') if part not in ('', '.')][::-1]
        here = ''
        links = 0
        while todo:
            part = todo.pop()
            if part == '..':
                here = os.path.dirname(here).rstrip('/')
                continue
            step = f'{here}/{part}'
            if not os.path.islink(step):
                here = step
                continue
            links += 1
            if links > MAX_LINKS:
                raise KilnError(f'{path}: too many symbolic links ({origin})')
            target = os.readlink(step)
            self.inputs.add(step)
            self.add_link(step, target, origin)
            if target.startswith('/'):
                here = ''
            todo += [p for p in target.split('/') if p not in ('', '.')][::-1]
        return here or '/'

    def _folder(self, host: str, guest: str, origin: str) -> None:
        self.inputs.add(host)
        self.add_dir(guest, stat.S_IMODE(os.stat(host).st_mode), origin)
        with os.scandir(host) as entries:
            for entry in sorted(entries, key=lambda e: e.name):
                where = f'{guest.rstrip("/")}/{entry.name}'
                if entry.is_symlink():
                    self.inputs.add(entry.path)
                    self.add_link(where, os.readlink(entry.path), origin)
                elif entry.is_dir():
                    self._folder(entry.path, where, origin)
                elif entry.is_file():
                    self.add_host(entry.path, origin, where)

    def _stat(self, path: str, origin: str) -> os.stat_result:
        try:
            return os.stat(path)
        except OSError as error:
            raise KilnError(f'{path}: {error.strerror} ({origin})') from error

    def _put(self, path: str, new: Node) -> str:
        path = self.resolve(path)
        old = self.nodes.get(path)
        if old is None:
            self._parents(path, new.origin)
            self.nodes[path] = new
        elif not old.same_as(new):
            self._clash(path, old, new.origin)
        return path

    def _parents(self, path: str, origin: str) -> None:
        parent = os.path.dirname(path)
        node = self.nodes.get(parent)
        if node is None:
            self._parents(parent, origin)
            self.nodes[parent] = Node('dir', 0o755, origin)
        elif node.kind != 'dir':
            raise KilnError(f'{parent} is a {node.kind} in the image ({node.origin}), '
                            f'so {path} cannot lie in it ({origin})')

    @staticmethod
    def _clash(path: str, old: Node, origin: str) -> None:
        raise KilnError(f'{path} is put into the image twice, differently: by {old.origin} and by {origin}')

    @staticmethod
    def _join(link: str, target: str) -> str:
        return os.path.normpath(os.path.join(os.path.dirname(link), target))
