"""run.py from the command line: programs, images, options, and one clear line for each mistake."""
import os
import socket
import subprocess

import pytest
from repository import ROOT, RUN

from kiln import cache, image, paths, qemu
from kiln.errors import KilnError


@pytest.fixture(name='fail')
def fixture_fail(fake_env):
    """Runs run.py, which must fail with exactly one line; returns status and line."""
    def fail(*arguments, **keywords):
        done = subprocess.run([RUN, *arguments], env=fake_env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=60, check=False, **keywords)
        assert done.stdout == ''
        assert done.stderr.startswith('kiln: ') and done.stderr.count('\n') == 1
        return done.returncode, done.stderr[len('kiln: '):-1]
    return fail


def script(folder, first_line):
    """An executable script."""
    file = folder / 'script'
    file.write_text(first_line + '\n')
    file.chmod(0o755)
    return file


def test_no_such_program(fail):
    assert fail('--exec', 'no-such-program') == (127, 'no-such-program: no such program on this machine')
    assert fail('--exec', '/no/such') == (127, '/no/such: no such program on this machine')


def test_directory(fail):
    assert fail('--exec', '/usr') == (126, '/usr: is a directory, not a program')


def test_not_executable(fail, tmp_path):
    (tmp_path / 'x').write_text('')
    assert fail('--exec', tmp_path / 'x')[0] == 126


def test_neither_elf_nor_script(fail, tmp_path):
    assert fail('--exec', script(tmp_path, 'echo hello')) == (
        126, f'{tmp_path}/script: is neither an ELF program nor a script with #!')


def test_script_without_interpreter(fail, tmp_path):
    assert fail('--exec', script(tmp_path, '#!/no/interpreter')) == (
        127, f'{tmp_path}/script: its interpreter /no/interpreter is not on this machine')
    assert fail('--exec', script(tmp_path, '#!'))[0] == 126
    assert fail('--exec', script(tmp_path, '#!/usr/bin/env no-such-language')) == (
        127, f'{tmp_path}/script: its interpreter no-such-language is not on this machine')


def test_script_brings_its_interpreter(tmp_path):
    file = script(tmp_path, '#!/usr/bin/env -S sqlite3 -batch')
    booted, program = image.of_program(str(file), [], 'rofs')
    assert program == str(file)
    assert {'/usr/bin/sqlite3', '/usr/bin/env', str(file)} <= set(booted.paths)


def test_broken_link(fail, tmp_path):
    (tmp_path / 'link').symlink_to('nothing')
    assert fail('--exec', tmp_path / 'link')[0] == 127


@pytest.mark.parametrize('arguments, words', [
    (['--frobnicate'], 'unrecognized arguments: --frobnicate'),
    (['--exec', '/bin/true', 'stray'], 'unrecognized arguments: stray'),
    (['-m', '12X', '--exec', '/bin/true'], '"12X" is not a size'),
    (['-m', '1K', '--exec', '/bin/true'], '"1K" is not a size'),
    (['-c', '0', '--exec', '/bin/true'], 'not a number of CPUs'),
    (['--timeout', '-1', '--exec', '/bin/true'], 'not a time in seconds'),
    (['--env', 'X', '--exec', '/bin/true'], '"X" is not NAME=VALUE'),
    (['--cwd', 'tmp', '--exec', '/bin/true'], 'must be an absolute path'),
    (['--machine', 'vax', '--exec', '/bin/true'], 'invalid choice'),
    (['--icount', '-c', '2', '--exec', '/bin/true'], 'goes with -c 1 only'),
    (['--boot', 'bios', '--machine', 'microvm', '--exec', '/bin/true'], '--machine q35 or pc'),
    (['--exec', '/bin/true', '--image', 'x'], 'exclude each other'),
    (['--disk', '/no/disk', '--exec', '/bin/true'], 'no such file'),
    (['--add', '/no/file', '--exec', '/bin/true'], '/no/file does not exist'),
    (['--add', '/etc/hosts:x', '--exec', '/bin/true'], 'must be absolute'),
    (['--image', 'no-such-module'], 'no module "no-such-module"'),
    (['--image', 'pyton3'], 'did you mean python3?'),
    (['--image', '/no/such.img'], 'No such file'),
    (['--image', '/etc/passwd'], 'is neither a Kiln disk image nor'),
    (['--fs', 'ramfs', '--root', 'disk', '--exec', '/bin/true'], 'always lies in RAM'),
    (['--forward', '80', '--exec', '/bin/true'], 'is not [tcp:|udp:][ADDRESS:]HOSTPORT:GUESTPORT'),
    (['--forward', '80:99999', '--exec', '/bin/true'], 'is not [tcp:|udp:][ADDRESS:]HOSTPORT:GUESTPORT'),
    (['--forward', '1.2.3.444:80:80', '--exec', '/bin/true'], '1.2.3.444 is not an IPv4 address'),
    (['--net', 'bridge', '--exec', '/bin/true'], 'is not user, tap, tap=NAME or none'),
    (['--net', 'none', '--forward', '80:80', '--exec', '/bin/true'], '--forward needs a network'),
    (['--net', 'tap', '--forward', '80:80', '--exec', '/bin/true'], 'goes with --net user'),
    (['--net', 'tap=no-such-tap', '--exec', '/bin/true'], 'no such device; as root: ip tuntap add dev no-such-tap'),
    (['--net', 'tap=lo', '--exec', '/bin/true'], 'is not a tap'),
    (['--ip', '10.0.0.1', '--exec', '/bin/true'], 'is not ADDRESS/LENGTH[,GATEWAY]'),
    (['--ip', '10.0.0.1/8,::1', '--exec', '/bin/true'], 'different families'),
    (['--ip', 'fd00::2/64', '--exec', '/bin/true'], 'one IPv4 address'),
    (['--ip', '10.0.0.1/30', '--exec', '/bin/true'], 'too small'),
    (['--mac', '53:54:00:00:00:01', '--exec', '/bin/true'], 'of a group'),
    (['--mac', '52:54:00', '--exec', '/bin/true'], 'is not a MAC address'),
    (['--queues', '0', '--exec', '/bin/true'], 'is not a number of queues'),
    (['--queues', '2', '--exec', '/bin/true'], '--queues needs --net tap'),
    (['--pcap', '/no/folder/x', '--exec', '/bin/true'], '--pcap /no/folder/x: No such file'),
    (['--root', 'ram', '-m', '4', '--exec', '/usr/bin/python3'], 'give it more with -m'),
])
def test_mistakes(fail, arguments, words):
    status, line = fail(*arguments)
    assert status == 125
    assert words in line


