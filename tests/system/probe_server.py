"""Runs in the guest: a server with one thread whose connections cost the kernel something and the program nearly
nothing, so that a test can ask what the network costs.

    GET /PATH       the file, as /proc/meminfo, and the end of the connection
    GET ?endless    bytes without end, as fast as they are taken
    GET ?idle       nothing ever
    POST ?unread    nothing is read any more
    GET ?descriptors   how many descriptors are open

One descriptor number is all that is kept of a connection.
"""
import os
import resource
import select
import socket

PIECE = b'x' * 65536

resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
listener = socket.create_server(('', 8080), backlog=4096)
listener.setblocking(False)
poll = select.epoll()
poll.register(listener.fileno(), select.EPOLLIN)
endless, idle = set(), set()


def accept():
    """All that wait."""
    while True:
        try:
            fd, _ = listener._accept()      # pylint: disable=protected-access
        except BlockingIOError:
            return
        os.set_blocking(fd, False)
        poll.register(fd, select.EPOLLIN)


def end(fd):
    """Its last word was said."""
    endless.discard(fd)
    idle.discard(fd)
    os.close(fd)


def answer(fd, path):
    """A file, or a number."""
    if path == '?descriptors':
        body = str(len(os.listdir('/proc/self/fd'))).encode()
    else:
        with open(path, 'rb') as file:
            body = file.read()
    os.write(fd, b'HTTP/1.0 200 OK\r\n\r\n' + body)
    end(fd)


def readable(fd):
    """A request, or the end."""
    if fd in idle:
        poll.modify(fd, 0)
        return
    request = os.read(fd, 4096)
    if not request:
        end(fd)
        return
    path = request.split()[1].decode().removeprefix('/?')
    path = '?' + path if not path.startswith(('/', '?')) else path
    if path == '?endless':
        endless.add(fd)
        poll.modify(fd, select.EPOLLOUT)
    elif path == '?unread':
        poll.modify(fd, 0)
    elif path == '?idle':
        idle.add(fd)
    else:
        answer(fd, path if path != '/' else '/proc/uptime')


def writable(fd):
    """As much as goes."""
    try:
        os.write(fd, PIECE)
    except BlockingIOError:
        pass


while True:
    for fd, events in poll.poll():
        try:
            if fd == listener.fileno():
                accept()
            elif events & (select.EPOLLHUP | select.EPOLLERR):
                end(fd)
            elif fd in endless:
                writable(fd)
            else:
                readable(fd)
        except (OSError, IndexError):
            end(fd)
