"""module.toml: what a module brings to an image, read strictly.

Unknown keys and wrong types are errors with file and line. tomllib keeps no line numbers, so `Lines`
finds them again: the first line that holds the key (or the quoted value) after what it belongs to.
docs/modules.md explains every key to users.
"""
from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List

from .errors import KilnError

NAME = 'module.toml'


@dataclass
class HostFile:
    """A file or folder of this machine; without `to` it keeps its path."""
    path: str
    to: str
    optional: bool
    origin: str


@dataclass
class Files:
    """Files of the module's folder: `pattern` may be a glob, `to` with a final slash is a folder."""
    pattern: str
    to: str
    origin: str


@dataclass
class Link:
    """A symbolic link of the image."""
    path: str
    target: str
    origin: str


@dataclass
class Placed:
    """A name out of a list (package, module, folder) and the line that it stands on."""
    name: str
    origin: str


@dataclass
class Manifest:
    """One module.toml, checked."""
    folder: Path
    name: str
    description: str = ''
    command: List[str] = field(default_factory=list)
    environment: Dict[str, str] = field(default_factory=dict)
    cwd: str = ''
    needs: List[Placed] = field(default_factory=list)
    packages: List[Placed] = field(default_factory=list)
    without: List[Placed] = field(default_factory=list)
    host: List[HostFile] = field(default_factory=list)
    files: List[Files] = field(default_factory=list)
    symlinks: List[Link] = field(default_factory=list)
    folders: List[Placed] = field(default_factory=list)
    writable: List[Placed] = field(default_factory=list)
    build: List[str] = field(default_factory=list)
    libc: str = ''

    @property
    def file(self) -> Path:
        """Where it was read from."""
        return self.folder / NAME


class Lines:
    """Line numbers of keys and values, found by searching the text."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.lines = text.split('\n')

    def key(self, key: str) -> str:
        """`FILE:LINE` of a top-level key, or of a table of that name."""
        return self._at(rf'^\s*(\[+\s*)?["\']?{re.escape(key)}["\']?\s*([=.\]])', 0)

    def value(self, key: str, value: str) -> str:
        """`FILE:LINE` of a quoted value or key below the top-level key."""
        start = self._number(rf'^\s*(\[+\s*)?["\']?{re.escape(key)}["\']?\s*([=.\]])', 0)
        quoted = re.escape(value.replace('\\', '\\\\').replace('"', '\\"'))
        return self._at(rf'["\']({quoted}|{re.escape(value)})["\']|^\s*{re.escape(value)}\s*=', start)

    def _number(self, pattern: str, start: int) -> int:
        for number in range(start, len(self.lines)):
            if re.search(pattern, self.lines[number]):
                return number
        return start

    def _at(self, pattern: str, start: int) -> str:
        return f'{self.file}:{self._number(pattern, start) + 1}'


def load(folder: Path) -> Manifest:
    """Reads and checks the folder's module.toml."""
    file = folder / NAME
    try:
        text = file.read_bytes().decode('utf-8')
    except FileNotFoundError as error:
        raise KilnError(f'{folder}: no {NAME} in this folder, so it is not a module') from error
    except UnicodeDecodeError as error:
        raise KilnError(f'{file}: is not UTF-8 text (byte {error.start})') from error
    except OSError as error:
        raise KilnError(f'{file}: {error.strerror}') from error
    return parse(text, folder)


def parse(text: str, folder: Path) -> Manifest:
    """Checks the text of a module.toml that lies in the folder."""
    file = folder / NAME
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r'\(at line (\d+)', str(error))
        line = where.group(1) if where else str(text.count('\n') + 1)
        what = re.sub(r' \(at .*\)$', '', str(error))
        raise KilnError(f'{file}:{line}: {what}') from error
    except RecursionError as error:
        raise KilnError(f'{file}: nested too deeply') from error
    return _Reader(data, Lines(file, text)).manifest(folder)


