"""scripts/bench: runs the microbenchmarks on Kiln and on the tuned Linux guest, and compares."""
from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, List, Optional

import kiln_guest
import linux_guest
import profile
import report
import servers
from network import can_make_namespaces
from rows import PROGRAMS

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'scripts'))

from kiln import image, setup  # noqa: E402
from kiln.errors import KilnError  # noqa: E402

BUILT = ROOT / 'build' / 'bench'
LINUX_KERNEL = BUILT / 'linux' / 'vmlinux'
LINUX_INIT = BUILT / 'linux' / 'init'
KILN_KERNEL = ROOT / 'build' / 'release.x64' / 'kernel-stripped.elf'
LINUX_RESULTS = BUILT / 'linux.json'
FULL = '128'                            # MiB
SETTINGS = ['MB_MS=2', 'MB_REPS=1']     # instructions are counted: long runs and repetitions add nothing
WALL_RUNS = 5
LINUX_BUILDING = ['gcc', 'make', 'flex', 'bison', 'bc', 'libelf-dev', 'xz-utils']
SHORT = 20                              # seconds for a hello, in which one with too little memory may hang
PARTS = ('boot', 'memory', 'size', 'libc', *PROGRAMS, 'servers')
# Rows with the built-in library, and the metrics that they are.
BUILTIN_ROWS = {'libc.boot': 'boot.tsc_at_main', 'libc.getpid': 'syscall.getpid', 'libc.getppid': 'syscall.getppid',
                'libc.malloc_free': 'malloc.1thread', 'libc.thread_create': 'thread.create_join'}
RESULT = re.compile(r'^([a-z]+\.\w+) (\S+) (\S+)', re.M)


class System:
    """A system under test: how to run a program on it, and the measurements of more than its output."""
    name = ''

    def output(self, program: str, settings: List[str], memory: str = FULL,
               icount: bool = True) -> Optional[str]:
        """What the program printed, or None (with a line on standard error) if it failed."""
        raise NotImplementedError

    def wall(self) -> Dict[str, float]:
        """One boot of hello without icount: milliseconds until the end, and QEMU's CPU time."""
        raise NotImplementedError

    def boot_with_network(self) -> Dict[str, float]:
        """Instructions until main with a card, if the system is measured for that."""
        return {}

    def serves_in(self, memory: str) -> bool:
        """Whether redis serves with so much memory; no, if the system is not measured for that."""
        return False

    def memory_steps(self) -> List[str]:
        """Sizes of memory to choose the smallest from, ascending."""
        raise NotImplementedError

    def kernel_size(self) -> float:
        """KB (1,000 bytes) of the stripped kernel."""
        raise NotImplementedError

    def builtin_library(self) -> Dict[str, float]:
        """What changes when programs are bound to the system's own C library, if it has one."""
        return {}

    def complain(self, program: str, why: str) -> None:
        """A program that failed is one line; its rows stay empty."""
        print(f'bench: {self.name}: {program}: {why}', file=sys.stderr)


class Kiln(System):
    """By scripts/run.py."""
    name = 'Kiln'

    def output(self, program: str, settings: List[str], memory: str = FULL,
               icount: bool = True) -> Optional[str]:
        timeout = 300 if memory == FULL else SHORT
        result = kiln_guest.run(BUILT / program, (), settings, memory, icount, timeout)
        if result.status != 0 and memory == FULL:
            self.complain(program, f'status {result.status}; {result.errors.strip()[-300:]}')
        return result.output if result.status == 0 or memory == FULL else None

    def wall(self) -> Dict[str, float]:
        stats = kiln_guest.run(BUILT / 'hello', icount=False).stats
        return {'boot.wall': stats['wall_s'] * 1e3, 'boot.cpu': stats['qemu_cpu_s'] * 1e3}

    def boot_with_network(self) -> Dict[str, float]:
        said = results_of(kiln_guest.run(BUILT / 'boot', (), SETTINGS, more=['--net', 'user']).output)
        return {'boot.network': said['boot.tsc_at_main'] / 1e6} if 'boot.tsc_at_main' in said else {}

    def serves_in(self, memory: str) -> bool:
        return can_make_namespaces() and servers.redis_serves_in(memory)

    def memory_steps(self) -> List[str]:
        return [f'{quarter * 256}K' for quarter in range(4, 129)]

    def kernel_size(self) -> float:
        return KILN_KERNEL.stat().st_size / 1000

    def builtin_library(self) -> Dict[str, float]:
        said: Dict[str, float] = {}
        for program in ('boot', 'syscall', 'sync', 'mem'):
            said.update(results_of(kiln_guest.run(BUILT / program, (), SETTINGS, libc='builtin').output))
        values = {key: said[metric] for key, metric in BUILTIN_ROWS.items() if metric in said}
        if 'libc.boot' in values:
            values['libc.boot'] /= 1e6
        root = image.of_program(str(BUILT / 'hello'), [], 'rofs', 'builtin')[0].root
        return {**values, 'libc.image': self.kernel_size() + root.stat().st_size / 1000}


