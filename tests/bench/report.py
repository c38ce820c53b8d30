"""The table of a benchmark run, on the terminal and as docs/benchmarks.md."""
from __future__ import annotations

import datetime
import subprocess
from pathlib import Path
from typing import Dict, List, Optional

from rich import box
from rich.console import Console
from rich.table import Table
from rows import ROWS, Row

Values = Dict[str, float]

CONDITIONS = '''Release kernel, 1 CPU, 128 MiB, QEMU microvm with qboot and ACPI off, root in RAM,
`-icount shift=0,sleep=off`: one instruction takes one nanosecond, so that a value is a number of instructions
and a second run gives the same.
Linux is the tuned guest of `tests/bench/linux` on the same QEMU machine. OSv and Nanos were measured with the
same programs on 2026-11-23. The ratio is Kiln's value over Linux's; under 1 Kiln is better, except where more
is better (MiB per 10^9 instructions). Wall and CPU times of the start are without icount and move with the
machine.'''


def number(value: Optional[float]) -> str:
    """Four significant digits, thousands apart."""
    if value is None:
        return ''
    if value >= 1000:
        return f'{value:,.0f}'
    return f'{value:.4g}'


def ratio(kiln: Optional[float], linux: Optional[float]) -> str:
    """Kiln over Linux."""
    return f'{kiln / linux:.2f}' if kiln is not None and linux else ''


def target(row: Row) -> str:
    """As a value, or as a share of Linux's."""
    return f'{row.relative:g} of Linux' if row.relative is not None else number(row.target)


def verdict(row: Row, value: Optional[float], linux: Optional[float]) -> str:
    """Whether the target is met, and by how much it is missed."""
    limit = row.target if row.relative is None else row.relative * linux if linux else None
    if row.target is None and row.relative is None:
        return ''
    if value is None or limit is None:
        return '-'
    return 'met' if value <= limit else f'missed by {100 * (value / limit - 1):.0f} %'


def show(kiln: Values, linux: Values) -> None:
    """The rows that were measured, on the terminal."""
    for section, rows in ROWS.items():
        table = Table(title=section, title_justify='left', box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
        table.add_column('', no_wrap=True)
        for title in ('Kiln', 'Linux', 'ratio', 'target', ''):
            table.add_column(title, justify='right', no_wrap=True)
        for row in rows:
            if row.key in kiln or row.key in linux:
                value = kiln.get(row.key)
                result = verdict(row, value, linux.get(row.key))
                style = {'': '', '-': '', 'met': 'green'}.get(result, 'red')
                unit = '' if row.unit == 'instructions' else f', {row.unit}'
                table.add_row(row.title + unit, number(value), number(linux.get(row.key)),
                              ratio(value, linux.get(row.key)), target(row), result, style=style)
        if table.row_count:
            Console().print(table)


def markdown(kiln: Values, linux: Values, root: Path) -> str:
    """The page docs/benchmarks.md."""
    commit = subprocess.run(['git', 'rev-parse', '--short', 'HEAD'], cwd=root, stdout=subprocess.PIPE,
                            text=True, check=False).stdout.strip()
    qemu = subprocess.run(['qemu-system-x86_64', '--version'], stdout=subprocess.PIPE, text=True,
                          check=False).stdout.splitlines()[0]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    text: List[str] = ['# Benchmarks', '',
                       f'Written by `scripts/bench` on {today} at commit {commit}; {qemu}.', '',
                       *CONDITIONS.splitlines(), '']
    for section, rows in ROWS.items():
        text += [f'## {section}', '', '| | unit | Kiln | Linux | ratio | target | | OSv | Nanos |',
                 '|---|---|--:|--:|--:|--:|---|--:|--:|']
        for row in rows:
            value = kiln.get(row.key)
            cells = [row.title, row.unit, number(value) or '-', number(linux.get(row.key)) or '-',
                     ratio(value, linux.get(row.key)), target(row), verdict(row, value, linux.get(row.key)),
                     number(row.osv), number(row.nanos)]
            text.append('| ' + ' | '.join(cells) + ' |')
        text.append('')
    return '\n'.join(text)
