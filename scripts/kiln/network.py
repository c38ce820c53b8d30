"""run.py's network: what --net, --forward, --ip and their kin mean for QEMU and for the guest.

A machine has a card only when one of these options asks for one: starting it takes time, and most programs
need none. `user` is QEMU's own network inside its process; `tap` a device of this machine.
"""
from __future__ import annotations

import argparse
import errno
import fcntl
import ipaddress
import os
import re
import socket
import struct
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Tuple

from .errors import KilnError

USER_ADDRESS = ipaddress.IPv4Interface('10.0.2.15/24')
USER_ROUTER = 2             # QEMU's router and name server in the user network, counted from its beginning
USER_NAME_SERVER = 3
DEFAULT_MAC = '52:54:00:12:34:56'
MAX_QUEUES = 16
TUN_DEVICE = '/dev/net/tun'
TUNSETIFF = 0x400454ca
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE = 0x0002, 0x1000, 0x4000, 0x0100
IMPLIED_BY = ('forward', 'ip', 'mac', 'queues', 'pcap')


@dataclass
class Forward:
    """A port of this machine that leads to one of the guest."""
    protocol: str
    host: str
    host_port: int
    guest_port: int


@dataclass
class Address:
    """An address of the guest, with the router behind which the world is."""
    interface: ipaddress._BaseAddress
    gateway: Optional[ipaddress._BaseAddress] = None


@dataclass
class Card:
    """A network card and what it is plugged into."""
    tap: Optional[str] = None               # None: the user network
    mac: str = DEFAULT_MAC
    queues: int = 1
    addresses: List[Address] = field(default_factory=list)
    dhcp: bool = False
    forwards: List[Forward] = field(default_factory=list)
    pcap: Optional[str] = None


def forward(text: str) -> Forward:
    """[tcp:|udp:][ADDRESS:]HOSTPORT:GUESTPORT."""
    match = re.fullmatch(r'(?:(tcp|udp):)?(?:([\d.]+):)?(\d+):(\d+)', text)
    if not match or not all(1 <= int(port) <= 65535 for port in match.group(3, 4)):
        raise argparse.ArgumentTypeError(f'"{text}" is not [tcp:|udp:][ADDRESS:]HOSTPORT:GUESTPORT')
    protocol, host, host_port, guest_port = match.groups()
    try:
        host = str(ipaddress.IPv4Address(host or '127.0.0.1'))
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}": {host} is not an IPv4 address') from None
    return Forward(protocol or 'tcp', host, int(host_port), int(guest_port))


def address(text: str) -> Optional[Address]:
    """ADDRESS/LENGTH[,GATEWAY], or None for dhcp."""
    if text == 'dhcp':
        return None
    own, _, gateway = text.partition(',')
    try:
        if '/' not in own:
            raise ValueError
        interface = ipaddress.ip_interface(own)
        router = ipaddress.ip_address(gateway) if gateway else None
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not ADDRESS/LENGTH[,GATEWAY], like 10.0.0.2/24,10.0.0.1, '
                                         'or dhcp') from None
    if router is not None and router.version != interface.version:
        raise argparse.ArgumentTypeError(f'"{text}": address and gateway are of different families')
    return Address(interface, router)


def mac(text: str) -> str:
    """Six bytes; of a single host, because groups cannot own a card."""
    if not re.fullmatch(r'[0-9a-f]{2}(:[0-9a-f]{2}){5}', text.lower()):
        raise argparse.ArgumentTypeError(f'"{text}" is not a MAC address like {DEFAULT_MAC}')
    if int(text[:2], 16) & 1:
        raise argparse.ArgumentTypeError(f'"{text}" is the MAC address of a group, not of a card')
    return text.lower()


def plug(text: str) -> Tuple[str, Optional[str]]:
    """user, none, tap or tap=NAME."""
    match = re.fullmatch(r'(user|none)|tap(?:=([^\s/,=]{1,15}))?', text)
    if not match:
        raise argparse.ArgumentTypeError(f'"{text}" is not user, tap, tap=NAME or none')
    return (match.group(1), None) if match.group(1) else ('tap', match.group(2) or 'tap0')


