"""Runs beside a server: many connections at once, all open before the first asks, and every answer compared.

    many_clients.py KIND HOST PORT CONNECTIONS ROUNDS

KIND is redis, memcached, or http:PATH=SHA256 for a web server. Each connection stores values of its own and reads them
back, or fetches PATH. Prints how many answers were right.
"""
import asyncio
import hashlib
import random
import resource
import sys

LIMIT = 240         # seconds for everything


async def redis(reader, writer, number, rounds):
    """SET and GET of values of 1 byte to 5 KB."""
    source = random.Random(number)
    for turn in range(rounds):
        value = source.randbytes(source.choice([1, 100, 1500, 5000]))
        key = b'%d-%d' % (number, turn)
        writer.write(b'*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n' % (len(key), key, len(value), value))
        assert await reader.readline() == b'+OK\r\n'
        writer.write(b'*2\r\n$3\r\nGET\r\n$%d\r\n%b\r\n' % (len(key), key))
        assert await reader.readline() == b'$%d\r\n' % len(value)
        assert await reader.readexactly(len(value) + 2) == value + b'\r\n'


async def memcached(reader, writer, number, rounds):
    """The same by memcached's text protocol."""
    source = random.Random(number)
    for turn in range(rounds):
        value = source.randbytes(source.choice([1, 100, 1500, 5000]))
        key = b'%d-%d' % (number, turn)
        writer.write(b'set %b 3 0 %d\r\n%b\r\n' % (key, len(value), value))
        assert await reader.readline() == b'STORED\r\n'
        writer.write(b'get %b\r\n' % key)
        assert await reader.readline() == b'VALUE %b 3 %d\r\n' % (key, len(value))
        assert await reader.readexactly(len(value) + 7) == value + b'\r\nEND\r\n'


def http(path, digest):
    """Requests on one connection; one only if the server ends the connection after it."""
    async def fetch(reader, writer, _number, rounds):
        for turn in range(rounds):
            last = 'close' if turn == rounds - 1 else 'keep-alive'
            writer.write(f'GET {path} HTTP/1.1\r\nHost: x\r\nConnection: {last}\r\n\r\n'.encode())
            status, *fields = (await reader.readuntil(b'\r\n\r\n')).decode().lower().split('\r\n')
            assert status.split()[1] == '200', status
            length = next(int(field.split(':')[1]) for field in fields if field.startswith('content-length'))
            body = await reader.readexactly(length)
            assert hashlib.sha256(body).hexdigest() == digest, body[:200]
            if status.startswith('http/1.0'):
                return
    return fetch


async def main(kind, host, port, connections, rounds):
    """Opens all, lets all ask at the same time, and waits for the last."""
    if kind.startswith('http:'):
        talk = http(*kind.removeprefix('http:').split('='))
    else:
        talk = {'redis': redis, 'memcached': memcached}[kind]
    opened = await asyncio.gather(*[asyncio.open_connection(host, port) for _ in range(connections)])
    results = await asyncio.gather(*[talk(reader, writer, number, rounds)
                                     for number, (reader, writer) in enumerate(opened)], return_exceptions=True)
    failed = [result for result in results if result is not None]
    for failure in failed[:3]:
        print(f'{len(failed)} of {connections} failed, as with {failure!r}')
    for _, writer in opened:
        writer.close()
    print(f'{connections - len(failed)} right')

if __name__ == '__main__':
    resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
    asyncio.run(asyncio.wait_for(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])), LIMIT))