class Linux(System):
    """The tuned guest."""
    name = 'Linux'

    def output(self, program: str, settings: List[str], memory: str = FULL,
               icount: bool = True) -> Optional[str]:
        timeout = 300 if memory == FULL else SHORT
        result = linux_guest.run(LINUX_KERNEL, LINUX_INIT, BUILT / program, (), settings, int(memory), icount,
                                 timeout)
        if result.status != 0 and memory == FULL:
            self.complain(program, f'status {result.status}; {result.output.strip()[-300:]}')
        return result.output if result.status == 0 else None

    def wall(self) -> Dict[str, float]:
        result = linux_guest.run(LINUX_KERNEL, LINUX_INIT, BUILT / 'hello', icount=False)
        return {'boot.wall': result.wall_s * 1e3, 'boot.cpu': result.qemu_cpu_s * 1e3}

    def memory_steps(self) -> List[str]:
        return [str(mib) for mib in range(8, 65)]

    def kernel_size(self) -> float:
        return LINUX_KERNEL.stat().st_size / 1000


def smallest(steps: List[str], works: Callable[[str], bool]) -> Optional[str]:
    """The first of the steps from which on it works, by bisection; None if the last does not."""
    if not works(steps[-1]):
        return None
    low, high = -1, len(steps) - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if works(steps[middle]) else (middle, high)
    return steps[high]


def mib(size: str) -> float:
    """MiB of a size as run.py takes it."""
    return int(size[:-1]) / 1024 if size.endswith('K') else float(size)


def results_of(text: str) -> report.Values:
    """METRIC VALUE UNIT lines; what could not be done is left out."""
    return {key: float(value) for key, value, _ in RESULT.findall(text) if value != 'NA'}


def measure_boot(system: System) -> report.Values:
    """Instructions until main, and the time of a whole run."""
    values: report.Values = {}
    for kind, program in (('dynamic', 'boot'), ('static', 'boot-static')):
        said = results_of(system.output(program, []) or '')
        if 'boot.tsc_at_main' in said:
            values[f'boot.{kind}'] = said['boot.tsc_at_main'] / 1e6
    values.update(system.boot_with_network())
    try:
        runs = [system.wall() for _ in range(WALL_RUNS)]
        values.update({key: statistics.median(r[key] for r in runs) for key in runs[0]})
    except KeyError:
        system.complain('hello', 'no times')
    return values


def measure_memory(system: System) -> report.Values:
    """The smallest memory in which hello still says hello, and redis serves."""
    values: report.Values = {}
    for kind, program in (('dynamic', 'hello'), ('static', 'hello-static')):
        size = smallest(system.memory_steps(), lambda m, p=program: system.output(p, [], m) == 'hello\n')
        if size is not None:
            values[f'memory.{kind}'] = mib(size)
    size = smallest([str(megabytes) for megabytes in range(4, 33)], system.serves_in)
    if size is not None:
        values['memory.redis'] = mib(size)
    return values


