"""Servers on Kiln under load, over a tap in a network namespace: many connections, several CPUs, clients that behave
badly, and wires that lose frames."""
import filecmp
import hashlib
import random
import re
import subprocess
import time
from pathlib import Path

import pytest
from machine import ROOT
from network import GUEST, PEER, LossyNamespace, Namespace, Server, can_make_namespaces

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not can_make_namespaces(), reason='needs root and /dev/net/tun')]
CONNECTIONS = (1, 10, 100, 1000)


@pytest.fixture(name='namespace')
def fixture_namespace():
    """A network of the test's own."""
    made = Namespace()
    yield made
    made.delete()


@pytest.fixture(name='relay', scope='session')
def fixture_relay(tmp_path_factory):
    """lossy_wire, built."""
    program = tmp_path_factory.mktemp('relay') / 'lossy_wire'
    subprocess.run(['gcc', '-O2', '-o', program, ROOT / 'tests' / 'system' / 'lossy_wire.c'], check=True)
    return program


def what_to_fetch(module, page):
    """KIND of many_clients.py for one of the modules."""
    if module in ('redis', 'memcached'):
        return module
    body = page.read_bytes() if page else b'Hello from Go: GET /a\n'
    return f'http:{"/" if page else "/a"}={hashlib.sha256(body).hexdigest()}'


@pytest.mark.parametrize('cpus', [1, 2, 4])
@pytest.mark.parametrize('module, port, page', [
    ('redis', 6379, None), ('memcached', 11211, None), ('go-httpd', 8080, None),
    ('nginx', 80, ROOT / 'modules/nginx/www/index.html'),
    ('python-http', 8000, ROOT / 'modules/python-http/www/index.html')])
