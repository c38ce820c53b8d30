"""The framed serial line: frames and text taken apart, input by credit, streams apart."""
import socket
import struct

import pytest
from hypothesis import given, strategies
from kiln.serial_line import CHANNELS, LARGEST_PAYLOAD, FrameReader, SerialLine, encode

PIECES = strategies.lists(strategies.one_of(
    strategies.tuples(strategies.sampled_from(sorted(CHANNELS.values())),
                      strategies.binary(min_size=1, max_size=256)),
    strategies.tuples(strategies.just(0), strategies.text('kiln: \n', min_size=1).map(str.encode))))


@given(PIECES, strategies.integers(1, 600))
def test_frames_and_text(pieces, size):
    """What is sent in frames and between them arrives, however the line cuts it."""
    line = b''.join(payload if channel == 0 else encode(channel, payload) for channel, payload in pieces)
    reader, got = FrameReader(), {}
    for data in [*(line[at:at + size] for at in range(0, len(line), size)), b'']:
        for channel, payload in reader.feed(data):
            got[channel] = got.get(channel, b'') + payload
    expected = {}
    for channel, payload in pieces:
        expected[channel] = expected.get(channel, b'') + payload
    assert got == expected


def test_a_panic_in_the_middle_of_a_frame_is_text():
    reader = FrameReader()
    assert not list(reader.feed(b'\xc0\x02half of a fr'))
    panic = b'kiln: panic: ' + b'x' * 600
    assert list(reader.feed(panic)) == [(0, b'\x02half of a fr' + panic)]


@pytest.fixture(name='line')
def fixture_line():
    """A SerialLine and the guest's end of it."""
    ours, guest = socket.socketpair()
    guest.settimeout(10)
    return SerialLine(ours).sockets, guest


def test_output(line):
    sockets, guest = line
    guest.sendall(b'kiln: text\n' + encode(2, b'out\xc0\xdb') + encode(3, b'err') +
                  encode(4, b'exit 0 5 3\n'))
    assert [sockets[name].recv(100) for name in ('serial', 'out', 'err', 'control')] == [
        b'kiln: text\n', b'out\xc0\xdb', b'err', b'exit 0 5 3\n']
    guest.close()
    assert sockets['out'].recv(100) == sockets['control'].recv(100) == b''


def test_input_waits_for_credit_and_control_does_not(line):
    sockets, guest = line
    sockets['in'].sendall(b'i' * 1000)
    sockets['control'].sendall(b'signal 15\n')
    guest.settimeout(0.1)
    with pytest.raises(TimeoutError):
        guest.recv(1)               # it has not set its port up yet
    guest.settimeout(10)
    guest.sendall(encode(1, struct.pack('<I', 0)))
    assert guest.recv(1000) == encode(4, b'signal 15\n')
    for granted in (10, LARGEST_PAYLOAD):
        guest.sendall(encode(1, struct.pack('<I', granted)))
        assert guest.recv(1000) == encode(1, b'i' * granted)
    guest.settimeout(0.1)
    with pytest.raises(TimeoutError):
        guest.recv(1)
