"""Images of modules: build, roots in memory, boot from the disk itself, many runs of one image."""
import subprocess

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
