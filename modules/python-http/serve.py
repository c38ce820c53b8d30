"""Python's http.server serving the folder /srv/www on port 8000, over IPv4 and IPv6, one thread a connection.

`python3 -m http.server` lets five connections wait to be accepted: with hundreds at once, most of them fail.
"""
import functools
import http.server
import socket


class Server(http.server.ThreadingHTTPServer):
    """As http.server's own, but with the backlog of a server for many."""
    address_family = socket.AF_INET6        # takes IPv4, too
    request_queue_size = 1024


Server(('::', 8000), functools.partial(http.server.SimpleHTTPRequestHandler, directory='/srv/www')).serve_forever()
