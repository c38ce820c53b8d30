"""What strangers can send: floods of SYNs, fragments, wrong checksums, absurd options and ICMP, from a raw socket in a
network namespace. The machine goes on answering, memory stays, and the counters in /proc tell what came."""
import socket
import subprocess

import pytest
from network import GUEST, Namespace, Probe, can_make_namespaces

pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not can_make_namespaces(), reason='needs root and /dev/net/tun')]

# Sends COUNT frames of a kind; runs inside the namespace. Sources of 10.99.1.0/24 and up have no one behind them.
ATTACK = r'''
import random, socket, struct, sys, time
kind, count, guest_mac = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3].replace(':', ''))
chance = random.Random(kind)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(('tap0', 0))
own_mac = wire.getsockname()[4]
GUEST = socket.inet_aton('10.99.0.2')

def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff

def somebody():
    return socket.inet_aton(f'10.99.{chance.randrange(1, 255)}.{chance.randrange(1, 255)}')

def ip(protocol, payload, source=None, fragment=0, number=None, options=b''):
    number = chance.randrange(65536) if number is None else number
    words = 5 + len(options) // 4
    head = struct.pack('!BBHHHBBH4s4s', 0x40 | words, 0, words * 4 + len(payload), number, fragment, 64, protocol, 0,
                       source or somebody(), GUEST) + options
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + payload

def tcp(source, flags, options=b'', port=8080, data=b'', wrong=False):
    options += b'\0' * (-len(options) % 4)
    numbers = chance.randrange(1024, 65536), port, chance.getrandbits(32), chance.getrandbits(32)
    head = struct.pack('!HHIIBBHHH', *numbers, (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options + data
    sum_ = checksum(source + GUEST + struct.pack('!BBH', 0, 6, len(head)) + head)
    return head[:16] + struct.pack('!H', sum_ ^ wrong) + head[18:]

def udp(source, port, data, wrong=False):
    head = struct.pack('!HHHH', 4000, port, 8 + len(data), 0) + data
    sum_ = checksum(source + GUEST + struct.pack('!BBH', 0, 17, len(head)) + head)
    return head[:6] + struct.pack('!H', (sum_ ^ wrong) or 0xffff) + head[8:]

def icmp(type_, code, body, wrong=False):
    head = struct.pack('!BBH', type_, code, 0) + body
    return head[:2] + struct.pack('!H', checksum(head) ^ wrong) + head[4:]

def ip6(next_, payload, to, source, hops=255):
    return struct.pack('!IHBB', 6 << 28, len(payload), next_, hops) + source + to + payload

def icmp6(type_, body, to, source):
    head = struct.pack('!BBH', type_, 0, 0) + body
    sum_ = checksum(source + to + struct.pack('!IHBB', len(head), 0, 0, 58) + head)
    return ip6(58, head[:2] + struct.pack('!H', sum_) + head[4:], to, source)

LINK = bytes.fromhex('fe80000000000000')
GUEST6 = LINK + bytes([guest_mac[0] ^ 2]) + guest_mac[1:3] + b'\xff\xfe' + guest_mac[3:]
ALL6 = bytes.fromhex('ff020000000000000000000000000001')

def frames6():
    source = LINK + chance.randbytes(8)
    if kind == 'IPv6 echoes':
        yield icmp6(128, chance.randbytes(1000), GUEST6, source)
    elif kind == 'router advertisements':
        prefix = b'\x20\x01\x0d\xb8' + chance.randbytes(4) + bytes(8)
        yield icmp6(134, struct.pack('!BBHII', 64, 0, 1800, 0, 0)
                    + struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 86400, 86400, 0) + prefix, ALL6, source)
    elif kind == 'neighbour solicitations':
        yield icmp6(135, bytes(4) + GUEST6 + b'\1\1' + chance.randbytes(6), GUEST6, source)
    elif kind == 'IPv6 fragments':
        number = chance.randbytes(4)
        for place in 0, 50, 90:
            yield ip6(44, struct.pack('!BBH', 17, 0, place << 3 | 1) + number + chance.randbytes(800), GUEST6, source)
    elif kind == 'IPv6 headers':
        row = b''.join(bytes([chance.choice((0, 43, 44, 60, 58, 17)), chance.randrange(3)]) + chance.randbytes(6)
                       for _ in range(chance.randrange(1, 60)))
        yield ip6(chance.choice((0, 43, 44, 60)), row, GUEST6, source)

def frames():
    source = somebody()
    if kind == 'syn':
        yield ip(6, tcp(source, 2, b'\2\4\5\xb4\1\3\3\7\4\2\x08\x0a' + chance.randbytes(4) + bytes(4)), source)
    elif kind == 'ack':
        yield ip(6, tcp(source, 16), source)
    elif kind == 'first fragments':
        yield ip(17, chance.randbytes(1480), source, 0x2000)
    elif kind == 'overlapping fragments':
        number = chance.randrange(65536)
        yield ip(17, chance.randbytes(800), source, 0x2000, number)
        yield ip(17, chance.randbytes(800), source, 0x2000 | 50, number)
        yield ip(17, chance.randbytes(160), source, 90, number)
    elif kind == 'tiny fragments':
        number = chance.randrange(65536)
        for place in range(20):
            yield ip(17, chance.randbytes(8), source, 0x2000 | place * 2, number)
    elif kind == 'ping of death':
        number = chance.randrange(65536)
        yield ip(1, chance.randbytes(1480), source, 0x2000 | 8100, number)
        yield ip(1, chance.randbytes(1400), source, 8189, number)
    elif kind == 'wrong checksums':
        yield ip(6, tcp(source, 2, wrong=True), source)
        yield ip(17, udp(source, 7, b'hello', wrong=True), source)
        yield ip(1, icmp(8, 0, b'\0\1\0\1hello', wrong=True), source)
        head = bytearray(ip(17, b'hello', source))
        head[10] ^= 1
        yield bytes(head)
    elif kind == 'absurd options':
        options = chance.randbytes(chance.randrange(1, 41))
        yield ip(6, tcp(source, chance.randrange(256), options), source)
        yield ip(6, tcp(source, 2, b'\2\4\0\0\3\3\xff\5\2\x08\x02'), source)
        yield ip(6, tcp(source, 2, b'\2\0'), source)
        yield ip(17, udp(source, 7, b'x'), source, options=chance.randbytes(40))
    elif kind == 'echoes':
        yield ip(1, icmp(8, 0, chance.randbytes(1000)), source)
    elif kind == 'closed ports':
        yield ip(17, udp(source, chance.randrange(9000, 10000), b'hello'), source)
    elif kind == 'errors':
        inner = ip(6, struct.pack('!HHI', 8080, chance.randrange(65536), chance.getrandbits(32)), GUEST)
        yield ip(1, icmp(3, chance.randrange(16), struct.pack('!HH', 0, chance.randrange(2000)) + inner), source)
    elif kind == 'rubbish':
        yield chance.randbytes(chance.randrange(1, 200))
        yield bytes([0x45]) + chance.randbytes(chance.randrange(19, 200))

sent = 0
while sent < count:
    for packet in frames():
        wire.send(guest_mac + own_mac + b'\x08\0' + packet)
        sent += 1
    for packet in frames6():
        to = b'\x33\x33\0\0\0\1' if packet[24:40] == ALL6 else guest_mac
        wire.send(to + own_mac + b'\x86\xdd' + packet)
        sent += 1
    if sent % 20 < 4:
        time.sleep(0.002)       # a tap that is full drops
print(sent)
'''

