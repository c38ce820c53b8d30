"""What the benchmark table shows: rows, units, the targets that Kiln set itself, and the rivals' values.

A row's key is the metric that a program under micro/ prints, or one that bench.py measures itself (boot.*,
memory.*, size.*). Under icount a nanosecond is an instruction, so `ns` is shown as instructions. The rivals'
values are of 2026-11-23: the same programs on OSv (with its own C library) and Nanos, on the same QEMU
machine.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional


@dataclass(frozen=True)
class Row:
    """One line of the table. Less is better unless `more` says otherwise. `relative`: the target is a share of Linux's
    value."""
    key: str
    title: str
    unit: str = 'instructions'
    target: Optional[float] = None
    osv: Optional[float] = None
    nanos: Optional[float] = None
    more: bool = False
    relative: Optional[float] = None


PROGRAMS = ('syscall', 'sync', 'mem', 'file', 'event', 'net')


# What a server's CPU time for one operation shall be at most, as a share of Linux's.
SERVER_TARGETS = {'redis_20_1': 0.7, 'redis_20_16': 0.6, 'memcached': 0.6, '1k': 0.6, '100k': 0.8}
WITH_USER_TIME = ('redis', 'memcached')


def server_rows() -> List[Row]:
    """A rate, a cost, and where the server tells it, what its own code had of that, for each load of servers.py."""
    loads = [(f'redis.{kind}_{connections}_{pipeline}',
              f'redis {kind.upper()}, {connections} connection{"s" * (connections > 1)}, pipeline {pipeline}',
              SERVER_TARGETS.get(f'redis_{connections}_{pipeline}'))
             for connections, pipeline in ((1, 1), (1, 16), (20, 1), (20, 16)) for kind in ('set', 'get')]
    loads += [(f'memcached.{kind}_20_{pipeline}', f'memcached {kind}, 20 connections, pipeline {pipeline}',
               SERVER_TARGETS['memcached'])
              for pipeline in (1, 16) for kind in ('set', 'get')]
    loads += [(f'{name}.{size}k', f'nginx {size} KB, 20 connections, {how}', SERVER_TARGETS[f'{size}k'])
              for name, how in (('nginx', 'sendfile, tcp_nopush'), ('nginx_plain', 'no sendfile')) for size in (1, 100)]
    rows = []
    for key, title, target in loads:
        rows += [Row(key, title, 'op/s', more=True), Row(f'{key}_cpu', f'{title}, CPU', 'µs', relative=target)]
        if key.split('.')[0] in WITH_USER_TIME:
            rows.append(Row(f'{key}_user', f'{title}, the server\'s own code', 'µs'))
    return rows


ROWS: Dict[str, List[Row]] = {
    'Start': [
        Row('boot.dynamic', 'power-on to main, dynamic hello', 'M', 2.5, 17.1, 13.9),
        Row('boot.static', 'power-on to main, static hello', 'M'),
        Row('boot.network', 'power-on to main with virtio-net', 'M', 3),
        Row('boot.wall', 'hello, wall, no icount', 'ms', None, 197, 167),
        Row('boot.cpu', 'hello, CPU of QEMU', 'ms', None, 208, 173),
        Row('memory.static', 'smallest RAM, static hello', 'MiB', 6),
        Row('memory.dynamic', 'smallest RAM, dynamic hello', 'MiB', 8, 11, 12),
        Row('memory.redis', 'smallest RAM in which redis serves', 'MiB', 24),
        Row('size.kernel', 'kernel, stripped', 'KB', 700, 3440, 1740),
    ],
    'With the built-in C library': [
        Row('libc.boot', 'power-on to main, dynamic hello', 'M', 1.6),
        Row('libc.image', 'kernel and root of hello', 'KB', 2000),
        Row('libc.getpid', 'getpid, a null call through the library', target=40),
        Row('libc.getppid', 'null system call by syscall()'),
        Row('libc.malloc_free', 'malloc and free'),
        Row('libc.thread_create', 'thread create and join'),
    ],
    'System calls and clocks': [
        Row('syscall.getppid', 'null system call', target=80, osv=70),
        Row('syscall.getpid', 'getpid'),
        Row('syscall.sched_yield', 'sched_yield'),
        Row('clock.monotonic', 'clock_gettime, monotonic', osv=54, nanos=1277),
        Row('clock.realtime', 'clock_gettime, realtime'),
        Row('clock.monotonic_coarse', 'clock_gettime, monotonic coarse'),
        Row('clock.thread_cpu', 'clock_gettime, thread CPU'),
        Row('clock.monotonic_by_syscall', 'clock_gettime by system call'),
        Row('clock.gettimeofday', 'gettimeofday'),
        Row('dev.read1_zero', 'read a byte of /dev/zero'),
        Row('dev.write1_null', 'write a byte to /dev/null'),
        Row('dev.open_close_null', 'open and close /dev/null', target=2000, osv=3428, nanos=9662),
        Row('fs.stat_root', 'stat of /', osv=1255, nanos=3410),
    ],
    'Threads': [
        Row('switch.futex_roundtrip', 'futex round trip', target=1600, osv=3074, nanos=2745),
        Row('switch.pipe_roundtrip', 'pipe round trip', target=2400, osv=6326, nanos=9162),
        Row('switch.condvar_roundtrip', 'condition variable round trip', osv=2813, nanos=16190),
        Row('switch.eventfd_roundtrip', 'eventfd round trip', osv=4933, nanos=8398),
        Row('thread.create_join', 'thread create and join', target=9500, osv=242294, nanos=38485),
        Row('mutex.uncontended', 'mutex lock and unlock, alone'),
        Row('mutex.contended_2threads', 'mutex, 2 threads'),
        Row('mutex.contended_4threads', 'mutex, 4 threads'),
    ],
    'Memory': [
        Row('mem.map_touch_unmap_256pages_per_page', 'map+touch+unmap, page of 256', target=900, osv=1698,
            nanos=2781),
        Row('mem.map_populate_unmap_256pages_per_page', 'map+populate+unmap, page of 256'),
        Row('mem.map_touch_unmap_1page', 'map+touch+unmap, one page', osv=5295, nanos=17057),
        Row('mem.map_touch_unmap_32MiB_per_page', 'map+touch+unmap, page of 32 MiB', osv=559, nanos=5537),
        Row('mem.mprotect_page', 'mprotect of a page', target=700, osv=798, nanos=4930),
        Row('malloc.1thread', 'malloc and free'),
        Row('malloc.2threads', 'malloc and free, 2 threads'),
        Row('memcpy.4KiB', 'memcpy of 4 KiB', 'MiB per 10^9', more=True),
        Row('memcpy.4MiB', 'memcpy of 4 MiB', 'MiB per 10^9', more=True),
        Row('memset.4MiB', 'memset of 4 MiB', 'MiB per 10^9', more=True),
    ],
    'Files': [
        Row('file.create_unlink', 'create and unlink, tmpfs', target=4600, osv=16223, nanos=37934),
        Row('file.create_write4k_read4k_unlink', 'create, write, read 4 KiB, unlink'),
        Row('file.pread4k_cached', 'pread of 4 KiB', osv=1118, nanos=13537),
        Row('file.pwrite4k_overwrite', 'pwrite of 4 KiB', osv=1134, nanos=11091),
        Row('file.read1MiB_cached', 'pread of 1 MiB', 'MiB per 10^9', more=True),
        Row('file.write1MiB_overwrite', 'pwrite of 1 MiB', 'MiB per 10^9', more=True),
    ],
    'Events': [
        Row('eventfd.write_read', 'eventfd write and read'),
        Row('epoll.signal_wait_read_1fd', 'epoll signal+wait+read of 1', target=700, osv=2761, nanos=7091),
        Row('epoll.signal_wait_read_900fds', 'epoll signal+wait+read of 900', osv=3229, nanos=86293),
        Row('epoll.per_event_900_ready', 'epoll, per event, 900 ready'),
        Row('epoll.wait_empty', 'epoll_wait, nothing ready', osv=650, nanos=3305),
        Row('epoll.ctl_mod', 'epoll_ctl MOD', osv=602, nanos=2706),
        Row('poll.900fds_none_ready', 'poll of 900, none ready', osv=200963, nanos=156495),
        Row('timer.nanosleep_1us', 'nanosleep of 1 µs', osv=2393, nanos=1006000),
        Row('timer.nanosleep_1ms', 'nanosleep of 1 ms'),
    ],
    'Sockets on one machine': [
        Row('tcp.roundtrip', 'TCP round trip', target=6000, osv=21134, nanos=17463),
        Row('tcp.roundtrip_5000_idle', 'TCP round trip beside 5,000 idle connections', target=6600),
        Row('tcp.connect_accept_close', 'connect, accept, close', target=20000, osv=75058, nanos=41123),
        Row('tcp.bulk', 'TCP, writes of 64 KiB', 'MiB per 10^9', osv=697, nanos=102, more=True),
        Row('udp.roundtrip', 'UDP round trip', target=5000, osv=13781, nanos=14554),
        Row('udp.send_receive_1KiB', 'UDP, 1 KiB sent and received'),
        Row('unix.roundtrip', 'unix stream round trip', target=4000, nanos=11488),
        Row('unix.bulk', 'unix stream, writes of 64 KiB', 'MiB per 10^9', more=True),
    ],
    'Servers on a tap (no icount; CPU: of QEMU, for one operation)': server_rows(),
}
