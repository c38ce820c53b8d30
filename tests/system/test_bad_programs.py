"""Programs that die, and programs that cannot start: one clear line, the right status, never a hang."""
import re
import signal

import pytest
from machine import ROOT

ENDS = dict(line.split(maxsplit=1) for line in
            (ROOT / 'tests' / 'guest' / 'hostile' / 'expected.txt').read_text().splitlines()
            if line and not line.startswith('#'))
FAULTS = (signal.SIGSEGV, signal.SIGFPE, signal.SIGILL, signal.SIGBUS)


def statuses(expected):
    """run.py's statuses for a right column of expected.txt: {139}, or {137, 42}."""
    return {int(word.split()[1]) if word.startswith('exit') else 128 + int(word)
            for word in expected.split(' or ')}


# Ends that somebody asked for: shells say nothing of them either.
QUIET = (signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)


@pytest.mark.parametrize('name', ENDS)
def test_end(kiln, program, name):
    """One line names the signal, a fault's line the address too; the report is where the line says."""
    got = kiln(program(f'hostile/{name}'), memory=128 if name == 'out-of-memory' else None)
    assert got.status in statuses(ENDS[name]), got.err
    assert got.out == b''
    if name == 'out-of-memory' and got.status > 128:
        said = (rb'kiln: out of memory: the program needs \d+ bytes at 0x[0-9a-f]+ .*; '
                rb'\d+ of \d+ KiB are free\n')
        assert re.fullmatch(said, got.err), got.err
    elif got.status - 128 in QUIET:
        assert got.err == b''
    elif got.status > 128:
        number = signal.Signals(got.status - 128)
        said = rf'(?m)^kiln: killed by signal {number.value} \({number.name}\).*$'
        line = re.search(said, got.err.decode())
        assert line, got.err
        if number in FAULTS:
            assert re.search(r' at (0x)?[0-9a-f]+( in \S+|, where nothing is mapped)', line.group())
            assert str(ROOT / 'build' / 'last-crash.txt') in line.group()
            assert (ROOT / 'build' / 'last-crash.txt').read_text().strip()


def module(folder, name, **files):
    """A module whose command is /bin/NAME, with the given files in /bin."""
    where = folder / name
    where.mkdir()
    for file, content in files.items():
        (where / file).write_bytes(content)
        (where / file).chmod(0o755)
    (where / 'module.toml').write_text(f'command = ["/bin/{name}"]\n'
                                       + ('files = [{ from = "[!m]*", to = "/bin/" }]\n' if files else ''))
    return where


@pytest.mark.parametrize('content, status, words', [
    (None, 127, 'no such file'),
    (b'#!/no/interpreter\n', 127, '/no/interpreter'),
    (b'neither', 126, 'app'),
])
def test_cannot_start(kiln, tmp_path, content, status, words):
    """What run.py cannot know beforehand is said by the kernel."""
    files = {} if content is None else {'app': content}
    got = kiln(None, options=['--image', module(tmp_path, 'app', **files)])
    assert got.status == status
    assert got.err.startswith(b'kiln: ') and got.err.count(b'\n') == 1
    assert words in got.err.decode().lower()


def test_code_that_does_not_fit(kiln):
    """With next to no memory the program's code is read again and again: that has an end, and a line."""
    got = kiln('/usr/bin/python3', '-c', 'print("hi")', cpus=1, memory='3584K', options=('--root', 'disk'))
    assert got.status == 137
    assert b"kiln: out of memory: the program's code does not fit" in got.err


def test_memory_that_hardly_suffices(kiln):
    """Around the smallest memory a program does its work or ends with the reason; it never ends in silence."""
    for quarters in range(20, 24):
        got = kiln('/usr/bin/python3', '-c', 'print("hi")', cpus=1, memory=f'{quarters * 256}K',
                   options=('--root', 'disk'))
        if got.status == 0:
            assert got.out == b'hi\n'
        else:
            assert got.status == 137 and b'kiln: out of memory: ' in got.err, (quarters, got)
    assert got.status == 0
