"""Kernel addresses in a panic's lines get names."""
import re
import subprocess

import pytest

from kiln.symbols import Symbols


@pytest.fixture(name='kernel')
def fixture_kernel(tmp_path):
    """Something with a symbol table, and the addresses in it."""
    kernel = tmp_path / 'kernel.elf'
    source = 'namespace sched { void idle(int) { asm("nop; nop"); } }\nint main() { sched::idle(0); }'
    subprocess.run(['g++', '-x', 'c++', '-', '-no-pie', '-o', kernel], text=True, check=True, input=source)
    shown = subprocess.run(['nm', '-C', kernel], capture_output=True, text=True, check=True).stdout
    return kernel, int(re.search(r'(?m)^(\w+) T sched::idle', shown).group(1), 16)


def test_frames_get_names(kernel):
    symbols = Symbols(kernel[0])
    assert symbols.line(f'kiln: #3 {kernel[1] + 2:#x}') == f'kiln: #3 {kernel[1] + 2:#x} sched::idle(int)+0x2'


def test_other_lines_stay(kernel):
    symbols = Symbols(kernel[0])
    for line in ('kiln: panic: #1', f'kiln: #0 {kernel[1]:#x} named+0x0', 'kiln: #0 0x1',
                 'kiln: #0 0xffffffffffffffff'):
        assert symbols.line(line) == line


def test_without_a_kernel(tmp_path):
    assert Symbols(tmp_path / 'none').line('kiln: #0 0x1000') == 'kiln: #0 0x1000'
