"""ELF closures of programs that are built here, and the errors of damaged ones."""
import subprocess

import pytest

from kiln import closure, elf
from kiln.errors import KilnError


def compile_c(output, text, *flags):
    """gcc, from standard input."""
    subprocess.run(['gcc', '-x', 'c', '-', '-o', output, *flags], input=text, text=True, check=True)
    return str(output)


@pytest.fixture(name='libraries')
def fixture_libraries(tmp_path):
    """liba needs libb; both in a folder that no system path names."""
    (tmp_path / 'lib').mkdir()
    compile_c(tmp_path / 'lib' / 'libb.so', 'int b(void) { return 1; }', '-shared', '-fPIC')
    compile_c(tmp_path / 'lib' / 'liba.so', 'int b(void); int a(void) { return b(); }', '-shared', '-fPIC',
              f'-L{tmp_path}/lib', '-lb', '-Wl,--no-as-needed')
    return tmp_path


MAIN = 'int a(void); int main(void) { return a(); }'


@pytest.mark.parametrize('flag', ['-Wl,--disable-new-dtags,-rpath,$ORIGIN/lib',
                                  '-Wl,--disable-new-dtags,-rpath,${ORIGIN}/lib'])
def test_rpath_reaches_libraries_of_libraries(libraries, flag):
    program = compile_c(libraries / 'p', MAIN, f'-L{libraries}/lib', '-la', flag,
                        f'-Wl,-rpath-link,{libraries}/lib')
    found = closure.closure(program, 'test')
    assert found[0] == '/lib64/ld-linux-x86-64.so.2'
    assert {f'{libraries}/lib/liba.so', f'{libraries}/lib/libb.so'} < set(found)
    assert any(path.endswith('/libc.so.6') for path in found)


def test_runpath_does_not(libraries):
    """As ld.so: DT_RUNPATH counts for the object's own needs only."""
    program = compile_c(libraries / 'p', MAIN, f'-L{libraries}/lib', '-la', '-Wl,--enable-new-dtags',
                        f'-Wl,-rpath,{libraries}/lib', f'-Wl,-rpath-link,{libraries}/lib')
    with pytest.raises(KilnError, match='liba.so: needs the library libb.so, which is not on') as caught:
        closure.closure(program, 'test')
    assert caught.value.status == 127


def test_static_program_needs_nothing(tmp_path):
    assert closure.closure(compile_c(tmp_path / 's', 'int main(void) { return 0; }', '-static'), 'test') == []


def test_musl(tmp_path):
    subprocess.run(['musl-gcc', '-x', 'c', '-', '-o', tmp_path / 'm'], input='int main(void) { return 0; }',
                   text=True, check=True)
    assert closure.closure(str(tmp_path / 'm'), 'test') == ['/lib/ld-musl-x86_64.so.1']


def test_unwinder_for_pthread_exit(tmp_path):
    program = compile_c(tmp_path / 't', '#include <pthread.h>\nint main(void) { pthread_exit(0); }')
    assert any(path.endswith('libgcc_s.so.1') for path in closure.closure(program, 'test'))
    plain = compile_c(tmp_path / 'n', 'int main(void) { return 0; }')
    assert not any(path.endswith('libgcc_s.so.1') for path in closure.closure(plain, 'test'))


def test_missing_interpreter(tmp_path):
    program = compile_c(tmp_path / 'i', 'int main(void) { return 0; }', '-Wl,--dynamic-linker=/nowhere/ld.so')
    with pytest.raises(KilnError, match='its interpreter /nowhere/ld.so is not on this machine') as caught:
        closure.closure(program, 'test')
    assert caught.value.status == 127


DAMAGE = {
    'is cut off after 27 bytes': lambda true: b'\x7fELF\2\1\1' + bytes(20),
    '32-bit': lambda true: changed(true, 4, b'\1'),
    'another processor (ELF machine 183)': lambda true: changed(true, 18, b'\xb7\0'),
    'neither a program nor a shared library': lambda true: changed(true, 16, b'\1\0'),
    'after the end of the file': lambda true: true[:5000],
    'damaged ELF file': lambda true: changed(true, 32, b'\xff' * 8),
    'program headers of 1 bytes instead of 56': lambda true: changed(true, 54, b'\1\0'),
}


def changed(data, offset, value):
    """The bytes with some replaced."""
    return data[:offset] + value + data[offset + len(value):]


@pytest.mark.parametrize('words', DAMAGE)
def test_damaged_files(tmp_path, words):
    with open('/bin/true', 'rb') as file:
        data = DAMAGE[words](file.read())
    bad = tmp_path / 'bad'
    bad.write_bytes(data)
    with pytest.raises(KilnError) as caught:
        elf.read(str(bad))
    assert words in caught.value.line
    assert caught.value.status == 126
