"""Images of modules: build, roots in memory, boot from the disk itself, many runs of one image."""
import shutil
import subprocess
import tempfile

import pytest
from machine import ROOT, can_boot

HELLO = (ROOT / 'tests' / 'guest' / 'programs' / 'hello.out').read_bytes()
BUILD = ROOT / 'scripts' / 'build'


@pytest.fixture(name='module')
def fixture_module(tmp_path, program):
    """A module that says hello and may write to /data."""
    folder = tmp_path / 'greeter'
    folder.mkdir()
    (folder / 'module.toml').write_text(f'''command = ["/bin/hello"]
host = [{{ path = "{program("hello")}", to = "/usr/bin/hello" }}, "/usr/bin/env"]
environment = {{ "GREETING" = "good day" }}
cwd = "/etc"
writable = ["/data"]
''')
    return folder


def test_build_and_run(kiln, module):
    built = subprocess.run([BUILD, f'image={module}'], capture_output=True, text=True, check=True).stdout
    assert built.startswith('build/release.x64/images/greeter.img: ') and 'qemu-system-x86_64' in built
    assert kiln(None).out == HELLO
    image = ROOT / 'build' / 'release.x64' / 'images' / 'greeter.img'
    for options in ([], ['--root', 'disk'], ['--root', 'ram']):
        assert kiln(None, options=['--image', image, *options]).out == HELLO
    before = image.read_bytes()
    got = kiln(None, '/usr/bin/env', options=['--image', image, '--env', 'MORE=1'])
    assert {b'GREETING=good day', b'MORE=1', b'HOME=/root', b'LANG=C.UTF-8'} <= set(got.out.split(b'\n'))
    assert image.read_bytes() == before
    if can_boot('bios'):
        assert kiln(None, boot='bios', machine='q35', options=['--image', image]).out == HELLO


def test_ramfs(kiln, module):
    got = kiln(None, options=['--image', module, '--fs', 'ramfs'])
    assert (got.status, got.out) == (0, HELLO)


@pytest.mark.parametrize('place', ['/tmp', '/run', '/var/tmp', '/dev/shm'])
def test_files_where_the_guest_mounts_a_tmpfs(kiln, program, tmp_path, place):
    """What the image has at such a place is there, for --add as for --exec, and may be changed."""
    there = f'{place}/kiln-test/deep/file'
    (tmp_path / 'file').write_bytes(b'x' * 100_000)
    code = f'import os; print(os.stat("{there}").st_size); open("{there}", "a").write("more")'
    got = kiln('/usr/bin/python3', '-c', code, options=['--add', f'{tmp_path / "file"}:{there}'])
    assert (got.status, got.out, got.err) == (0, b'100000\n', b'')


@pytest.mark.parametrize('fs', ['rofs', 'ramfs'])
def test_a_program_under_tmp(kiln, program, fs):
    with tempfile.TemporaryDirectory(dir='/tmp') as folder:
        shutil.copy(program('hello'), folder)
        got = kiln(f'{folder}/hello', options=['--fs', fs])
    assert (got.status, got.out) == (0, HELLO)
