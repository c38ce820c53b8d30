"""Bulk over TCP by several connections at once, both ends in one file, so that Linux and Kiln run the same.

    bulk_streams.py serve
    bulk_streams.py get|put HOST STREAMS BYTES      prints bytes a second of an average stream

A stream begins with a line, `get BYTES` or `put BYTES`; who received everything says so. Linux's side uses CUBIC, as
Kiln.
"""
import socket
import sys
import threading
import time

PORT = 8080
PIECE = bytes(1 << 16)


def with_cubic(made):
    """Whatever the machine's usual algorithm is."""
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b'cubic')
    return made


def send_bytes(to, count):
    """So many, and waits until they have been received."""
    for begin in range(0, count, len(PIECE)):
        to.sendall(PIECE[:count - begin])
    assert to.recv(1) == b'.'


def take_bytes(source, count):
    """So many, and says so."""
    while count > 0:
        piece = source.recv(min(count, 1 << 20))
        assert piece
        count -= len(piece)
    source.sendall(b'.')


def answer(client):
    """One stream of the server's."""
    with client:
        line = b''
        while not line.endswith(b'\n'):
            line += client.recv(1) or b'\n'
        if len(line.split()) != 2:      # somebody only wants to know whether we are there
            client.recv(100)
            client.sendall(b'.')
            return
        kind, count = line.split()
        (send_bytes if kind == b'get' else take_bytes)(client, int(count))


def serve():
    """For ever."""
    listener = with_cubic(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('', PORT))
    listener.listen(64)
    while True:
        threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()


def transfer(kind, host, count, rates):
    """One stream of the client's."""
    with with_cubic(socket.socket()) as stream:
        stream.connect((host, PORT))
        begin = time.monotonic()
        stream.sendall(f'{kind} {count}\n'.encode())
        (take_bytes if kind == 'get' else send_bytes)(stream, count)
        rates.append(count / (time.monotonic() - begin))


def main(words):
    """One of the two."""
    if words[0] == 'serve':
        serve()
    kind, host, streams, count = words[0], words[1], int(words[2]), int(words[3])
    rates = []
    threads = [threading.Thread(target=transfer, args=(kind, host, count, rates)) for _ in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rates) == streams
    print(sum(rates) / streams)


main(sys.argv[1:])
