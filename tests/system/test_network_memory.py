"""What connections cost the kernel, and that nobody can make it give more than it has: over a tap in a network
namespace, against probe_server.py."""
import subprocess
import time

import pytest
from network import Namespace, Probe, can_make_namespaces

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not can_make_namespaces(), reason='needs root and /dev/net/tun')]

# Many connections that make one request each, and with 'unread' send until nothing goes any more.
CROWD = r'''
import resource, socket, sys
host, port, count, request = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].encode()
resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
kept = []
for _ in range(count):
    s = socket.socket()
    s.settimeout(20)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect((host, port))
    s.sendall(request)
    s.setblocking(False)
    kept.append(s)
for s in kept if b'unread' in request else ():
    try:
        while s.send(bytes(100000)):
            pass
    except BlockingIOError:
        pass
print('done', flush=True)
sys.stdin.read()
'''


@pytest.fixture(name='namespace')
def fixture_namespace():
    """A network of the test's own."""
    made = Namespace()
    yield made
    made.delete()


class Crowd:
    """Runs CROWD beside the test."""

    def __init__(self, server, count, request):
        words = ['/usr/bin/python3', '-c', CROWD, server.host, server.reached, count, request]
        self.process = subprocess.Popen(server.namespace.command(*words), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b'done\n'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.mark.parametrize('request_line', ['GET ?endless', 'POST ?unread'])
def test_queues_do_not_take_all_memory(namespace, request_line):
    """Without a bound, 500 send buffers or windows would be several times this machine's 32 MiB."""
    with Probe(namespace, memory=32) as server:
        before = server.meminfo()['MemFree']
        limit = int(server.file('/proc/sys/net/ipv4/tcp_mem').split()[2])
        with Crowd(server, 500, request_line):
            for _ in range(5):
                time.sleep(0.5)
                assert server.meminfo()['MemFree'] > before // 3
                assert server.tcp_memory() < 2 * limit
            assert server.counters()['TcpExt']['TCPMemoryPressures'] > 0
        if 'endless' in request_line:
            time.sleep(2)
            assert server.tcp_memory() == 0
            assert server.meminfo()['MemFree'] > before * 9 // 10


def test_idle_connections_are_small(namespace):
    """All that a connection costs the kernel, descriptor and watch of epoll included."""
    count = 5000
    with Probe(namespace) as server:
        for _ in range(3):
            before = server.meminfo()
        with Crowd(server, count, ''):
            after = server.meminfo()
            assert (before['MemFree'] - after['MemFree']) * 1024 / count < 1536
        time.sleep(2)
        assert server.meminfo()['MemFree'] > before['MemFree'] * 0.99


# COUNT connections one after the other, each with a request and its whole answer.
SHORT = r'''
import socket, sys
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for _ in range(count):
    with socket.create_connection((host, port), 60) as s:
        s.sendall(b'GET ?descriptors HTTP/1.0\r\n\r\n')
        answer = b''
        while piece := s.recv(4096):
            answer += piece
    assert answer.startswith(b'HTTP/1.0 200'), answer
'''


def run_short(server, processes, count):
    """That many at once, each with so many connections."""
    words = ['/usr/bin/python3', '-c', SHORT, server.host, server.reached, count]
    clients = [subprocess.Popen(server.namespace.command(*words)) for _ in range(processes)]
    assert [client.wait(3000) for client in clients] == [0] * processes


def test_short_connections_leave_nothing(namespace):
    """100,000 of them, which meet the ones before in TIME_WAIT: that takes a minute to end, and 13 MB meanwhile."""
    with Probe(namespace, memory=128) as server:
        run_short(server, 4, 500)
        time.sleep(65)
        before, descriptors = server.meminfo(), server.file('?descriptors')
        run_short(server, 4, 25000)
        time.sleep(65)
        after = server.meminfo()
        assert server.file('?descriptors') == descriptors
        assert server.tcp_memory() == 0
        assert abs(after['MemFree'] - before['MemFree']) < before['MemTotal'] / 100
        assert abs(after['Slab'] - before['Slab']) < before['MemTotal'] / 100
