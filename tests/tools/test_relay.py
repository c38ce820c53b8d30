"""Streams, status and ends of run.py against a guest made of Python."""
import hashlib
import json
import os
import signal
import subprocess
import time

import pytest
from repository import ROOT, RUN


def wait_for(condition, seconds=10.0):
    """Polls until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.02)


def test_out_and_err_are_apart_and_exact(relay):
    done = relay('apart')
    assert done.stdout == bytes(range(256))
    assert done.stderr == bytes(reversed(range(256)))
    assert done.returncode == 0


def test_input_returns_and_ends(relay):
    data = os.urandom(3_000_001)
    done = relay('echo', input=data)
    assert done.returncode == 0
    assert done.stdout == data


def test_empty_input(relay):
    assert relay('echo').returncode == 0


@pytest.mark.parametrize('size', [64 << 20])
def test_back_pressure(fake_env, size):
    """A slow reader holds the guest up; nothing piles up in run.py and nothing is lost."""
    with subprocess.Popen([RUN, '--exec', '/bin/true', '--', 'source', str(size)], env=fake_env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        time.sleep(1)
        with open(f'/proc/{process.pid}/status', encoding='ascii') as file:
            resident = next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))
        assert resident < 60_000
        total = hashlib.sha256()
        count = 0
        while data := process.stdout.read(1 << 20):
            total.update(data)
            count += len(data)
        assert process.wait(10) == 0
    assert count == size
    assert total.digest() == hashlib.sha256(bytes(range(256)) * (size // 256)).digest()


def test_reader_that_goes_away(fake_env):
    """run.py | head: the guest learns that nobody reads."""
    with subprocess.Popen([RUN, '--exec', '/bin/true', '--', 'yes'], env=fake_env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.read(1000)
        process.stdout.close()
        assert process.wait(10) == 128 + signal.SIGPIPE


@pytest.mark.parametrize('wait_status, expected', [(0, 0), (7 << 8, 7), (255 << 8, 255), (11, 139),
                                                   (139, 139), (6, 134), (127 << 8, 127), (126 << 8, 126)])
def test_status(relay, wait_status, expected):
    assert relay('status', str(wait_status)).returncode == expected


def test_log_lines(relay):
    done = relay('status', '0', 'log something to know', 'refused socket(2): not there')
    assert done.stderr == b'kiln: something to know\n'


def test_refusals_are_shown_when_the_program_fails(relay):
    done = relay('status', '256', 'refused socket(2): not there')
    assert done.stderr == b'kiln: socket(2): not there\n'


def test_crash_report_is_kept_and_named(relay):
    done = relay('status', '11', 'log killed by signal 11 (SIGSEGV) at 0x0 in /a+0x1', 'report rip 0x1234')
    crash = ROOT / 'build' / 'last-crash.txt'
    assert done.stderr.decode() == f'kiln: killed by signal 11 (SIGSEGV) at 0x0 in /a+0x1 (report: {crash})\n'
    assert crash.read_text() == 'rip 0x1234\n'


def test_timeout(relay):
    done = relay('hang', options=['--timeout', '0.5'])
    assert done.returncode == 124
    assert done.stderr == b'kiln: time-out after 0.5 s: the machine was ended\n'


def test_panic(relay):
    done = relay('panic', 'kiln: #0 0x1 start+0x1')
    assert done.returncode == 125
    assert b'kiln: panic: assert failed\nkiln: #0 0x1 start+0x1\nkiln: halted\n' in done.stderr
    assert done.stdout == b''


def test_end_without_status(relay):
    done = relay('silent')
    assert done.returncode == 125
    assert b'kiln: no root disk\n' in done.stderr


def test_lost_output(relay):
    done = relay('short')
    assert done.returncode == 125
    assert done.stdout == b'half'
    assert done.stderr == b'kiln: output was lost: 4 of 8 bytes of stdout arrived\n'


def test_qemu_missing(relay, fake_env):
    fake_env['KILN_QEMU'] = '/nonexistent/qemu'
    done = relay('status', '0')
    assert done.returncode == 125
    assert b'install the package qemu-system-x86' in done.stderr
    assert done.stderr.count(b'\n') == 1


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_program(fake_env, number):
    with subprocess.Popen([RUN, '--exec', '/bin/true', '--', 'signalled'], env=fake_env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b'ready\n'
        process.send_signal(number)
        assert process.stdout.read() == b'signal %d' % number
        assert process.wait(10) == 128 + number


def test_kill_9_takes_the_machine_along(fake_env, tmp_path):
    pid_file = tmp_path / 'pid'
    with subprocess.Popen([RUN, '--exec', '/bin/true', '--', 'hang', pid_file], env=fake_env,
                          stdin=subprocess.DEVNULL) as process:
        wait_for(pid_file.exists)
        guest = int(pid_file.read_text())
        os.kill(guest, 0)
        process.kill()
    wait_for(lambda: not is_running(guest))


def is_running(pid):
    """Whether a process of that number runs (and is not a zombie)."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
            return file.read().rpartition(')')[2].split()[0] not in 'ZX'
    except OSError:
        return False


def test_stats_line(relay):
    done = relay('apart', options=['--stats'])
    numbers = json.loads(done.stderr[256:])
    assert set(numbers) == {'wall_s', 'first_output_s', 'qemu_cpu_s', 'entry_ns'}
    assert numbers['entry_ns'] == 123456
    assert 0 < numbers['first_output_s'] <= numbers['wall_s']


def test_words_for_the_guest(relay):
    done = relay('words', 'a b%"ü', options=['--env', 'X=1 2', '--cwd', '/tmp', '--root', 'disk'])
    words = done.stdout.decode().split('\n')
    assert 'kiln.root=disk' in words
    assert 'kiln.arg=a%20b%25%22%C3%BC' in words
    assert 'kiln.env=X=1%202' in words
    assert 'kiln.env=HOME=/root' in words
    assert 'kiln.cwd=/tmp' in words
    assert 'kiln.stdin=null' in words


def test_long_command_lines_take_the_other_way(relay):
    words = relay('words', 'x' * 5000).stdout.decode().split('\n')
    assert 'kiln.arg=' + 'x' * 5000 in words


def test_closed_streams(fake_env):
    done = subprocess.run(['sh', '-c', f'{RUN} --exec /bin/true -- status 0 >&- 2>&- <&-'], env=fake_env,
                          timeout=20, check=False)
    assert done.returncode == 0


def test_terminal(fake_env):
    """On a terminal: raw mode, size, Ctrl-C as a byte; the old mode is back afterwards."""
    import fcntl
    import pty
    import struct
    import termios
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
    before = termios.tcgetattr(slave)
    with subprocess.Popen([RUN, '--exec', '/bin/true', '--', 'terminal', '4'], env=fake_env, stdin=slave,
                          stdout=slave, stderr=slave, start_new_session=True) as process:
        assert read_until(master, b'ready\r\n').endswith(b'ready\r\n')
        assert not termios.tcgetattr(slave)[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 50, 132, 0, 0))
        process.send_signal(signal.SIGWINCH)
        os.write(master, b'a\x03\r\n')
        assert b"winsize 50 132 b'a\\x03\\r\\n'" in read_until(master, b"'\r\n")
        assert process.wait(10) == 0
    assert termios.tcgetattr(slave) == before


def read_until(fd, end):
    """Reads a terminal until it has shown the end."""
    data = b''
    while not data.endswith(end):
        data += os.read(fd, 1000)
    return data
