"""Real servers under load, on Kiln and on the tuned Linux guest: operations a second and QEMU's CPU time for one.

Both sides boot the same files (a module of modules/) on the same QEMU machine, one after the other on the same tap
in a network namespace, which keeps the load off the user-mode network: that one costs more than the guests.
"""
from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import linux_guest
from kiln import assemble, bootline, build, download, modules, tree
from network import GUEST, HOST, Namespace, Server, can_make_namespaces

ROOT = Path(__file__).resolve().parents[2]
MEMCACHED_LOAD = ROOT / 'build' / 'bench' / 'memcached_load'
MEMORY = 384            # Linux unpacks its files into RAM
RUNS = 3                # of which the median counts
SECONDS = 2
START_LIMIT = 60
NGINX_CONFIG = '''user root; daemon off; master_process off; pid /run/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
    access_log off; sendfile SENDFILE; tcp_nopush SENDFILE; keepalive_requests 1000000;
    server { listen 80; root /srv/www; }
}
'''
Values = Dict[str, float]


@dataclass
class Load:
    """One row: what is asked, and how to read how many operations it was."""
    key: str
    command: List[str]
    operations: Callable[[str], float]


@dataclass
class Application:
    """A server and its loads."""
    module: str
    port: int
    loads: List[Load]
    files: Dict[str, bytes] = field(default_factory=dict)
    command: List[str] = field(default_factory=list)        # if not the module's own
    user_time: Tuple[str, str] = ('', '')       # a question and the pattern of the answer: seconds in its own code


def first_number(pattern: str) -> Callable[[str], float]:
    """The number that a pattern finds in a client's output."""
    def find(text: str) -> float:
        match = re.search(pattern, text)
        if not match:
            raise ValueError(f'no result in {text[-200:]!r}')
        return float(match.group(1))
    return find


def redis_loads() -> List[Load]:
    """SET and GET; the number of requests is chosen for a run of seconds."""
    loads = []
    for connections, pipeline, requests in ((1, 1, 5000), (1, 16, 80000), (20, 1, 20000), (20, 16, 200000)):
        for kind in ('set', 'get'):
            command = ['redis-benchmark', '-h', GUEST, '-t', kind, '-n', str(requests), '-c', str(connections), '-P',
                       str(pipeline), '-d', '64', '-q']
            loads.append(Load(f'redis.{kind}_{connections}_{pipeline}', command, lambda _, n=requests: n))
    return loads


def memcached_loads() -> List[Load]:
    """get and set."""
    return [Load(f'memcached.{kind}_20_{pipeline}',
                 [str(MEMCACHED_LOAD), GUEST, '11211', kind, '20', str(pipeline), str(SECONDS)],
                 first_number(r'(\d+) operations'))
            for pipeline in (1, 16) for kind in ('set', 'get')]


def nginx(name: str, sendfile: str) -> Application:
    """Files of two sizes over 20 connections that stay."""
    loads = [Load(f'{name}.{size}k', ['wrk', '-t1', '-c20', f'-d{SECONDS}s', f'http://{GUEST}/{size}k'],
                  first_number(r'(\d+) requests in')) for size in (1, 100)]
    config = NGINX_CONFIG.replace('SENDFILE', sendfile).encode()
    files = {f'/srv/www/{size}k': bytes(size << 10) for size in (1, 100)}
    return Application('nginx', 80, loads, {**files, '/etc/nginx/bench.conf': config},
                       ['/usr/sbin/nginx', '-c', '/etc/nginx/bench.conf'])


APPLICATIONS = [
    Application('redis', 6379, redis_loads(), user_time=('INFO cpu\r\n', r'used_cpu_user:([\d.]+)')),
    Application('memcached', 11211, memcached_loads(), user_time=('stats\r\n', r'rusage_user ([\d.]+)')),
    nginx('nginx', 'on'),
    nginx('nginx_plain', 'off'),
]


def measure(system: str, kernel: Optional[Path] = None, init: Optional[Path] = None) -> Values:
    """All rows of one system; an application that fails is one line, and its rows stay empty."""
    values: Values = {}
    if not can_make_namespaces():
        print('bench: servers: needs root and /dev/net/tun for a network namespace')
        return values
    for application in APPLICATIONS:
        try:
            with started(system, application, kernel, init) as (namespace, qemu):
                for load in application.loads:
                    values.update(under_load(namespace, qemu, application, load))
        except (OSError, ValueError, AssertionError, subprocess.SubprocessError) as error:
            print(f'bench: {system}: {application.module}: {error}')
    return values


def under_load(namespace: Namespace, qemu: int, application: Application, load: Load) -> Values:
    """Medians of the rate and of the times, in microseconds for one operation."""
    rates, costs, own = [], [], []
    for _ in range(RUNS):
        user, before, begin = user_seconds(namespace, application), cpu_seconds(qemu), time.monotonic()
        operations = load.operations(namespace.run(*load.command, timeout=120))
        rates.append(operations / (time.monotonic() - begin))
        costs.append((cpu_seconds(qemu) - before) / operations * 1e6)
        own.append((user_seconds(namespace, application) - user) / operations * 1e6)
    values = {load.key: statistics.median(rates), f'{load.key}_cpu': statistics.median(costs)}
    return {**values, f'{load.key}_user': statistics.median(own)} if application.user_time[0] else values


