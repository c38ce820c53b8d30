"""The DHCP client against a server of the test's own, in a network namespace: the address and the machine's name."""
import subprocess

import pytest
from network import Namespace, Probe, can_make_namespaces

pytestmark = pytest.mark.skipif(not can_make_namespaces(), reason='needs root and /dev/net/tun')

# Gives 10.99.0.2 to whoever asks (RFC 2131, 2132).
DHCP = r'''
import socket, struct
ask = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ask.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
ask.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'tap0')
ask.bind(('', 67))
print('ready', flush=True)
here, given = socket.inet_aton('10.99.0.1'), socket.inet_aton('10.99.0.2')
while True:
    message, _ = ask.recvfrom(1500)
    options, at = {}, 240
    while message[at] != 255:
        options[message[at]] = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    kind = {1: 2, 3: 5}.get(options[53][0])
    if not kind:
        continue
    answer = bytearray(message[:236])
    answer[0] = 2
    answer[16:20], answer[20:24] = given, here
    said = {53: bytes([kind]), 54: here, 51: struct.pack('!I', 3600), 1: b'\xff\xff\xff\0', 3: here,
            12: b'called-by-dhcp', 6: here}
    answer += b'\x63\x82\x53\x63' + b''.join(bytes([k, len(v)]) + v for k, v in said.items()) + b'\xff'
    ask.sendto(answer, ('255.255.255.255', 68))
'''


def test_the_lease_names_the_machine():
    namespace = Namespace()
    try:
        with subprocess.Popen(namespace.command('/usr/bin/python3', '-c', DHCP), stdout=subprocess.PIPE) as dhcp:
            try:
                assert dhcp.stdout.readline() == b'ready\n'
                with Probe(namespace, address='dhcp') as server:
                    assert server.file('/proc/sys/kernel/hostname') == 'called-by-dhcp\n'
                    assert '0100630A' in server.file('/proc/net/route')
            finally:
                dhcp.kill()     # or leaving the block would wait for ever
    finally:
        namespace.delete()
