"""Networks that a test makes and deletes: namespaces with a tap, and servers on Kiln in them.

All traffic stays inside the namespace, so no test can meet another or the machine's own network. That needs root;
without it these tests are skipped, and those over the user network (127.0.0.1) remain.
"""
import itertools
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from machine import RUN

HOST, GUEST, PEER = '10.99.0.1', '10.99.0.2', '10.99.0.3'
ADDRESSES = [['ip', 'addr', 'add', f'{HOST}/24', 'dev', 'tap0'],
             ['ip', 'addr', 'add', 'fd99::1/64', 'dev', 'tap0', 'nodad']]
START_LIMIT = 180
QUESTIONS = {'redis': 'PING\r\n', 'memcached': 'version\r\n'}       # others are web servers
_numbers = itertools.count()


def can_make_namespaces():
    """Whether this user may make a network."""
    return os.geteuid() == 0 and os.path.exists('/dev/net/tun')


class Namespace:
    """A network namespace with a tap for Kiln; HOST is its own side."""

    def __init__(self, queues=1, address=True):
        self.name = f'kiln-test-{os.getpid()}-{next(_numbers)}'
        self.queues = queues
        ip('netns', 'add', self.name)
        try:
            several = ['multi_queue'] if queues > 1 else []
            for command in (['ip', 'link', 'set', 'lo', 'up'],
                            ['ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap', *several],
                            ['ip', 'link', 'set', 'tap0', 'up'],
                            *(ADDRESSES if address else [])):
                self.run(*command)
        except BaseException:
            self.delete()
            raise

    def command(self, *words):
        """The command line that runs words inside."""
        return ['ip', 'netns', 'exec', self.name, *[str(word) for word in words]]

    def run(self, *words, check=True, timeout=600, **keywords):
        """Runs a command inside; its output as text."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=timeout, check=False,
                              **keywords)
        assert not check or done.returncode == 0, f'{words}: {done.stdout}{done.stderr}'
        return done.stdout

    def delete(self):
        """The end of it and of the tap."""
        ip('netns', 'del', self.name)


class LossyNamespace(Namespace):
    """A namespace between whose own side and the tap lies a wire that loses, duplicates, reorders and delays.

    Both ends of the wire are taps that the relay holds. The machine's tap is bridged to the far end, so that Linux
    cuts what came in one piece (TCP segments of 64 KiB) into frames before the wire sees it.
    """

    def __init__(self, relay, seed=1, loss=0, duplicates=0, reordered=0, delay_ms=0):
        super().__init__(address=False)
        self.relay = None
        try:
            words = [relay, 'far', 'near', seed, loss, duplicates, reordered, delay_ms]
            self.relay = subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
            assert self.relay.stdout.readline() == b'ready\n'
            for command in (['ip', 'link', 'add', 'br0', 'type', 'bridge'],
                            ['ip', 'link', 'set', 'far', 'master', 'br0', 'up'],
                            ['ip', 'link', 'set', 'tap0', 'master', 'br0'],
                            ['ip', 'link', 'set', 'br0', 'up'],
                            ['ip', 'addr', 'add', f'{HOST}/24', 'dev', 'near'],
                            ['ip', 'link', 'set', 'near', 'up']):
                self.run(*command)
        except BaseException:
            self.delete()
            raise

    def add_linux_peer(self):
        """A second namespace beside the machine, at PEER; returns what runs commands in it. It goes with its last
        process, or with remove_linux_peer()."""
        peer = f'{self.name}-peer'
        ip('netns', 'add', peer)
        self.run('ip', 'link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', peer)
        self.run('ip', 'link', 'set', 'veth0', 'master', 'br0', 'up')
        for command in (['ip', 'addr', 'add', f'{PEER}/24', 'dev', 'eth0'], ['ip', 'link', 'set', 'eth0', 'up']):
            ip('netns', 'exec', peer, *command)
        return ['ip', 'netns', 'exec', peer]

    def remove_linux_peer(self):
        """The end of it."""
        ip('netns', 'del', f'{self.name}-peer')

    def delete(self):
        if self.relay is not None:
            self.relay.kill()
            self.relay.wait()
            self.relay.stdout.close()
        super().delete()


def ip(*words):
    """Runs ip."""
    subprocess.run(['ip', *words], check=True, capture_output=True, timeout=30)


def pack(name):
    """Makes a module's root while packages can still be fetched: in a namespace there is nothing but the machine."""
    subprocess.run([str(RUN), '--image', name, '--dry-run'], check=True, stdout=subprocess.DEVNULL, timeout=600)


