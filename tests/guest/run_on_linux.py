#!/usr/bin/python3
"""Runs the guest tests on this machine's Linux: the oracle. Whatever fails here is a wrong test.

    tests/guest/run_on_linux.py [PATTERN...]     builds build/guest and runs it; status 1 if anything failed

The families run in /tmp and, because Kiln's /tmp is one, on a tmpfs; then the programs, whose output must be
NAME.out beside their source; then those that die (hostile/expected.txt). On a busy machine the tests of fair
shares are left out, since other programs take theirs.
"""
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / 'tests' / 'guest'
BUILT = ROOT / 'build' / 'guest'
MEMORY_LIMIT = 1 << 30  # for the program that takes all there is


def build():
    subprocess.run(['ninja', '-f', 'tests/guest/guest.ninja', 'guest'], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


def run_families(program, tmpdir, patterns):
    """True if every test that matches the patterns passed."""
    command = [str(BUILT / program), '-v']
    if os.getloadavg()[0] > 0.3:
        command += ['-x', 'scheduling/fair*']
    env = {**os.environ, 'TMPDIR': tmpdir}
    print(f'{program} in {tmpdir}: ', end='', flush=True)
    try:
        done = subprocess.run(
            command + patterns, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
        )
    except subprocess.TimeoutExpired as e:
        last = (e.stdout or b'').decode(errors='replace').strip().splitlines()[-1:]
        print(f'timed out after {last}')
        return False
    lines = done.stdout.splitlines()
    print(lines[-1].removeprefix('# ') if lines else 'no output', f'(status {done.returncode})')
    for line in lines:
        if line.startswith('not ok'):
            print('   ', line)
    return done.returncode == 0


def run_programs():
    """True if each program with a .out file beside it printed just that."""
    good = True
    for want in sorted(HERE.glob('*/*.out')):
        for variant in ('', '-static', '-static-pie', '-musl', '-musl-static', '-go', '-rust'):
            program = BUILT / (want.stem + variant)
            if not program.exists() or (want.parent.name == 'programs') == (variant in ('-go', '-rust')):
                continue
            if want.parent.name != 'programs' and variant != '-' + want.parent.name:
                continue
            done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=60)
            if done.stdout != want.read_text() or done.returncode != 0:
                print(f'not ok {program.name}: got {done.stdout!r} status {done.returncode}')
                good = False
            else:
                print(f'ok {program.name}')
    return good


def expected_statuses(text):
    """What subprocess calls the outcomes in the right column of expected.txt: {-11, 42}, say."""
    outcomes = set()
    for word in text.split(' or '):
        exit_code = re.fullmatch(r'exit (\d+)', word.strip())
        outcomes.add(int(exit_code.group(1)) if exit_code else -int(word))
    return outcomes


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_hostile():
    """True if each hostile program ended as the table says."""
    good = True
    for line in (HERE / 'hostile' / 'expected.txt').read_text().splitlines():
        if line.startswith('#'):
            continue
        name, want = line.split(maxsplit=1)
        done = subprocess.run(
            [BUILT / 'hostile' / name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            preexec_fn=limit_memory,
        )
        right = done.returncode in expected_statuses(want)
        print('ok' if right else 'not ok', name, '' if right else f'got {done.returncode}, expected {want}')
        good = good and right
    return good


def main():
    patterns = sys.argv[1:]
    build()
    results = [run_families('guest-tests', '/tmp', patterns)]
    if not patterns:
        results.append(run_families('guest-tests', '/dev/shm', patterns))
        results.append(run_families('guest-tests-static', '/tmp', patterns))
        results.append(run_programs())
        results.append(run_hostile())
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