def measure(system: System, parts: List[str]) -> report.Values:
    """All that the parts ask for."""
    values: report.Values = {}
    for part in parts:
        print(f'bench: {system.name}: {part}', file=sys.stderr, flush=True)
        if part == 'boot':
            values.update(measure_boot(system))
        elif part == 'memory':
            values.update(measure_memory(system))
        elif part == 'size':
            values['size.kernel'] = system.kernel_size()
        elif part == 'libc':
            values.update(system.builtin_library())
        elif part == 'servers':
            values.update(servers.measure(system.name, LINUX_KERNEL, LINUX_INIT))
        else:
            values.update(results_of(system.output(part, SETTINGS) or ''))
    return values


def measure_linux(parts: List[str]) -> report.Values:
    """Linux's values, which are also kept for --no-linux."""
    values = remembered_linux()
    values.update(measure(Linux(), parts))
    LINUX_RESULTS.write_text(json.dumps(values, indent=1), encoding='ascii')
    return values


def remembered_linux() -> report.Values:
    """Those of the last run, if there was one."""
    return json.loads(LINUX_RESULTS.read_text(encoding='ascii')) if LINUX_RESULTS.exists() else {}


def set_up(jobs: int) -> int:
    """Builds the Linux kernel and its first process, once."""
    script = ROOT / 'tests' / 'bench' / 'linux' / 'build_kernel.sh'
    if not LINUX_KERNEL.exists():
        setup.install_packages(LINUX_BUILDING)
        subprocess.run(['env', f'JOBS={jobs}', str(script), str(LINUX_KERNEL.parent)], check=True)
    ninja('bench', 'bench-linux')
    print(f'bench: {LINUX_KERNEL.relative_to(ROOT)} is ready')
    return 0


def ninja(*targets: str) -> None:
    """Builds the benchmark programs."""
    subprocess.run(['ninja', '-f', 'tests/bench/bench.ninja', *targets], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)


def options(arguments: List[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog='scripts/bench', description=__doc__)
    parser.add_argument('--setup', action='store_true',
                        help='build the Linux kernel to compare with (10 CPU minutes)')
    parser.add_argument('-j', '--jobs', type=int, default=1, help='processors for --setup (1)')
    parser.add_argument('--only', metavar='PART,...', default=','.join(PARTS),
                        help=f'some of {",".join(PARTS)}')
    parser.add_argument('--no-linux', action='store_true', help="take Linux's values from the last run")
    parser.add_argument('--no-kiln', action='store_true', help='measure Linux alone')
    parser.add_argument('--profile', metavar='PART/METRIC',
                        help="where the kernel's instructions go, for example sync/switch.futex_roundtrip")
    chosen = parser.parse_args(arguments)
    chosen.parts = chosen.only.split(',')
    for part in chosen.parts:
        if part not in PARTS:
            parser.error(f'--only {part}: not one of {", ".join(PARTS)}')
    return chosen


def show_profile(row: str) -> int:
    """One row by function."""
    part, _, metric = row.partition('/')
    shown = profile.profile(BUILT / part, metric)
    print(shown or f'bench: {row}: no such row')
    return 0 if shown else 2


def main(arguments: List[str]) -> int:
    """Runs, shows, and writes the page if everything was measured."""
    chosen = options(arguments)
    if chosen.setup:
        try:
            return set_up(chosen.jobs)
        except KilnError as error:
            print(f'kiln: {error.line}', file=sys.stderr)
            return error.status
    ninja('bench')
    if not chosen.no_kiln:
        subprocess.run(['ninja', 'release'], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    if chosen.profile:
        return show_profile(chosen.profile)
    if not chosen.no_linux and not LINUX_KERNEL.exists():
        print('bench: no Linux to compare with; scripts/bench --setup builds it, --no-linux does without',
              file=sys.stderr)
        return 2
    linux = remembered_linux() if chosen.no_linux else measure_linux(chosen.parts)
    kiln = {} if chosen.no_kiln else measure(Kiln(), chosen.parts)
    shown = {key: value for key, value in linux.items() if key in kiln} if chosen.no_linux else linux
    report.show(kiln, shown)
    if kiln and chosen.parts == list(PARTS):
        page = ROOT / 'docs' / 'benchmarks.md'
        page.write_text(report.markdown(kiln, linux, ROOT), encoding='utf-8')
        print(f'bench: written to {page.relative_to(ROOT)}')
    return 0 if kiln or chosen.no_kiln else 1