# What each flood must be seen by: protocol, counter, and how many of the frames at least.
FLOODS = {
    'syn': ('TcpExt', 'SyncookiesSent', 0.2),
    'ack': ('Tcp', 'OutRsts', 0.2),
    'first fragments': ('Ip', 'ReasmFails', 0.1),
    'overlapping fragments': ('Ip', 'ReasmFails', 0.1),
    'tiny fragments': ('Ip', 'ReasmReqds', 0.5),
    'ping of death': ('Ip', 'ReasmFails', 0.1),
    'wrong checksums': ('Tcp', 'InCsumErrors', 0.1),
    'absurd options': ('Tcp', 'InSegs', 0.3),
    'echoes': ('Icmp', 'InEchos', 0.5),
    'closed ports': ('Udp', 'NoPorts', 0.5),
    'errors': ('Icmp', 'InDestUnreachs', 0.5),
    'rubbish': ('Ip', 'InHdrErrors', 0.1),
    'IPv6 echoes': ('snmp6', 'Icmp6InEchos', 0.5),
    'router advertisements': ('snmp6', 'Icmp6InMsgs', 0.5),
    'neighbour solicitations': ('snmp6', 'Icmp6InMsgs', 0.5),
    'IPv6 fragments': ('snmp6', 'Ip6ReasmFails', 0.1),
    'IPv6 headers': ('snmp6', 'Ip6InReceives', 0.5),
}


