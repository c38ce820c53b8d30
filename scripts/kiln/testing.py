"""scripts/test: the stages of the tests, their times, and one last line with the counts.

A stage is a name and a function that returns how many tests passed and failed. What a stage prints is the
output of its tools; after it comes one line with its time. --fast leaves out the system tests marked slow and
fuzzes for seconds; --all takes the full matrix, 200 boots and long fuzzing; --soak is ten minutes of
load on servers (tests/system/soak.py), and nothing else.
"""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

from . import paths

RESULTS = paths.BUILD / 'test'
FUZZ_SECONDS = {'fast': 3, 'usual': 6, 'all': 150}      # for each target
SOAKED = ('redis', 'memcached', 'nginx', 'python3')
STAGE_LIMIT = 3 * 3600          # a stage that hangs is a failed stage


@dataclass
class Count:
    """Tests of one stage, or of all."""
    passed: int = 0
    failed: int = 0

    def add(self, other: 'Count') -> None:
        """Sums up."""
        self.passed += other.passed
        self.failed += other.failed


def main(argv: Sequence[str]) -> int:
    """All stages; 0 if nothing failed and something passed."""
    options = parse(argv)
    RESULTS.mkdir(parents=True, exist_ok=True)
    total = Count()
    times: List[Tuple[str, float, Count]] = []
    for name, stage in stages(options):
        print(f'== {name}', flush=True)
        start = time.monotonic()
        count = stage()
        times.append((name, time.monotonic() - start, count))
        print(f'== {name}: {count.passed} passed, {count.failed} failed, {times[-1][1]:.1f} s', flush=True)
        total.add(count)
    show(times)
    print(f'{total.passed} passed, {total.failed} failed')
    return 0 if total.failed == 0 and total.passed > 0 else 1


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog='scripts/test', description=__doc__.split('\n')[0])
    parser.add_argument('-k', metavar='EXPR', help='only tests whose name holds this')
    parser.add_argument('--fast', action='store_true', help='short fuzzing, no slow system tests')
    parser.add_argument('--all', action='store_true', help='the full matrix, 200 boots, long fuzzing')
    parser.add_argument('--soak', action='store_true', help='ten minutes of mixed load on servers, and nothing else')
    parser.add_argument('--stage', metavar='NAME', help='only this stage')
    return parser.parse_args(argv)


def stages(options: argparse.Namespace) -> List[Tuple[str, Callable[[], Count]]]:
    """What is run, in this order: what fails fast comes first."""
    if options.soak:
        return [('soak', soak)]
    system = ['--full-matrix'] if options.all else ['-m', 'not slow'] if options.fast else []
    seconds = FUZZ_SECONDS['all' if options.all else 'fast' if options.fast else 'usual']
    result: List[Tuple[str, Callable[[], Count]]] = [
        ('unit', lambda: unit('unit', 'host', options.k)),
        ('tools', lambda: pytest('tools', options.k, [])),
        ('unit-clang', lambda: unit('unit-clang', 'host-clang', options.k)),
        ('system', lambda: system_tests(options.k, system)),
    ]
    if not options.k:
        result.append(('fuzz', lambda: fuzz(seconds)))
    return [stage for stage in result if options.stage in (None, stage[0])]


def run(command: Sequence[object], **keywords) -> int:
    """A tool with its output shown; its status."""
    try:
        return subprocess.run([str(word) for word in command], cwd=paths.ROOT, stdin=subprocess.DEVNULL,
                              check=False, timeout=STAGE_LIMIT, **keywords).returncode
    except subprocess.TimeoutExpired:
        print(f'{command[0]}: no end after {STAGE_LIMIT} s', file=sys.stderr)
        return 1


def ninja(*targets: str) -> bool:
    """Builds; what is built is of interest only when it fails."""
    return run(['ninja', '-f', 'build.ninja', '--quiet', *targets]) == 0