def queues(text: str) -> int:
    """A number of queue pairs."""
    if not text.isdigit() or not 1 <= int(text) <= MAX_QUEUES:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of queues from 1 to {MAX_QUEUES}')
    return int(text)


def add_options(add) -> None:
    """The options of this file."""
    add('--net', metavar='user|tap[=NAME]|none', type=plug,
        help='network card (none, or user if another option here needs one)')
    add('--forward', metavar='[tcp:|udp:]HOSTPORT:GUESTPORT', type=forward, action='append', default=[],
        help='a port of 127.0.0.1 leads to the guest; repeatable')
    add('--ip', metavar='ADDRESS/LENGTH[,GATEWAY]|dhcp', type=address, action='append', default=[],
        help='IPv4 or IPv6 address of the guest; repeatable (user: 10.0.2.15/24, tap: dhcp)')
    add('--mac', metavar='MAC', type=mac, help=f'of the card ({DEFAULT_MAC})')
    add('--queues', metavar='N', type=queues, help='queue pairs of the card, for several CPUs; tap only (1)')
    add('--pcap', metavar='FILE', help='what goes over the card, for tcpdump and wireshark')


def card(chosen: Namespace) -> Optional[Card]:
    """The card that the options ask for, if any."""
    wanted = [f'--{name}' for name in IMPLIED_BY if getattr(chosen, name)]
    kind, tap = chosen.net or ('user' if wanted else 'none', None)
    if kind == 'none':
        if wanted:
            raise KilnError(f'{wanted[0]} needs a network: --net user or tap, not none')
        return None
    if kind == 'tap' and chosen.forward:
        raise KilnError('--forward goes with --net user; over a tap the guest is reached by its own address')
    if chosen.queues and chosen.queues > 1 and kind != 'tap':
        raise KilnError('--queues needs --net tap: the user network has one queue')
    if chosen.queues and chosen.queues > 1 and chosen.machine == 'microvm':
        raise KilnError('--queues needs --machine q35 or pc: a microvm\'s card has one interrupt')
    addresses = [entry for entry in chosen.ip if entry is not None]
    if kind == 'user':
        if any(entry.interface.version != 4 for entry in addresses) or len(addresses) > 1:
            raise KilnError('--ip: with --net user the guest has one IPv4 address')
        check_user_address(addresses)
    return Card(tap, chosen.mac or DEFAULT_MAC, chosen.queues or 1, addresses,
                dhcp=None in chosen.ip or (kind == 'tap' and not addresses), forwards=chosen.forward,
                pcap=chosen.pcap)


def check_user_address(addresses: List[Address]) -> None:
    """The user network has room for its router and name server beside the guest."""
    for entry in addresses:
        if entry.interface.network.prefixlen > 28:
            raise KilnError('--ip: the network of --net user is too small; take a length of 28 or less')
        if entry.gateway is not None and entry.gateway not in entry.interface.network:
            raise KilnError('--ip: the gateway is not in the network of the address')


def user_network(of: Card) -> Tuple[Address, ipaddress.IPv4Address]:
    """The guest's address in QEMU's user network, and the name server's."""
    own = of.addresses[0] if of.addresses else Address(USER_ADDRESS)
    first = own.interface.network.network_address
    return Address(own.interface, own.gateway or first + USER_ROUTER), first + USER_NAME_SERVER


def words(of: Optional[Card]) -> List[Tuple[str, str]]:
    """The guest's configuration: docs/boot-protocol.md."""
    if of is None:
        return []
    addresses, servers = of.addresses, []
    if of.tap is None and not of.dhcp:
        own, server = user_network(of)
        addresses, servers = [own], [server]
    return ([('kiln.ip', entry.interface.with_prefixlen + (f',{entry.gateway}' if entry.gateway else ''))
             for entry in addresses]
            + ([('kiln.ip', 'dhcp')] if of.dhcp else [])
            + [('kiln.nameserver', str(server)) for server in servers])


