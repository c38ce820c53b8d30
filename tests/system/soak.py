"""scripts/test --soak: ten minutes of mixed load on redis, memcached, nginx and Python, each on a machine of its own.

Every client checks its answers. A machine must not lose memory: what QEMU holds of it in the last third of the turns is
what it held in the third before (the first touches memory that was never used before), and what Python's guest itself
says after the last minute is what it said after the third. Not part of the usual tests.

    tests/system/soak.py [SECONDS]
"""
import subprocess
import sys
import threading
import time

from network import Namespace, Probe, Server

CLIENT = {
    # name: (module, port, commands that must succeed, one after the other, for ever)
    'redis': (6379, [['redis-benchmark', '-h', '{host}', '-t', 'set,get,lpush,lpop', '-n', '20000', '-c', '50', '-q'],
                     ['redis-benchmark', '-h', '{host}', '-t', 'set,get', '-n', '50000', '-c', '20', '-P', '16',
                      '-r', '10000', '-q'],
                     ['redis-benchmark', '-h', '{host}', '-t', 'set', '-n', '2000', '-c', '50', '-k', '0', '-q'],
                     ['redis-cli', '-h', '{host}', 'FLUSHALL']]),
    'memcached': (11211, [['memcslap', '--servers={host}:11211', '--concurrency=50', '--execute-number=100',
                           '--test=set'],
                          ['memcslap', '--servers={host}:11211', '--concurrency=20', '--execute-number=200',
                           '--test=get']]),
    'nginx': (80, [['wrk', '-t1', '-c100', '-d5s', '--timeout', '20s', 'http://{host}/'],
                   ['wrk', '-t1', '-c50', '-d5s', '--timeout', '20s', '-H', 'Connection: close', 'http://{host}/']]),
}
# A cache of 64 MiB would fill until the end, and that looks like a leak; this one is full before memory is looked at.
COMMAND = {'memcached': ('/usr/bin/memcached', '-u', 'root', '-p', '11211', '-m', '8', '-c', '4096')}
PYTHON = [['curl', '-sS', '-f', '-m', '60', '-o', '/dev/null', 'http://{host}:8080/proc/meminfo']] * 50
WRONG = ('Socket errors', 'Non-2xx', 'rror:', 'ailed')


class Load(threading.Thread):
    """Runs a server's commands until the time is over."""

    def __init__(self, name, server, commands, end):
        super().__init__(name=name)
        self.server, self.commands, self.end = server, commands, end
        self.turns, self.failure = 0, None
        self.resident = []

    def run(self):
        while time.monotonic() < self.end and not self.failure:
            for words in self.commands:
                try:
                    said = self.server.client(*[word.format(host=self.server.host) for word in words]).decode()
                except (AssertionError, subprocess.TimeoutExpired) as failure:
                    self.failure = str(failure)
                    return
                if any(word in said for word in WRONG):
                    self.failure = f'{words}: {said}'
                    return
            self.turns += 1
            self.resident.append(resident(self.server))

    def growth(self):
        """KiB that QEMU held at most in the second and in the last third of the turns."""
        third = len(self.resident) // 3
        return max(self.resident[third:2 * third], default=0), max(self.resident[2 * third:], default=0)


def resident(server):
    """KiB that the machine's QEMU holds: the process, or the child that run.py started."""
    children = subprocess.run(['ps', '-o', 'rss=', '--ppid', str(server.process.pid)], capture_output=True, text=True,
                              check=False).stdout.split()
    return max(map(int, children), default=0)


def main(seconds):
    """0: no error and no growth."""
    namespaces, servers, loads = [], {}, []
    try:
        for name, (port, _) in CLIENT.items():
            namespaces.append(Namespace())
            servers[name] = Server(name, port, namespaces[-1], machine='q35', cpus=2, command=COMMAND.get(name, ()))
        namespaces.append(Namespace())
        servers['python'] = Probe(namespaces[-1], cpus=1)
        begin = time.monotonic()
        commands = {name: commands for name, (_, commands) in CLIENT.items()} | {'python': PYTHON}
        loads = [Load(name, server, commands[name], begin + seconds) for name, server in servers.items()]
        for load in loads:
            load.start()
        time.sleep(seconds * 0.3)
        guest = servers['python'].meminfo()
        for load in loads:
            load.join()
        grown = guest['MemFree'] - servers['python'].meminfo()['MemFree']
        failed = [f'{load.name}: {load.failure}' for load in loads if load.failure]
        for load in loads:
            before, after = load.growth()
            print(f'{load.name}: {load.turns} turns, {before} KiB, then {after} KiB')
            if load.turns < 3:
                failed.append(f'{load.name}: only {load.turns} turns, too few to see growth')
            elif after > before * 1.1 + 4096:
                failed.append(f'{load.name}: {before} KiB became {after}')
        failed += [f'python: {grown} KiB less in the guest'] if grown > 0.01 * guest['MemTotal'] else []
        print(f'python: {grown} KiB of the guest gone')
    finally:
        for server in servers.values():
            server.stop()
        for namespace in namespaces:
            namespace.delete()
    for line in failed:
        print('FAILED', line)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 600))
