"""Servers on Kiln under load, over a tap in a network namespace: many connections, several CPUs, clients that behave
badly, and wires that lose frames."""
import hashlib
import random
import re
import subprocess
import time

import pytest
from machine import ROOT
from network import LossyNamespace, Namespace, Server, can_make_namespaces

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


@pytest.mark.parametrize('cpus', [1, 2, 4])
def test_redis_with_many_connections(namespace, cpus):
    with Server('redis', 6379, namespace, cpus=cpus, machine='q35') as redis:
        for connections in CONNECTIONS:
            out = redis.client('redis-benchmark', '-h', redis.host, '-t', 'set,get', '-n', 20 * connections + 2000,
                               '-c', connections, '-q').decode()
            assert out.count('requests per second') == 2, out
        assert redis.client('redis-cli', '-h', redis.host, 'PING') == b'PONG\n'


@pytest.mark.parametrize('image, port', [('nginx', 80), ('go-httpd', 8080)])
@pytest.mark.parametrize('cpus', [1, 2, 4])
def test_web_server_with_many_connections(namespace, image, port, cpus):
    with Server(image, port, namespace, cpus=cpus, machine='q35') as server:
        for connections in CONNECTIONS:
            out = server.client('wrk', '-t1', f'-c{connections}', '-d2s', '--timeout', '20s', f'{server.url}/').decode()
            assert 'Socket errors' not in out and 'Non-2xx' not in out, out
            assert int(re.search(r'(\d+) requests in', out).group(1)) > 0


def test_memcached_with_many_connections(namespace):
    with Server('memcached', 11211, namespace, cpus=2, machine='q35') as memcached:
        for connections in CONNECTIONS:
            out = memcached.client('memcslap', f'--servers={memcached.host}:11211',
                                   f'--concurrency={min(connections, 200)}', '--execute-number=50', '--test=set')
            assert b'ail' not in out


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


def test_large_transfer(namespace):
    with Server('go-httpd', 8080, namespace, cpus=2, machine='q35') as server:
        transfer(server, 1024)


@pytest.mark.parametrize('loss, duplicates, reordered, delay_ms, megabytes', [
    (100, 0, 100, 0, 128), (10, 50, 100, 5, 16), (500, 100, 200, 0, 4), (10, 0, 0, 50, 8)])
def test_lossy_wire(relay, loss, duplicates, reordered, delay_ms, megabytes):
    seed = random.getrandbits(32)
    print(f'seed {seed}')
    namespace = LossyNamespace(relay, seed, loss, duplicates, reordered, delay_ms)
    try:
        with Server('go-httpd', 8080, namespace, cpus=2, machine='q35') as server:
            transfer(server, megabytes)
    finally:
        namespace.delete()
