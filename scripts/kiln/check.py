"""scripts/check: every rule of the house that a program can check, with results cached by content."""
import argparse
import hashlib
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

from . import layers

ROOT = Path(__file__).resolve().parents[2]
KERNEL_FOLDERS = ('arch', 'boot', 'core', 'drivers', 'fs', 'linux', 'loader', 'net', 'libc')
INCLUDE_FOLDERS = (ROOT, ROOT / 'arch/x64/include')
OWN_FLAGS = {'vdso', 'boot_sector'}     # folders whose code is not compiled as the kernel is
CACHE = ROOT / 'build' / 'check'
CLANG_ONLY = ['-Wthread-safety', '-Wthread-safety-beta', '-Wglobal-constructors',
              '-Wno-unknown-warning-option', '-Wno-unused-command-line-argument', '-Wno-unused-private-field']
# clang 14 cannot read libstdc++'s long double with general registers only: it judges the source, g++ makes
# the code.
GCC_ONLY = re.compile(r'^-(fno-tree|fno-use-cxa|Wa,|mgeneral-regs-only)')
FIRST_INCLUDE = re.compile(r'(?:\s|//[^\n]*\n|#pragma once)*#include "([^"]+)"')
DIAGNOSTIC = re.compile(r'^(?=\S+:\d+:\d+: (?:warning|error):)', re.M)


def tracked(*suffixes: str) -> list[Path]:
    """Files that git knows or would add, by suffix."""
    out = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, check=True,
                         capture_output=True, text=True).stdout
    paths = [ROOT / line for line in out.splitlines()]
    return [p for p in paths if p.suffix in suffixes and p.is_file()]


def kernel_flags() -> list[str]:
    """The compiler flags of the kernel, from ninja/kernel-flags.ninja, so that there is one list."""
    text = (ROOT / 'ninja/kernel-flags.ninja').read_text().replace('$\n', ' ')
    values: dict[str, str] = {}
    for line in text.splitlines():
        match = re.match(r'(\w+)\s*=\s*(.*)', line)
        if match:
            values[match.group(1)] = re.sub(r'\$(\w+)', lambda m: values.get(m.group(1), ''), match.group(2))
    return shlex.split(values['kernelflags'])


def find_include(name: str) -> Path | None:
    """The repository's file behind #include "NAME"."""
    return next((folder / name for folder in INCLUDE_FOLDERS if (folder / name).is_file()), None)


def first_includes(path: Path) -> Iterator[Path]:
    """The header that a file includes before anything else, the one that this includes first, and so on."""
    while match := FIRST_INCLUDE.match(path.read_text()):
        found = find_include(match.group(1))
        if not found:
            return
        path = found
        yield path


class Contents:
    """What a compiler reads from the repository when it is given a file, as one digest."""

    def __init__(self) -> None:
        self.known: dict[Path, tuple[bytes, list[Path]]] = {}

    def read(self, path: Path) -> tuple[bytes, list[Path]]:
        """A file's own digest, and what it includes."""
        if path not in self.known:
            text = path.read_text()
            names = (find_include(m.group(1)) for m in layers.INCLUDE.finditer(text))
            self.known[path] = hashlib.sha256(text.encode()).digest(), [p for p in names if p]
        return self.known[path]

    def digest(self, path: Path) -> bytes:
        """Of a file and of all that it includes."""
        seen = {path}
        waiting = [path]
        while waiting:
            new = set(self.read(waiting.pop())[1]) - seen
            seen |= new
            waiting += new
        return hashlib.sha256(b''.join(self.read(p)[0] for p in sorted(seen))).digest()


class Passed:
    """Remembers what passed one check, by digest of the command and of what it reads."""

    def __init__(self, check: str) -> None:
        self.file = CACHE / f'{check}.passed'
        self.before = set(self.file.read_text().split()) if self.file.exists() else set()
        self.now: set[str] = set()
        CACHE.mkdir(parents=True, exist_ok=True)

    def run(self, command: list[str], contents: bytes) -> str:
        """The command's output if it failed, else nothing."""
        digest = hashlib.sha256(shlex.join(command).encode() + contents).hexdigest()
        if digest not in self.before:
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True)
            if done.returncode != 0:
                return done.stdout
            with self.file.open('a') as file:   # at once: an interrupted run shall not be for nothing
                file.write(digest + '\n')
        self.now.add(digest)
        return ''

    def save(self) -> None:
        """What passed earlier but was not asked for again is forgotten."""
        self.file.write_text(''.join(digest + '\n' for digest in sorted(self.now)))