def user_seconds(namespace: Namespace, application: Application) -> float:
    """What the server says that its own code took so far; 0 if it cannot tell."""
    question, pattern = application.user_time
    if not question:
        return 0
    script = (f'import re, socket; s = socket.create_connection(("{GUEST}", {application.port}), 10); said = ""\n'
              f's.sendall({question.encode()!r})\n'
              f'while not re.search({pattern!r}, said): said += s.recv(65536).decode()\n'
              f'print(re.search({pattern!r}, said)[1])')
    return float(namespace.run('/usr/bin/python3', '-c', script, timeout=60))


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f'/proc/{pid}/stat').read_text(encoding='ascii').rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


@contextmanager
def started(system: str, application: Application, kernel: Optional[Path],
            init: Optional[Path]) -> Iterator[Tuple[Namespace, int]]:
    """The server in its machine, answering; the namespace and QEMU's process."""
    namespace = Namespace()
    try:
        with tempfile.TemporaryDirectory(prefix='bench-server-') as scratch:
            line = (kiln_command(application, Path(scratch)) if system == 'Kiln'
                    else linux_command(application, kernel, init, Path(scratch)))
            with subprocess.Popen(namespace.command(*line), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                try:
                    wait_until_it_answers(namespace, process, application.port)
                    yield namespace, qemu_of(process.pid)
                finally:
                    process.send_signal(signal.SIGTERM)
                    try:
                        process.wait(20)
                    except subprocess.TimeoutExpired:
                        process.kill()
    finally:
        namespace.delete()


def wait_until_it_answers(namespace: Namespace, process: subprocess.Popen, port: int) -> None:
    """A connection succeeds."""
    script = f'import socket; socket.create_connection(("{GUEST}", {port}), 1)'
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ValueError(f'the machine ended with status {process.returncode}')
        if subprocess.run(namespace.command('/usr/bin/python3', '-c', script), capture_output=True,
                          check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise ValueError('the server does not answer')


def qemu_of(pid: int) -> int:
    """The process itself, or the child of run.py that is QEMU."""
    children = Path(f'/proc/{pid}/task/{pid}/children').read_text(encoding='ascii').split()
    for candidate in [pid, *map(int, children)]:
        if 'qemu' in Path(f'/proc/{candidate}/comm').read_text(encoding='ascii'):
            return candidate
    raise ValueError('QEMU is not there')


def kiln_command(application: Application, scratch: Path) -> List[str]:
    """run.py on the tap."""
    line = [str(ROOT / 'scripts' / 'run.py'), '--machine', 'microvm', '-m', str(MEMORY), '--accel', 'tcg', '--root',
            'ram', '--image', application.module, '--net', 'tap', '--ip', f'{GUEST}/24,{HOST}']
    for guest, content in application.files.items():
        file = scratch / Path(guest).name
        file.write_bytes(content)
        line += ['--add', f'{file}:{guest}']
    return line + (['--', *application.command] if application.command else [])


def linux_command(application: Application, kernel: Optional[Path], init: Optional[Path],
                  scratch: Path) -> List[str]:
    """QEMU with the tuned kernel and the module's files as its initramfs."""
    assert kernel is not None and init is not None
    initrd = scratch / 'initrd'
    initrd.write_bytes(linux_root(application, init))
    return [*linux_guest.command(kernel, str(initrd), MEMORY, icount=False), '-global',
            'virtio-mmio.force-legacy=false', '-netdev', 'tap,id=net,ifname=tap0,script=no,downscript=no', '-device',
            'virtio-net-device,netdev=net']


def linux_root(application: Application, init: Path) -> bytes:
    """The same files that Kiln's image has, and the first process."""
    chosen: Sequence = modules.Finder().ordered([application.module])
    files = tree.Tree()
    for module in chosen:
        assemble.add_module(files, module)
    download.add(files, chosen)
    for guest, content in application.files.items():
        files.add_file(guest, content)
    files.add_host(str(init), 'init', '/init')
    program = bootline.Program.of_words(bootline.parse(build.own_words(chosen)))
    lines = [f'net {GUEST} 255.255.255.0 {HOST}', f'cd {program.cwd}']
    lines += [f'env {name}={value}' for name, value in program.environment.items()]
    lines += [f'arg {word}' for word in application.command or program.argv]
    files.add_file('/guest.cfg', '\n'.join(lines + ['']).encode())
    return linux_guest.archive(files)


def redis_serves_in(memory: str) -> bool:
    """Whether ten clients of redis on Kiln get back what they stored, with so much memory (as run.py's -m takes it)."""
    clients = ROOT / 'tests' / 'system' / 'many_clients.py'
    namespace = Namespace()
    try:
        with Server('redis', 6379, namespace, memory=memory, options=['--root', 'disk', '--accel', 'tcg']) as server:
            return server.client('/usr/bin/python3', clients, 'redis', server.host, 6379, 10, 10) == b'10 right\n'
    except (AssertionError, subprocess.TimeoutExpired):
        return False
    finally:
        namespace.delete()
