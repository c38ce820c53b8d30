"""scripts/check: every rule of the house that a program can check, in parallel, with results cached by content."""
import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable

from . import layers

ROOT = Path(__file__).resolve().parents[2]
KERNEL_FOLDERS = ('arch', 'boot', 'core', 'drivers', 'fs', 'linux', 'loader', 'net', 'libc')
CACHE = ROOT / 'build' / 'check' / 'passed.json'
CLANG_ONLY = ['-Wthread-safety', '-Wthread-safety-beta', '-Wglobal-constructors', '-Wno-unknown-warning-option',
              '-Wno-unused-command-line-argument', '-Wno-unused-private-field']
# clang 14 cannot read libstdc++'s long double with general registers only: it judges the source, g++ makes the code.
GCC_ONLY = re.compile(r'^-(fno-tree|fno-use-cxa|Wa,|mgeneral-regs-only)')


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


class Cache:
    """Remembers by content what has passed: the command, the file and everything that it includes."""

    def __init__(self) -> None:
        self.passed = set(json.loads(CACHE.read_text())) if CACHE.exists() else set()
        self.used: set[str] = set()

    def save(self) -> None:
        CACHE.parent.mkdir(parents=True, exist_ok=True)
        CACHE.write_text(json.dumps(sorted(self.used)))

    def run(self, command: list[str], key: str) -> str:
        """The command's output if it failed, else nothing."""
        digest = hashlib.sha256((shlex.join(command) + key).encode()).hexdigest()
        if digest not in self.passed:
            done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                return done.stdout
        self.used.add(digest)
        return ''


class Checker:
    """One run over the repository."""

    def __init__(self) -> None:
        self.cache = Cache()
        self.cpp = tracked('.cc', '.hh')
        self.kernel = [p for p in self.cpp if p.relative_to(ROOT).parts[0] in KERNEL_FOLDERS]
        self.flags = kernel_flags()
        self.headers_key = hashlib.sha256(b''.join(p.read_bytes() for p in sorted(self.cpp)
                                                   if p.suffix == '.hh')).hexdigest()

    def each(self, files: list[Path], command: Callable[[str], list[str]], with_headers: bool = True) -> list[str]:
        """Runs command(file) for all files on all CPUs; the output of those that fail."""
        def one(path: Path) -> str:
            key = hashlib.sha256(path.read_bytes()).hexdigest() + (self.headers_key if with_headers else '')
            return self.cache.run(command(str(path.relative_to(ROOT))), key)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [text for text in pool.map(one, files) if text]

    def format(self) -> list[str]:
        files = self.cpp + [p for p in tracked('.c', '.h') if 'tests' in p.parts]
        return self.each(files, lambda f: ['clang-format', '--dry-run', '-Werror', f], with_headers=False)

    def layers(self) -> list[str]:
        return layers.check(ROOT, self.kernel)

    def headers(self) -> list[str]:
        """Each header compiles alone."""
        files = [p for p in self.kernel if p.suffix == '.hh' and '#pragma once' in p.read_text()]
        return self.each(files, lambda f: ['g++', *self.flags, '-Werror', '-fsyntax-only', '-include', f,
                                           '-x', 'c++', '/dev/null'])

    def clang(self) -> list[str]:
        """The second compiler, with thread-safety analysis and no global constructors."""
        flags = [f for f in self.flags if not GCC_ONLY.match(f)]
        files = [p for p in self.kernel if p.suffix == '.cc' and not {'vdso', 'boot_sector'} & set(p.parts)]
        return self.each(files, lambda f: ['clang++', *flags, *CLANG_ONLY, '-DKILN_DEBUG', '-Werror',
                                           '-fsyntax-only', f])

    def tidy(self) -> list[str]:
        flags = [f for f in self.flags if not GCC_ONLY.match(f)]
        files = [p for p in self.kernel if p.suffix == '.cc' and not {'vdso', 'boot_sector'} & set(p.parts)]
        return self.each(files, lambda f: ['clang-tidy', '--quiet', '--warnings-as-errors=*', f, '--', *flags])

    def shell(self) -> list[str]:
        scripts = [p for p in tracked('.sh', '') if p.read_bytes()[:20].startswith((b'#!/bin/sh', b'#!/bin/bash'))]
        return self.each(scripts, lambda f: ['shellcheck', f], with_headers=False)

    def python(self) -> list[str]:
        files = tracked('.py') + [p for p in tracked('') if p.read_bytes()[:30].startswith(b'#!/usr/bin/python3')]
        names = [str(p.relative_to(ROOT)) for p in files]
        text = self.cache.run(['/usr/bin/python3', '-m', 'flake8', '--max-line-length=120', *names],
                              hashlib.sha256(b''.join(p.read_bytes() for p in files)).hexdigest())
        return [text] if text else []


def main(arguments: list[str]) -> int:
    """Runs the checks that are named, or all but the slow ones."""
    default = ['format', 'layers', 'python', 'shell', 'clang']
    names = [*default, 'headers', 'tidy']  # the slow ones, on request
    parser = argparse.ArgumentParser(prog='scripts/check', description=__doc__)
    parser.add_argument('checks', nargs='*', metavar='CHECK', help='of: ' + ' '.join(names))
    chosen = parser.parse_args(arguments).checks or default
    unknown = [n for n in chosen if n not in names]
    if unknown:
        print(f'check: no check is named {unknown[0]}; there are: {" ".join(names)}', file=sys.stderr)
        return 2
    checker = Checker()
    failed = 0
    for name in chosen:
        begin = time.monotonic()
        problems = getattr(checker, name)()
        seconds = time.monotonic() - begin
        print(f'{"FAIL" if problems else "OK  "} {name} ({seconds:.1f} s)', flush=True)
        for text in problems:
            print(text.rstrip())
        failed += bool(problems)
    if not failed:
        checker.cache.save()
    return 1 if failed else 0
