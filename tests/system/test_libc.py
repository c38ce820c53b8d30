"""Programs bound to the built-in C library: output and status as with their own, and what is refused."""
import subprocess

import pytest
from machine import run_linux

BUILTIN = ['--libc', 'builtin']


@pytest.mark.parametrize('cpus', [1, 4])
@pytest.mark.parametrize('kind', ['hello', 'hello-musl', 'hello-cxx', 'four-threads', 'arguments'])
def test_guest_program(kiln, program, kind, cpus):
    own = kiln(program(kind), cpus=cpus)
    assert kiln(program(kind), cpus=cpus, options=BUILTIN) == own


# Where musl itself differs from glibc (docs/libc.md, Limits): the call never reaches the kernel as the test makes it.
DIFFERENT = {
    'futex/robust_list_query': 'a thread tells the kernel of its list when it takes its first robust mutex',
    'misc/auxiliary_vector': 'sysconf does not know _SC_MINSIGSTKSZ',
    'files/duplicate': 'dup3 drops flags that it does not know',
    'files/symlink_text': 'readlink takes a size of 0',
    'files/open_path_only': 'fchmod of an O_PATH descriptor goes through /proc and succeeds',
    'files/statfs_values': 'statfs clears its buffer itself: a bad pointer is SIGSEGV',
    'files/stat_forms_agree': 'stat fills its buffer itself: a bad pointer is SIGSEGV',
    'memory/protect_refused': 'mprotect rounds its address down',
}


@pytest.mark.parametrize('cpus', [1, 4])
@pytest.mark.parametrize('family', ['cxx', 'files', 'futex', 'memory', 'misc', 'scheduling', 'signals', 'threads',
                                    'time'])
def test_family(kiln, program, family, cpus):
    """The families of guest tests that live from the C library, exceptions among threads included."""
    without = [word for pattern in [*DIFFERENT, 'scheduling/fair*'] for word in ('-x', pattern)]
    got = kiln(program(family), *without, cpus=cpus, options=BUILTIN, timeout=300)
    assert got.status == 0, got.out.decode()


@pytest.mark.parametrize('cpus', [1, 4])
@pytest.mark.parametrize('library', ['own', 'builtin'])
def test_plugins(kiln, program, library, cpus):
    """Libraries that the program opens, with either C library; destructors run in the right order at the end."""
    plugins = program('plugins')
    expected = run_linux(plugins)
    assert expected.status == 0, expected.out
    got = kiln(plugins, cpus=cpus, options=['--libc', library, '--add', plugins.parent / 'parts'])
    assert got == expected


MODULES = """
import ctypes, sqlite3, ssl, sys, sysconfig, pathlib
folder = pathlib.Path(sysconfig.get_path('platstdlib')) / 'lib-dynload'
for name in sorted({file.name.split('.')[0] for file in folder.iterdir()} - {'nis'}):
    __import__(name)
    print(name)
print(sqlite3.connect(':memory:').execute('select upper(?), abs(-4)', ('text',)).fetchall())
print(ssl.create_default_context().minimum_version, ctypes.CDLL(None).abs(-7))
print(sys.modules['_ctypes'].__file__)
"""


@pytest.mark.parametrize('cpus', [1, 4])
def test_python_modules(kiln, cpus):
    """All of Debian's extension modules but nis, whose libkrb5 wants glibc's resolver."""
    own = kiln('/usr/bin/python3', '-c', MODULES, cpus=cpus, memory=512)
    assert own.status == 0, own.err
    assert kiln('/usr/bin/python3', '-c', MODULES, cpus=cpus, memory=512, options=BUILTIN) == own


def test_openssl_provider(kiln):
    """A digest that lives in a library which OpenSSL opens."""
    command = ['/usr/bin/openssl', 'dgst', '-provider', 'legacy', '-provider', 'default', '-md4', '/etc/services']
    files = ['--add', '/usr/lib/x86_64-linux-gnu/ossl-modules', '--add', '/etc/services']
    own = kiln(*command, options=files)
    assert own.status == 0, own.err
    assert kiln(*command, options=BUILTIN + files) == own


@pytest.mark.parametrize('command', [['/usr/bin/xz', '-6', '-c', '/etc/services'],
                                     ['/usr/bin/zstd', '-q', '-19', '-c', '/etc/services'],
                                     ['/usr/bin/xz', '--robot', '--version']])
def test_compressors(kiln, command):
    own = kiln(*command)
    assert own.status == 0
    assert kiln(*command, options=BUILTIN) == own


def test_image_holds_no_other_c_library(kiln):
    """The program's own library and loader are gone: nothing else than the built-in one can have run it."""
    for path in ('/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'):
        got = kiln('/usr/bin/xz', '-c', path, options=BUILTIN)
        assert (got.status, got.out) == (1, b'') and b': No such file or directory\n' in got.err


def test_missing_import_is_named_before_anything_boots(kiln, tmp_path):
    """A library of another version: the function that the program was linked against is gone."""
    library, source, path = tmp_path / 'libpart.so', tmp_path / 'missing.c', tmp_path / 'missing'
    source.write_text('int nobody_has_this(void);\nint main(void) { return nobody_has_this(); }\n')
    for line in ('int nobody_has_this(void) { return 0; }', 'int other(void) { return 0; }'):
        (tmp_path / 'part.c').write_text(line)
        subprocess.run(['gcc', '-shared', '-fPIC', '-o', library, tmp_path / 'part.c'], check=True)
        if not path.exists():
            subprocess.run(['gcc', '-o', path, source, library, f'-Wl,-rpath,{tmp_path}'], check=True)
    got = kiln(path, options=BUILTIN)
    assert got.status == 125
    assert b'missing: imports nobody_has_this, which neither the built-in C library' in got.err