def arguments(of: Card, device: str) -> List[str]:
    """QEMU's arguments; `device` is the name of its card on this machine type."""
    if of.tap is not None:
        several = f',queues={of.queues}' if of.queues > 1 else ''
        back_end = f'tap,id=net,ifname={of.tap},script=no,downscript=no{several}'
    else:
        own, server = user_network(of)
        back_end = (f'user,id=net,net={own.interface.network},host={own.gateway},dns={server},'
                    f'dhcpstart={own.interface.ip}')
        for entry in of.forwards:
            back_end += (f',hostfwd={entry.protocol}:{entry.host}:{entry.host_port}'
                         f'-{own.interface.ip}:{entry.guest_port}')
    several = f',mq=on,vectors={2 * of.queues + 2}' if of.queues > 1 else ''
    on_pci = 'pci' in device or not device.startswith('virtio')
    rom = ',romfile=' if on_pci else ''                # the firmware's network boot takes its time
    line = ['-netdev', back_end, '-device', f'{device},netdev=net,mac={of.mac}{several}{rom}']
    if of.pcap is not None:
        line += ['-object', f'filter-dump,id=dump,netdev=net,file={of.pcap.replace(",", ",,")}']
    return line


def check(of: Optional[Card]) -> None:
    """Whether this machine has what the card is plugged into; QEMU would say it in more and other words."""
    if of is None:
        return
    for number, entry in enumerate(of.forwards):
        if any((entry.protocol, entry.host_port) == (other.protocol, other.host_port)
               for other in of.forwards[:number]):
            raise KilnError(f'--forward: {entry.protocol} port {entry.host_port} is given twice')
        check_port(entry)
    if of.tap is not None:
        check_tap(of.tap, of.queues)
    if of.pcap is not None:
        try:
            with open(of.pcap, 'wb'):
                pass
        except OSError as error:
            raise KilnError(f'--pcap {of.pcap}: {error.strerror}') from error


def check_port(entry: Forward) -> None:
    """Whether the port can be had."""
    kind = socket.SOCK_STREAM if entry.protocol == 'tcp' else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if entry.protocol == 'tcp':
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((entry.host, entry.host_port))
            if entry.protocol == 'tcp':
                probe.listen(1)
        except OSError as error:
            where = f'{entry.protocol} port {entry.host_port} of {entry.host}'
            if error.errno == errno.EADDRINUSE:
                raise KilnError(f'--forward: {where} is taken by another program') from error
            raise KilnError(f'--forward: {where}: {error.strerror}') from error


def check_tap(name: str, wanted_queues: int) -> None:
    """Whether the tap is there, may be used, and is free."""
    make = f'ip tuntap add dev {name} mode tap' + (' multi_queue' if wanted_queues > 1 else '')
    flags_file = Path('/sys/class/net') / name / 'tun_flags'
    if not flags_file.parent.exists():
        raise KilnError(f'--net tap={name}: there is no such device; as root: {make}')
    if not flags_file.exists() or not int(flags_file.read_text(), 0) & IFF_TAP:
        raise KilnError(f'--net tap={name}: this device is not a tap')
    several = int(flags_file.read_text(), 0) & IFF_MULTI_QUEUE
    if wanted_queues > 1 and not several:
        raise KilnError(f'--queues {wanted_queues}: the tap {name} has one queue; as root: {make}')
    flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | several
    try:
        tun = os.open(TUN_DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise KilnError(f'{TUN_DEVICE}: {error.strerror}') from error
    try:
        fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH22x', name.encode(), flags))
    except OSError as error:
        if error.errno == errno.EPERM:
            raise KilnError(f'--net tap={name}: no permission; as root: {make} user {os.getuid()}') from error
        if error.errno == errno.EBUSY:
            raise KilnError(f'--net tap={name}: another program has it') from error
        raise KilnError(f'--net tap={name}: {error.strerror}') from error
    finally:
        os.close(tun)
