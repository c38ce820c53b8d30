"""Debian's servers on Kiln, asked by their real clients through forwarded ports."""
import hashlib
import random
import socket

import pytest
from network import Server

MACHINES = [('microvm', 1), ('q35', 2), ('pc', 1)]


@pytest.fixture(name='server', params=MACHINES, ids=lambda cell: f'{cell[0]}-{cell[1]}')
def fixture_server(request):
    """Starts a module; at most one at a time."""
    running = []
    machine, cpus = request.param

    def start(image, port, **keywords):
        running.append(Server(image, port, machine=machine, cpus=cpus, **keywords))
        return running[-1]
    yield start
    for server in running:
        server.stop()


def pattern(size):
    """What go-httpd sends for /bytes."""
    return (bytes(i * 7 % 256 for i in range(256)) * (size // 256 + 1))[:size]


@pytest.mark.parametrize('libc', ['own', 'builtin'])
def test_redis(server, libc):
    redis = server('redis', 6379, options=['--libc', libc])

    def ask(*words):
        return redis.client('redis-cli', '-h', redis.host, '-p', redis.reached, *words).decode().strip()
    assert ask('PING') == 'PONG'
    assert ask('SET', 'key', 'a value') == 'OK'
    assert ask('GET', 'key') == 'a value'
    big = random.Random(1).randbytes(200_000).hex()
    redis.client('redis-cli', '-h', redis.host, '-p', redis.reached, '-x', 'SET', 'big', input=big.encode())
    assert ask('GET', 'big') == big
    assert ask('LPUSH', 'list', *map(str, range(500))) == '500'
    assert ask('LRANGE', 'list', '0', '-1').split() == [str(i) for i in reversed(range(500))]
    assert 'redis_version' in ask('INFO')
    out = redis.client('redis-benchmark', '-h', redis.host, '-p', redis.reached, '-t', 'set,get', '-n', '2000',
                       '-c', '10', '-q').decode()
    assert out.count('requests per second') == 2


def test_memcached(server):
    memcached = server('memcached', 11211)
    with socket.create_connection((memcached.host, memcached.reached), 20) as connection:
        stream = connection.makefile('rwb')

        def ask(line, body=None, until=(b'END\r\n', b'STORED\r\n', b'DELETED\r\n', b'NOT_FOUND\r\n')):
            stream.write(line + b'\r\n' + (body + b'\r\n' if body is not None else b''))
            stream.flush()
            lines = []
            while not lines or lines[-1] not in until:
                lines.append(stream.readline())
            return b''.join(lines)
        value = random.Random(2).randbytes(100_000).replace(b'\r\n', b'..')
        assert ask(b'set k 7 0 %d' % len(value), value) == b'STORED\r\n'
        assert ask(b'get k') == b'VALUE k 7 %d\r\n' % len(value) + value + b'\r\nEND\r\n'
        assert ask(b'delete k') == b'DELETED\r\n'
        assert ask(b'get k') == b'END\r\n'
    out = memcached.client('memcslap', f'--servers={memcached.host}:{memcached.reached}', '--concurrency=10',
                           '--execute-number=100', '--test=get')
    assert b'Failed' not in out


def test_nginx(server, tmp_path):
    data = random.Random(3).randbytes(3_000_000)
    (tmp_path / 'data').write_bytes(data)
    nginx = server('nginx', 80, options=['--add', f'{tmp_path}/data:/srv/www/data'])
    assert b'Served by nginx' in nginx.client('curl', '-sS', '-f', f'{nginx.url}/')
    assert nginx.client('curl', '-sS', '-f', f'{nginx.url}/data') == data
    assert nginx.client('curl', '-sS', '-f', '-r', '1000000-1999999', f'{nginx.url}/data') == data[1000000:2000000]
    answer = nginx.client('curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', f'{nginx.url}/nothing')
    assert answer == b'404'
    many = nginx.client('curl', '-sS', '-f', *[f'{nginx.url}/' for _ in range(20)])     # one connection
    assert many.count(b'Served by nginx') == 20


def test_python(server):
    python = server('python-http', 8000)
    assert b'Served by Python' in python.client('curl', '-sS', '-f', f'{python.url}/index.html')
    assert b'Error response' in python.client('curl', '-sS', f'{python.url}/nothing')


def test_go(server):
    go = server('go-httpd', 8080)
    assert go.client('curl', '-sS', '-f', f'{go.url}/a/b') == b'Hello from Go: GET /a/b\n'
    assert go.client('curl', '-sS', '-f', f'{go.url}/bytes?n=1000001') == pattern(1000001)
    data = random.Random(4).randbytes(2_000_000)
    answer = go.client('curl', '-sS', '-f', '--data-binary', '@-', f'{go.url}/sum', input=data)
    assert answer.decode() == f'{len(data)} {hashlib.sha256(data).hexdigest()}\n'