class _Reader:
    """Takes the keys one by one; what is left at the end is unknown."""

    KEYS = ['description', 'command', 'environment', 'cwd', 'needs', 'packages', 'without', 'host', 'files',
            'symlinks', 'folders', 'writable', 'build', 'libc']

    def __init__(self, data: Dict[str, Any], lines: Lines) -> None:
        self.data = data
        self.lines = lines

    def manifest(self, folder: Path) -> Manifest:
        """The whole file."""
        for key in self.data:
            if key not in self.KEYS:
                near = difflib.get_close_matches(key, self.KEYS, 1)
                hint = f', did you mean "{near[0]}"?' if near else f'; known are {", ".join(self.KEYS)}'
                raise KilnError(f'{self.lines.key(key)}: unknown key "{key}"{hint}')
        return Manifest(
            folder=folder, name=folder.name, description=self.text('description'),
            command=self.words('command'), environment=self.pairs('environment'),
            cwd=self.guest_path('cwd', self.text('cwd'), empty=True), needs=self.placed('needs'),
            packages=self.placed('packages'), without=self.placed('without'), host=self.host(),
            files=self.files(), symlinks=self.symlinks(), folders=self.guest_paths('folders'),
            writable=self.guest_paths('writable'), build=self.words('build'), libc=self.libc())

    def fail(self, key: str, what: str) -> None:
        """Stops with the key's line."""
        raise KilnError(f'{self.lines.key(key)}: {what}')

    def libc(self) -> str:
        """Whose C library the image's programs are bound to; '' where the module does not care."""
        value = self.text('libc')
        if value not in ('', 'own', 'builtin'):
            self.fail('libc', '"libc" must be "own" or "builtin"')
        return value

    def text(self, key: str) -> str:
        """A string."""
        value = self.data.get(key, '')
        if not isinstance(value, str):
            self.fail(key, f'"{key}" must be a string')
        return self.clean(key, value)

    def clean(self, key: str, value: str) -> str:
        """No program and no path can hold a zero byte."""
        if '\0' in value:
            self.fail(key, f'"{key}" holds a zero byte')
        return value

    def words(self, key: str) -> List[str]:
        """A list of strings."""
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.fail(key, f'"{key}" must be a list of strings, like {key} = ["one", "two"]')
        return [self.clean(key, word) for word in value]

    def pairs(self, key: str) -> Dict[str, str]:
        """A table of strings."""
        value = self.data.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(word, str) for word in value.values()):
            self.fail(key, f'"{key}" must be a table of strings, like {key} = {{ "NAME" = "value" }}')
        return {self.clean(key, name): self.clean(key, word) for name, word in value.items()}

    def placed(self, key: str) -> List[Placed]:
        """A list of names with their lines."""
        return [Placed(name, self.lines.value(key, name)) for name in self.words(key)]

    def guest_path(self, key: str, path: str, empty: bool = False) -> str:
        """An absolute path of the guest."""
        if path.startswith('/') or (empty and not path):
            return path
        raise KilnError(f'{self.lines.value(key, path)}: "{path}" must be an absolute path of the guest')

    def guest_paths(self, key: str) -> List[Placed]:
        """A list of absolute guest paths."""
        return [Placed(self.guest_path(key, p.name), p.origin) for p in self.placed(key)]

    def symlinks(self) -> List[Link]:
        """Link path -> target."""
        return [Link(self.guest_path('symlinks', path), target, self.lines.value('symlinks', path))
                for path, target in self.pairs('symlinks').items()]

    def tables(self, key: str, required: List[str], optional: Dict[str, type]) -> List[Dict[str, Any]]:
        """A list of tables with exactly these keys; required ones are strings."""
        value = self.data.get(key, [])
        if not isinstance(value, list):
            self.fail(key, f'"{key}" must be a list')
        for entry in value:
            if isinstance(entry, str) and len(required) == 1:
                continue
            if not isinstance(entry, dict):
                self.fail(key, f'"{key}" must be a list of tables with {", ".join([*required, *optional])}')
            for name in entry:
                if name not in required and name not in optional:
                    raise KilnError(f'{self.lines.value(key, name)}: unknown key "{name}" in "{key}"; '
                                    f'known are {", ".join(required + list(optional))}')
            for name, kind in {**dict.fromkeys(required, str), **optional}.items():
                if name in required and name not in entry:
                    self.fail(key, f'an entry of "{key}" has no "{name}"')
                if name in entry and not isinstance(entry[name], kind):
                    what = 'a string' if kind is str else 'true or false'
                    self.fail(key, f'"{name}" in "{key}" must be {what}')
                if name in entry and kind is str:
                    self.clean(key, entry[name])
        return [entry if isinstance(entry, dict) else {required[0]: entry} for entry in value]

    def host(self) -> List[HostFile]:
        """Files of this machine."""
        result = []
        for entry in self.tables('host', ['path'], {'to': str, 'optional': bool}):
            origin = self.lines.value('host', entry['path'])
            if not entry['path'].startswith(('/', '~')):
                raise KilnError(f'{origin}: "{entry["path"]}" must be an absolute path of this machine')
            to = self.guest_path('host', entry.get('to', ''), empty=True)
            path = str(Path(entry['path']).expanduser())
            result.append(HostFile(path, to, entry.get('optional', False), origin))
        return result

    def files(self) -> List[Files]:
        """Files of the module's own folder."""
        result = []
        for entry in self.tables('files', ['from', 'to'], {}):
            origin = self.lines.value('files', entry['from'])
            pattern = entry['from']
            if pattern.startswith('/') or '..' in Path(pattern).parts or not pattern:
                raise KilnError(f'{origin}: "{pattern}" must lie in the module\'s folder '
                                '(for files of this machine there is "host")')
            result.append(Files(pattern, self.guest_path('files', entry['to']), origin))
        return result