@pytest.fixture(name='server', scope='module')
def fixture_server():
    """One machine, little memory, for all floods: what one leaves behind the next one meets."""
    namespace = Namespace()
    try:
        with Probe(namespace, memory=48) as made:
            yield made
    finally:
        namespace.delete()


def guest_mac(namespace):
    """Who answers for the guest's address."""
    namespace.run('ping', '-c1', '-W5', GUEST, check=False)
    words = namespace.run('ip', 'neigh', 'show', GUEST).split()
    return words[words.index('lladdr') + 1]


def flood(server, kind, count):
    """Sends them; what the counters say more now."""
    before = server.counters()
    server.client('/usr/bin/python3', '-c', ATTACK, kind, count, guest_mac(server.namespace))
    after = server.counters()
    return {protocol: {name: value - before[protocol][name] for name, value in names.items()}
            for protocol, names in after.items()}


@pytest.mark.parametrize('kind', FLOODS)
def test_flood(server, kind):
    count = 8000
    free = server.meminfo()['MemFree']
    counted = flood(server, kind, count)
    protocol, name, share = FLOODS[kind]
    assert counted[protocol][name] >= share * count, counted
    assert free - server.meminfo()['MemFree'] < 8192     # KiB: fragments may keep 4 MiB, half-open connections 4
    if kind == 'wrong checksums':
        assert counted['Udp']['InCsumErrors'] >= 0.1 * count and counted['Icmp']['InCsumErrors'] >= 0.1 * count
    if kind in ('echoes', 'closed ports'):
        assert counted['Icmp']['OutMsgs'] > 0
    if kind == 'closed ports':
        assert counted['Icmp']['OutRateLimitGlobal'] > 0
    if kind == 'router advertisements':
        assert len(server.file('/proc/net/if_inet6').splitlines()) <= 18


def test_clients_connect_during_a_flood(server):
    """RFC 4987: with cookies a real client gets in although the queue of half-open connections is full."""
    words = ['/usr/bin/python3', '-c', ATTACK, 'syn', '40000', guest_mac(server.namespace)]
    with subprocess.Popen(server.namespace.command(*words), stdout=subprocess.PIPE) as attack:
        for _ in range(10):
            assert server.file('/proc/uptime')
        by_cookie = server.counters()['TcpExt']['SyncookiesRecv']
        attack.kill()
    assert by_cookie > 0


def test_all_is_forgotten(server):
    """Fragments after 30 s, half-open connections when nobody answers their SYN with ACK."""
    assert socket.inet_aton(GUEST)
    deadline = 150
    server.client('sleep', '35')
    text = server.file('/proc/net/sockstat')
    assert 'FRAG: inuse 0 memory 0' in text, text
    for _ in range(deadline):
        if server.meminfo()['Slab'] < 4096:
            return
        server.client('sleep', '1')
    raise AssertionError(server.meminfo())