def test_odd_disk(fail, tmp_path):
    (tmp_path / 'disk').write_bytes(b'x' * 513)
    line = fail('--disk', tmp_path / 'disk', '--exec', '/bin/true')[1]
    assert 'is not a number of 512-byte sectors' in line


def test_hint_at_missing_file(relay, tmp_path):
    file = tmp_path / 'data'
    file.write_text('')
    done = relay('status', '256', str(file))
    assert done.stderr.decode() == (f'kiln: {file} is a file of this machine that is not in the image; '
                                    f'to put it there: --add {file}\n')
    assert b'--add' not in relay('status', '256', str(file), options=['--add', file]).stderr
    assert b'--add' not in relay('status', '0', str(file)).stderr
    assert b'--add data:/data' not in relay('status', '256', 'data', cwd='/').stderr
    assert f'--add {file}:/data\n' in relay('status', '256', 'data', cwd=tmp_path).stderr.decode()


def test_what_base_brings():
    booted, _ = image.of_program('/bin/true', [], 'rofs')
    assert {'/etc/passwd', '/etc/group', '/etc/nsswitch.conf', '/etc/hosts', '/etc/hostname', '/etc/services',
            '/etc/resolv.conf', '/tmp', '/dev', '/proc', '/sys', '/root',
            '/usr/lib/locale/C.utf8/LC_CTYPE'} <= set(booted.paths)


def test_second_time_is_recalled(tmp_path):
    program = tmp_path / 'p'
    subprocess.run(['gcc', '-static', '-x', 'c', '-', '-o', program], input='int main(){}', text=True,
                   check=True)
    first = image.of_program(str(program), [], 'rofs')[0]
    recipes = len(list((paths.CACHE / 'recipes').iterdir()))
    assert image.of_program(str(program), [], 'rofs')[0].root == first.root
    assert len(list((paths.CACHE / 'recipes').iterdir())) == recipes
    with open(program, 'ab') as file:
        file.write(b'changed')
    assert image.of_program(str(program), [], 'rofs')[0].root != first.root


def test_added_files(tmp_path):
    (tmp_path / 'd').mkdir()
    (tmp_path / 'd' / 'f').write_text('1')
    booted = image.of_program('/bin/true', [f'{tmp_path}/d', f'{tmp_path}/d:/srv', f'{tmp_path}/d/f:/opt/'],
                              'rofs')[0]
    assert {f'{tmp_path}/d/f', '/srv/f', '/opt/f'} <= set(booted.paths)
    (tmp_path / 'd' / 'g').write_text('2')
    assert '/srv/g' in image.of_program('/bin/true', [f'{tmp_path}/d:/srv'], 'rofs')[0].paths


