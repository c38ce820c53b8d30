"""apt without touching the machine: a private configuration derived from the machine's own.

The machine's sources (whatever mirrors they name) are copied into build/apt with deb-src added; lists and
archives are kept there too. Keys, proxies and credentials stay those of the machine. Needs no root.
"""
from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Iterable, List, Tuple

from . import paths
from .errors import KilnError

HOME = paths.BUILD / 'apt'
ETC = Path('/etc/apt')


def derived_sources(etc: Path = ETC) -> List[Tuple[str, str]]:
    """File name and text of each source file, with source packages switched on."""
    files = [etc / 'sources.list', *sorted((etc / 'sources.list.d').glob('*'))]
    result = []
    for file in files:
        if not file.is_file() or file.suffix not in ('.list', '.sources'):
            continue
        text = file.read_text(encoding='utf-8', errors='replace')
        if file.suffix == '.sources':
            text = re.sub(r'(?mi)^Types:.*$', 'Types: deb deb-src', text)
        else:
            lines = re.findall(r'(?m)^\s*deb(\s.*)$', text)
            text = ''.join(f'deb{line}\ndeb-src{line}\n' for line in lines)
        result.append((file.name, text))
    return result


def options() -> List[str]:
    """The -o options that lead apt to the private folders."""
    settings = {'Dir::Etc::SourceList': '/dev/null', 'Dir::Etc::SourceParts': HOME / 'sources',
                'Dir::State::Lists': HOME / 'lists', 'Dir::Cache': HOME / 'cache', 'APT::Sandbox::User': '',
                'Acquire::Languages': 'none', 'Debug::NoLocking': '1'}
    return [word for name, value in settings.items() for word in ('-o', f'{name}={value}')]


def update() -> None:
    """Fetches the package lists, once; delete build/apt to fetch them again."""
    if (HOME / 'updated').exists():
        return
    for folder in ('sources', 'lists/partial', 'cache/archives/partial'):
        (HOME / folder).mkdir(parents=True, exist_ok=True)
    sources = derived_sources()
    if not sources:
        raise KilnError(f'no package sources in {ETC}: apt cannot download anything on this machine')
    for name, text in sources:
        (HOME / 'sources' / name).write_text(text, encoding='utf-8')
    run(['apt-get', 'update', '-qq'], 'the package lists could not be fetched')
    (HOME / 'updated').touch()


def run(command: List[str], failure: str, folder: Path = HOME) -> str:
    """One apt command with the private configuration; its output."""
    try:
        done = subprocess.run([command[0], *options(), *command[1:]], cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError as error:
        raise KilnError(f'{command[0]} is missing: {failure} (this needs a Debian machine)') from error
    if done.returncode != 0:
        why = [line for line in done.stderr.splitlines() if line.startswith('E:')] or done.stderr.splitlines()
        raise KilnError(f'{failure}: {why[-1] if why else done.returncode}')
    return done.stdout


def records(names: Iterable[str]) -> str:
    """The newest available records of the packages, as in a status file; unknown names are left out."""
    return run(['apt-cache', 'show', '--no-all-versions', *names], 'the package lists cannot be read')


def provider(name: str) -> str:
    """A package that provides a virtual one, or ''."""
    text = run(['apt-cache', 'showpkg', name], 'the package lists cannot be read')
    found = re.search(r'(?m)^Reverse Provides: *\n(\S+)', text)
    return found.group(1) if found else ''