class Server:
    """A module that serves, in a machine of its own: on a tap if a namespace is given, else behind a forwarded
    port of 127.0.0.1."""

    def __init__(self, image, port, namespace=None, machine='microvm', cpus=1, memory=256, options=(), command=(),
                 address=f'{GUEST}/24,{HOST}'):
        self.namespace, self.question = namespace, QUESTIONS.get(image, 'GET / HTTP/1.0\r\n\r\n')
        words = [str(RUN), '--image', image, '--machine', machine, '-c', str(cpus), '-m', str(memory), *options]
        if namespace is None:
            self.host, self.reached = '127.0.0.1', free_port()
            words += ['--forward', f'{self.reached}:{port}']
        else:
            self.host, self.reached = GUEST, port
            queues = ['--queues', str(namespace.queues)] if namespace.queues > 1 else []
            words += ['--net', 'tap=tap0', '--ip', address, *queues]
            words = namespace.command(*words)
            pack(image)
        if command:
            words += ['--', *command]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.said = b''
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self):
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f'the server ended: {self.process.stdout.read().decode()}')
            if self.answers():
                return
            time.sleep(0.1)
        raise AssertionError('the server does not answer')

    def answers(self):
        """Whether the server says something. A connection alone proves nothing behind a forwarded port: QEMU takes it
        before the guest does."""
        script = ('import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 1); '
                  's.settimeout(2); s.sendall(sys.argv[3].encode()); sys.exit(not s.recv(1))')
        words = ['/usr/bin/python3', '-c', script, self.host, str(self.reached), self.question]
        command = words if self.namespace is None else self.namespace.command(*words)
        return subprocess.run(command, check=False, capture_output=True, timeout=30).returncode == 0

    def client(self, *words, check=True, timeout=600, **keywords):
        """Runs a client where the server can be reached; its output."""
        command = [str(word) for word in words]
        if self.namespace is not None:
            command = self.namespace.command(*command)
        done = subprocess.run(command, capture_output=True, timeout=timeout, check=False, **keywords)
        assert not check or done.returncode == 0, f'{words}: {done.stdout!r} {done.stderr!r}'
        return done.stdout

    @property
    def url(self):
        """For curl and wrk."""
        return f'http://{self.host}:{self.reached}'

    def stop(self):
        """Ends the machine."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.said = self.process.stdout.read()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Probe(Server):
    """probe_server.py on Kiln, and what it tells of the kernel's side."""

    def __init__(self, namespace, memory=256, **keywords):
        script = (Path(__file__).parent / 'probe_server.py').read_text(encoding='utf-8')
        super().__init__('python3', 8080, namespace, machine='q35', memory=memory,
                         command=('/usr/bin/python3', '-c', script), **keywords)

    def file(self, path):
        """A file of the guest as text."""
        return self.client('curl', '-sS', '-m', '60', '--http0.9', f'{self.url}{path}').decode()

    def meminfo(self):
        """/proc/meminfo in KiB."""
        return {line.split(':')[0]: int(line.split()[1]) for line in self.file('/proc/meminfo').splitlines()}

    def counters(self):
        """/proc/net/snmp and netstat: {'TcpExt': {'SyncookiesSent': 0, ...}, ...}, with snmp6 as one of them."""
        result = {'snmp6': {name: int(value) for name, value in
                            map(str.split, self.file('/proc/net/snmp6').splitlines())}}
        lines = (self.file('/proc/net/snmp') + self.file('/proc/net/netstat')).splitlines()
        for names, values in zip(lines[::2], lines[1::2]):
            protocol, *names = names.split()
            result[protocol.rstrip(':')] = dict(zip(names, map(int, values.split()[1:])))
        return result

    def tcp_memory(self):
        """Pages that TCP's queues hold."""
        return int(re.search(r'^TCP:.* mem (\d+)', self.file('/proc/net/sockstat'), re.MULTILINE).group(1))


def free_port():
    """A port of 127.0.0.1 that nobody has."""
    with socket.create_server(('127.0.0.1', 0)) as probe:
        return probe.getsockname()[1]