def test_root_on_disk_or_in_ram(fake_env):
    def command(*options):
        return subprocess.run([RUN, '--dry-run', *options, '--exec', '/usr/bin/python3'], env=fake_env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    assert 'kiln.root=disk' in command('-m', '128') and 'snapshot=on' in command('-m', '128')
    assert 'kiln.root=ram' in command('-m', '1G') and '-initrd' in command('-m', '1G')
    assert '-m 4096K' in command('-m', '4M', '--root', 'disk')


def test_port_is_taken(fail):
    with socket.create_server(('127.0.0.1', 0)) as server:
        port = server.getsockname()[1]
        status, line = fail('--forward', f'{port}:80', '--exec', '/bin/true')
        assert (status, line) == (125, f'--forward: tcp port {port} of 127.0.0.1 is taken by another program')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(('127.0.0.1', 0))
        port = server.getsockname()[1]
        line = fail('--forward', f'udp:{port}:80', '--exec', '/bin/true')[1]
        assert line == f'--forward: udp port {port} of 127.0.0.1 is taken by another program'
    assert 'is given twice' in fail('--forward', '65001:80', '--forward', '65001:81', '--exec', '/bin/true')[1]


def test_network(fake_env):
    def command(*options):
        return subprocess.run([RUN, '--dry-run', *options, '--exec', '/bin/true'], env=fake_env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout
    assert 'netdev' not in command() and 'kiln.ip' not in command()
    user = command('--forward', '8080:80', '--forward', 'udp:0.0.0.0:53:5353')
    assert 'hostfwd=tcp:127.0.0.1:8080-10.0.2.15:80,hostfwd=udp:0.0.0.0:53-10.0.2.15:5353' in user
    assert 'kiln.ip=10.0.2.15/24,10.0.2.2 kiln.nameserver=10.0.2.3' in user
    assert 'virtio-net-device,netdev=net' in command('--net', 'user', '--machine', 'microvm')
    own = command('--ip', '192.168.7.9/24', '--mac', '52:54:00:00:00:07')
    assert 'net=192.168.7.0/24,host=192.168.7.2,' in own and 'mac=52:54:00:00:00:07' in own
    tap = command('--net', 'tap=x', '--queues', '4', '--pcap', 'a,b')
    assert 'tap,id=net,ifname=x,script=no,downscript=no,queues=4' in tap and 'mq=on,vectors=10' in tap
    assert 'kiln.ip=dhcp' in tap and 'netdev=net,file=a,,b' in tap
    both = command('--net', 'tap', '--ip', '10.0.0.2/24', '--ip', 'fd00::2/64,fd00::1')
    assert 'kiln.ip=10.0.0.2/24 kiln.ip=fd00::2/64,fd00::1' in both and 'dhcp' not in both


def test_cache_is_pruned(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, 'CACHE', tmp_path)
    for kind, name, age in (('images', 'old', 1), ('images', 'new', 3), ('packages', 'folder', 2)):
        (tmp_path / kind).mkdir(exist_ok=True)
        entry = tmp_path / kind / name
        if kind == 'packages':
            entry.mkdir()
            (entry / 'file').write_bytes(bytes(1000))
        else:
            entry.write_bytes(bytes(1000))
        os.utime(entry, (age, age))
    cache.prune(keep=tmp_path / 'images' / 'new', limit=2500)
    assert not (tmp_path / 'images' / 'old').exists() and (tmp_path / 'packages' / 'folder' / 'file').exists()
    cache.prune(keep=tmp_path / 'images' / 'new', limit=500)
    assert [file.name for file in tmp_path.rglob('*') if file.is_file()] == ['new']


def test_kvm_only_where_the_processor_has_it(tmp_path):
    (tmp_path / 'kvm').touch()
    (tmp_path / 'without').write_text('flags\t\t: fpu sse avx2\n')
    (tmp_path / 'with').write_text('flags\t\t: fpu svm\n')
    assert qemu.kvm_usable(str(tmp_path / 'kvm'), str(tmp_path / 'with'))[0]
    assert not qemu.kvm_usable(str(tmp_path / 'kvm'), str(tmp_path / 'without'))[0]
    assert not qemu.kvm_usable(str(tmp_path / 'none'), str(tmp_path / 'with'))[0]


def test_bios_boot_needs_boot_code(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, 'BUILD', tmp_path)
    with pytest.raises(KilnError, match='--boot bios: .* is not there'):
        image.bootable_disk(image.Image(ROOT / 'LICENSE', False), 'release')