def test_many_connections(namespace, module, port, page, cpus):
    clients = Path(__file__).parent / 'many_clients.py'
    with Server(module, port, namespace, cpus=cpus, machine='q35', memory=512) as server:
        for connections in CONNECTIONS:
            out = server.client('/usr/bin/python3', clients, what_to_fetch(module, page), server.host, port,
                                connections, max(3, 100 // connections)).decode()
            assert out == f'{connections} right\n'


def test_benchmark_clients(namespace):
    """The clients that count: as fast as they can, with redis's, memcached's and the web's own."""
    with Server('redis', 6379, namespace, cpus=2, machine='q35') as redis:
        for connections in CONNECTIONS:
            out = redis.client('redis-benchmark', '-h', redis.host, '-t', 'set,get', '-n', 20 * connections + 2000,
                               '-c', connections, '-q').decode()
            assert out.count('requests per second') == 2, out
    with Server('memcached', 11211, namespace, cpus=2, machine='q35') as memcached:
        out = memcached.client('memcslap', f'--servers={memcached.host}:11211', '--concurrency=200',
                               '--execute-number=50', '--test=set')
        assert b'ail' not in out
    with Server('nginx', 80, namespace, cpus=2, machine='q35') as nginx:
        for connections in CONNECTIONS:
            out = nginx.client('wrk', '-t1', f'-c{connections}', '-d2s', '--timeout', '20s', f'{nginx.url}/').decode()
            assert 'Socket errors' not in out and 'Non-2xx' not in out, out
            assert int(re.search(r'(\d+) requests in', out).group(1)) > 0


def test_several_queues():
    namespace = Namespace(queues=4)
    try:
        with Server('go-httpd', 8080, namespace, cpus=4, machine='q35') as server:
            out = server.client('wrk', '-t2', '-c64', '-d3s', f'{server.url}/').decode()
            assert 'Socket errors' not in out, out
    finally:
        namespace.delete()


MISBEHAVING = r'''
import resource, socket, struct, sys
host, port, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
def connect():
    return socket.create_connection((host, port), 20)
kept = []
if kind == 'idle':
    kept = [connect() for _ in range(5000)]
elif kind == 'half a request':
    for _ in range(500):
        kept.append(connect())
        kept[-1].sendall(b'GET / HTTP/1.1\r\nHost:')
elif kind == 'never reads':
    for _ in range(20):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect((host, port))
        s.sendall(b'GET /bytes?n=100000000 HTTP/1.1\r\nHost: x\r\n\r\n')
        kept.append(s)
elif kind == 'resets':
    for _ in range(500):
        s = connect()
        s.sendall(b'GET /bytes?n=1000000 HTTP/1.1\r\nHost: x\r\n\r\n')
        s.recv(1000)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        s.close()
elif kind == 'short':
    for _ in range(5000):
        with connect() as s:
            s.sendall(b'GET / HTTP/1.0\r\n\r\n')
            while s.recv(4096):
                pass
print('done', flush=True)
sys.stdin.read()
'''


@pytest.mark.parametrize('kind', ['idle', 'half a request', 'never reads', 'resets', 'short'])
def test_clients_that_behave_badly(namespace, kind):
    with Server('go-httpd', 8080, namespace, cpus=2, machine='q35', memory=512) as server:
        words = ['/usr/bin/python3', '-c', MISBEHAVING, server.host, '8080', kind]
        with subprocess.Popen(namespace.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
            assert client.stdout.readline() == b'done\n'
            begin = time.monotonic()
            assert server.client('curl', '-sS', '-f', '-m', '20', f'{server.url}/ok') == b'Hello from Go: GET /ok\n'
            assert time.monotonic() - begin < 10
            client.stdin.close()
        assert server.client('curl', '-sS', '-f', '-m', '20', f'{server.url}/ok') == b'Hello from Go: GET /ok\n'


def transfer(server, megabytes):
    """Down and up, both byte-exact; the seconds of each."""
    size, limit = megabytes << 20, 3000
    begin = time.monotonic()
    got = server.client('curl', '-sS', '-f', '-m', limit, f'{server.url}/bytes?n={size}', timeout=limit + 50)
    down = time.monotonic() - begin
    period = bytes(i * 7 % 256 for i in range(256))
    assert len(got) == size and got == period * (size // 256)
    source = random.Random(size)
    data = b''.join(source.randbytes(1 << 20) for _ in range(megabytes))    # it makes less than 256 MiB at once
    begin = time.monotonic()
    answer = server.client('curl', '-sS', '-f', '-m', limit, '-H', 'Expect:', '-T', '-',
                           f'{server.url}/sum', input=data, timeout=limit + 50)
    up = time.monotonic() - begin
    assert answer.decode() == f'{size} {hashlib.sha256(data).hexdigest()}\n'
    return down, up


UPLOAD = """
    location /upload/ {
        root /tmp;
        client_body_temp_path /tmp/body;
        create_full_put_path on;
        dav_methods PUT;
    }
"""


def up_and_down(namespace, tmp_path, megabytes):
    """A file that nginx takes and stores under /tmp, and what it then sends."""
    settings, limit = (ROOT / 'modules/nginx/etc/kiln.conf').read_text(encoding='utf-8'), 6000
    head, mark, tail = settings.partition('        root /srv/www;\n')
    (tmp_path / 'upload.conf').write_text(head + UPLOAD + mark + tail, encoding='utf-8')
    sent, got = tmp_path / 'sent', tmp_path / 'got'
    with open(sent, 'wb') as file:
        source = random.Random(megabytes)
        for _ in range(megabytes):
            file.write(source.randbytes(1 << 20))
    with Server('nginx', 80, namespace, cpus=2, machine='q35', memory=512 + 2 * megabytes,
                options=['--add', f'{tmp_path}/upload.conf:/etc/nginx/upload.conf'],
                command=['/usr/sbin/nginx', '-c', '/etc/nginx/upload.conf']) as nginx:
        for words in (['-T', sent], ['-o', got]):
            nginx.client('curl', '-sS', '-f', '-m', limit, *words, f'{nginx.url}/upload/file', timeout=limit + 50)
    assert filecmp.cmp(sent, got, shallow=False)
    sent.unlink()
    got.unlink()


def test_gigabyte_through_nginx(namespace, tmp_path):
    up_and_down(namespace, tmp_path, 1024)


def test_large_file_over_lossy_wire(relay, tmp_path, pytestconfig):
    """One frame of a hundred is lost and one comes too late; a gigabyte with scripts/test --all."""
    seed = random.getrandbits(32)
    print(f'seed {seed}')
    namespace = LossyNamespace(relay, seed, loss=100, reordered=100)
    try:
        up_and_down(namespace, tmp_path, 1024 if pytestconfig.getoption('--full-matrix') else 100)
    finally:
        namespace.delete()


@pytest.mark.parametrize('loss, duplicates, reordered, delay_ms, megabytes', [
    (10, 50, 100, 5, 16), (500, 100, 200, 0, 4), (10, 0, 0, 50, 8)])
def test_lossy_wire(relay, loss, duplicates, reordered, delay_ms, megabytes):
    seed = random.getrandbits(32)
    print(f'seed {seed}')
    namespace = LossyNamespace(relay, seed, loss, duplicates, reordered, delay_ms)
    try:
        with Server('go-httpd', 8080, namespace, cpus=2, machine='q35') as server:
            transfer(server, megabytes)
    finally:
        namespace.delete()


STREAMS, ROUNDS = 16, 6


def rates_beside_linux(namespace, kind, size):
    """What an average stream to Kiln and one to Linux carry, both at once, so that they share the wire's and this
    machine's bad moments."""
    words = ['/usr/bin/python3', Path(__file__).parent / 'bulk_streams.py', kind]
    clients = [subprocess.Popen(namespace.command(*words, host, STREAMS, size), stdout=subprocess.PIPE)
               for host in (GUEST, PEER)]
    rates = []
    for client in clients:
        out, _ = client.communicate(timeout=600)
        assert client.returncode == 0
        rates.append(float(out))
    return rates


def ratio_to_linux(namespace, kind, size):
    """Of all rounds together; one says little, where each stream meets losses of its own."""
    rates = [rates_beside_linux(namespace, kind, size) for _ in range(ROUNDS)]
    return sum(kiln for kiln, _ in rates) / sum(linux for _, linux in rates)


@pytest.mark.parametrize('loss, size', [(10, 4_000_000), (100, 1_000_000), (500, 250_000)])
def test_as_fast_as_linux_with_loss(relay, loss, size):
    """Each way at least 0.7 of what Linux has from Linux over the same wire with a round trip of 100 ms."""
    seed = random.getrandbits(32)
    namespace = LossyNamespace(relay, seed, loss, delay_ms=50)
    script = Path(__file__).parent / 'bulk_streams.py'
    try:
        peer = [*namespace.add_linux_peer(), '/usr/bin/python3', script, 'serve']
        with subprocess.Popen([str(word) for word in peer]) as linux:
            try:
                with Server('python3', 8080, namespace, cpus=2, machine='q35',
                            command=('/usr/bin/python3', '-c', script.read_text(encoding='utf-8'), 'serve')):
                    for kind in ('get', 'put'):
                        ratio = ratio_to_linux(namespace, kind, size)
                        print(f'seed {seed}, loss {loss}, {kind}: {ratio:.2f}')
                        assert ratio > 0.7
            finally:
                linux.kill()
        namespace.remove_linux_peer()
    finally:
        namespace.delete()