def unit(target: str, folder: str, expression: Optional[str]) -> Count:
    """The GoogleTest programs of one compiler."""
    if not ninja(target):
        return Count(0, 1)
    count = Count()
    for program in programs(paths.BUILD / folder, 'unit'):
        report = RESULTS / f'{folder}-{program.name}.json'
        report.unlink(missing_ok=True)
        status = run([program, '--gtest_brief=1', f'--gtest_output=json:{report}',
                      *([f'--gtest_filter=*{expression}*'] if expression else [])])
        count.add(gtest_count(report, status))
    return count


def programs(folder: Path, prefix: str) -> List[Path]:
    """The executables in a folder whose names begin so."""
    return [file for file in sorted(folder.glob(f'{prefix}*')) if file.is_file() and os.access(file, os.X_OK)]


def gtest_count(report: Path, status: int) -> Count:
    """Counts from GoogleTest's own report; a program that died without one is one failure."""
    try:
        data = json.loads(report.read_text())
    except (OSError, ValueError):
        return Count(0, 1)
    failed = data['failures'] + data.get('errors', 0)
    if status != 0 and failed == 0:
        failed = 1              # a sanitizer spoke at the end
    return Count(data['tests'] - data['failures'] - data.get('disabled', 0), failed)


def pytest(name: str, expression: Optional[str], more: Sequence[str]) -> Count:
    """The tests in tests/NAME."""
    report = RESULTS / f'{name}.xml'
    report.unlink(missing_ok=True)
    status = run(['/usr/bin/python3', '-m', 'pytest', '-q', f'tests/{name}', f'--junitxml={report}',
                  *(['-k', expression] if expression else []), *more])
    try:
        suite = xml.parse(report).getroot().find('testsuite')
    except (OSError, xml.ParseError):
        return Count(0, 1)
    number = {key: int(suite.get(key, '0')) for key in ('tests', 'failures', 'errors', 'skipped')}
    failed = number['failures'] + number['errors']
    no_tests = 5
    return Count(number['tests'] - failed - number['skipped'],
                 failed if failed or status in (0, no_tests) else 1)


def system_tests(expression: Optional[str], more: Sequence[str]) -> Count:
    """Boots images, with both kernels."""
    if not ninja('release', 'debug'):
        return Count(0, 1)
    return pytest('system', expression, more)


def soak() -> Count:
    """Servers under load for ten minutes: no error, no growth."""
    if not ninja('release') or any(run(['scripts/build', f'image={name}']) for name in SOAKED):
        return Count(0, 1)
    status = run(['/usr/bin/python3', 'tests/system/soak.py'])
    return Count(int(status == 0), int(status != 0))


def fuzz(seconds: int) -> Count:
    """Every libFuzzer target for so long; a find is left in build/test."""
    if not ninja('fuzz'):
        return Count(0, 1)
    targets = programs(paths.BUILD / 'host-clang' / 'fuzz', '')
    count = Count()
    for target in targets:
        corpus = RESULTS / f'corpus-{target.name}'
        corpus.mkdir(exist_ok=True)
        log = RESULTS / f'{target.name}.log'
        with open(log, 'w', encoding='utf-8') as out:
            status = run([target, corpus, f'-max_total_time={seconds}', '-timeout=20',
                          '-rss_limit_mb=2048', f'-artifact_prefix={RESULTS}/{target.name}-'],
                         stdout=out, stderr=out)
        if status:
            print(f'{target.name}: failed, see {log}')
        count.add(Count(int(status == 0), int(status != 0)))
    return count


def show(times: Sequence[Tuple[str, float, Count]]) -> None:
    """A table of the stages: with rich where a person watches, plain otherwise."""
    if sys.stdout.isatty():
        try:
            from rich.console import Console
            from rich.table import Table
        except ImportError:
            pass
        else:
            table = Table('stage', 'seconds', 'passed', 'failed')
            for name, seconds, count in times:
                table.add_row(name, f'{seconds:.1f}', str(count.passed), str(count.failed),
                              style='red' if count.failed else '')
            Console().print(table)
            return
    for name, seconds, count in times:
        print(f'{name:12} {seconds:8.1f} s  {count.passed:5} passed  {count.failed:5} failed')