class Checker:
    """One run over the repository; the public functions are the checks, which return what is wrong."""

    def __init__(self) -> None:
        self._cpp = tracked('.cc', '.hh')
        self._kernel = [p for p in self._cpp if p.relative_to(ROOT).parts[0] in KERNEL_FOLDERS]
        self._sources = [p for p in self._kernel if p.suffix == '.cc' and not OWN_FLAGS & set(p.parts)]
        self._flags = kernel_flags()
        self._contents = Contents()

    def format(self) -> list[str]:
        """C++ and C look as .clang-format says"""
        files = self._cpp + [p for p in tracked('.c', '.h') if 'tests' in p.parts]
        return self._all('format', ['clang-format', '--dry-run', '-Werror'], files, '.clang-format')

    def layers(self) -> list[str]:
        """every #include goes down the layers"""
        return layers.check(ROOT, self._kernel)

    def python(self) -> list[str]:
        """flake8"""
        files = tracked('.py') + [p for p in tracked('') if p.read_bytes().startswith(b'#!/usr/bin/python3')]
        return self._all('python', ['/usr/bin/python3', '-m', 'flake8', '--max-line-length=120'], files)

    def shell(self) -> list[str]:
        """shellcheck"""
        shells = (b'#!/bin/sh', b'#!/bin/bash')
        files = [p for p in tracked('.sh', '') if p.read_bytes().startswith(shells)]
        return self._all('shell', ['shellcheck'], files)

    def headers(self) -> list[str]:
        """each header compiles alone: as the first that a source includes (checked by clang), or here"""
        alone = {header for source in self._sources for header in first_includes(source)}
        files = [p for p in self._kernel
                 if p.suffix == '.hh' and p not in alone and '#pragma once' in p.read_text()]
        command = ['g++', *self._flags, '-Werror', '-fsyntax-only', '-x', 'c++', '/dev/null', '-include']
        return self._each('headers', files, command, [])

    def clang(self) -> list[str]:
        """clang-tidy, and with it the second compiler's warnings, thread safety and global constructors"""
        flags = [f for f in self._flags if not GCC_ONLY.match(f)]
        texts = self._each('clang', self._sources, ['clang-tidy', '--quiet', '--warnings-as-errors=*'],
                           ['--', *flags, *CLANG_ONLY, '-DKILN_DEBUG'], '.clang-tidy')
        # What is wrong with a header is said by each file that includes it.
        return list(dict.fromkeys(part for text in texts for part in DIAGNOSTIC.split(text)[1:] or [text]))

    def _all(self, check: str, command: list[str], files: list[Path], configuration: str = '') -> list[str]:
        """One run for all files."""
        passed = Passed(check)
        read = [*files, ROOT / configuration] if configuration else files
        contents = b''.join(hashlib.sha256(p.read_bytes()).digest() for p in read)
        text = passed.run([*command, *(str(p.relative_to(ROOT)) for p in files)], contents)
        passed.save()
        return [text] if text else []

    def _each(self, check: str, files: list[Path], before: list[str], behind: list[str],
              configuration: str = '') -> list[str]:
        """A run for each file, on all CPUs; only for those that have changed, also in what they include."""
        passed = Passed(check)
        setup = (ROOT / configuration).read_bytes() if configuration else b''

        def one(path: Path) -> str:
            command = [*before, str(path.relative_to(ROOT)), *behind]
            return passed.run(command, self._contents.digest(path) + setup)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            texts = [text for text in pool.map(one, files) if text]
        passed.save()
        return texts


def main(arguments: list[str]) -> int:
    """Runs the checks that are named, or all."""
    names = ['format', 'layers', 'python', 'shell', 'headers', 'clang']  # what is quick comes first
    parser = argparse.ArgumentParser(prog='scripts/check', description=__doc__)
    parser.add_argument('checks', nargs='*', metavar='CHECK', help='of: ' + ' '.join(names))
    chosen = parser.parse_args(arguments).checks or names
    unknown = [n for n in chosen if n not in names]
    if unknown:
        print(f'check: no check is named {unknown[0]}; there are: {" ".join(names)}', file=sys.stderr)
        return 2
    checker = Checker()
    failed = 0
    for name in chosen:
        check = getattr(checker, name)
        begin = time.monotonic()
        problems = check()
        seconds = time.monotonic() - begin
        print(f'{"FAIL" if problems else "OK  "} {name} ({seconds:.1f} s): {check.__doc__}', flush=True)
        for text in problems:
            print(text.rstrip())
        failed += bool(problems)
    return 1 if failed else 0
