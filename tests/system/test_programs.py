"""Unmodified programs of this machine: output and status as on Linux."""
import hashlib
import random
import re
import shutil
import subprocess

import pytest


@pytest.mark.parametrize('kind', [
    'hello', 'hello-static', 'hello-static-pie', 'hello-musl', 'hello-musl-static', 'hello-cxx',
    'hello-cxx-static', 'four-threads', 'four-threads-static'])
def test_guest_program(same, program, kind):
    assert same(program(kind)).status == 0


@pytest.mark.parametrize('root, some', [('ram', False), ('disk', True)])
def test_major_faults_read_from_a_disk(kiln, root, some):
    source = 'import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_majflt > 0)'
    assert kiln('/usr/bin/python3', '-c', source, options=['--root', root]).out.decode() == f'{some}\n'


@pytest.mark.parametrize('kind', ['arguments', 'arguments-static'])
def test_arguments_and_environment(kiln, program, kind):
    path = program(kind)
    got = kiln(path, '3', 'two words', 'ünd "quoted" 100%', '', options=['--env', 'A=b c', '--cwd', '/usr'])
    assert got.status == 3
    lines = got.out.decode().splitlines()
    assert lines[:5] == [f'argv[0]={path}', 'argv[1]=3', 'argv[2]=two words', 'argv[3]=ünd "quoted" 100%',
                         'argv[4]=']
    assert sorted(line for line in lines if line.startswith('env ') and not line.startswith('env TERM=')) == [
        'env A=b c', 'env HOME=/root', 'env LANG=C.UTF-8',
        'env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
    assert lines[-1] == 'cwd /usr'


@pytest.mark.slow
def test_go(same, program):
    assert same(program('hello-go', 'guest-go')).status == 0


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which('rustc'), reason='rustc is installed by scripts/setup --all only')
def test_rust(same, program):
    assert same(program('hello-rust', 'guest-rust')).status == 0


JAVA = '''
public class Hello {
    public static void main(String[] arguments) throws Exception {
        long[] sums = new long[4];
        Thread[] threads = new Thread[sums.length];
        for (int i = 0; i < threads.length; i++) {
            final int number = i;
            threads[i] = new Thread(() -> { for (int j = 0; j < 1000000; j++) sums[number] += j ^ number; });
            threads[i].start();
        }
        for (Thread thread : threads)
            thread.join();
        System.gc();
        System.out.println("hello from Java " + java.util.Arrays.toString(sums));
        System.exit(6);
    }
}
'''


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which('javac'), reason='no Java compiler')
def test_java(kiln, tmp_path):
    """The class files lie under /tmp, where the guest has a tmpfs."""
    (tmp_path / 'Hello.java').write_text(JAVA)
    subprocess.run(['javac', 'Hello.java'], cwd=tmp_path, check=True)
    got = kiln(shutil.which('java'), '-cp', tmp_path, 'Hello', memory=1024, timeout=300,
               options=['--add', tmp_path])
    assert (got.status, got.out) == (
        6, b'hello from Java [499999500000, 499999500000, 499999500000, 499999500000]\n'), got.err


@pytest.fixture(name='data', scope='module')
def fixture_data():
    """20 MB that compress about as well as text does."""
    source = random.Random(1)
    words = [source.randbytes(source.randrange(2, 12)).hex().encode() for _ in range(3000)]
    text = b' '.join(source.choice(words) for _ in range(2_000_000))
    return text[:20_000_000].ljust(20_000_000, b'.')


@pytest.mark.slow
@pytest.mark.parametrize('tool, options', [('xz', ['-T2', '-1', '-c']), ('zstd', ['-T2', '-q', '-c'])])
def test_compression(kiln, data, tool, options):
    """The program reads a pipe and writes a pipe; the machine's own tool gets the same bytes back."""
    got = kiln(f'/usr/bin/{tool}', *options, input=data, timeout=600)
    assert (got.status, got.err) == (0, b'')
    back = subprocess.run([tool, '-dc'], input=got.out, capture_output=True, check=True).stdout
    assert hashlib.sha256(back).digest() == hashlib.sha256(data).digest()


@pytest.mark.slow
def test_sqlite(same):
    script = b'''create table t(a integer primary key, b text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)
    insert into t select i, 'row ' || i || ' ' || hex(i * 7919) from n;
create index i on t(b);
select count(*), sum(a), max(b) from t;
delete from t where a % 3 = 0;
pragma integrity_check;
select count(*) from t;
'''
    database = f'/tmp/kiln-test-{random.getrandbits(40)}.db'
    got = same('/usr/bin/sqlite3', '-batch', database, input=script, timeout=600)
    assert b'100000|5000050000|' in got.out and b'\nok\n' in got.out


PYTHON = r'''
import decimal, hashlib, json, queue, sqlite3, subprocess, sys, threading
print(json.dumps({"a": [1, 2.5, None, "ü"]}, sort_keys=True))
print(hashlib.sha256(b"kiln" * 100000).hexdigest())
decimal.getcontext().prec = 50
print(decimal.Decimal(2).sqrt())
database = sqlite3.connect(":memory:")
database.execute("create table t(x)")
database.executemany("insert into t values (?)", [(i,) for i in range(1000)])
print(database.execute("select sum(x) from t").fetchone())
work, done = queue.Queue(), queue.Queue()
def worker():
    while (n := work.get()) is not None:
        done.put(n * n)
threads = [threading.Thread(target=worker) for _ in range(8)]
for t in threads: t.start()
for n in range(1000): work.put(n)
for t in threads: work.put(None)
for t in threads: t.join()
print(sum(done.get() for _ in range(1000)), done.empty())
sys.exit(7)
'''


@pytest.mark.slow
def test_python(same):
    assert same('/usr/bin/python3', '-c', PYTHON).status == 7


@pytest.mark.slow
def test_python_subprocess_is_refused_cleanly(kiln):
    code = 'import subprocess\ntry:\n subprocess.run(["/bin/true"])\nexcept OSError as e:\n print(e.strerror)'
    got = kiln('/usr/bin/python3', '-c', code)
    assert (got.status, got.out) == (0, b'Function not implemented\n')


@pytest.mark.slow
def test_perl(same):
    same('/usr/bin/perl', '-MList::Util=sum', '-e',
         'my %h; $h{$_ % 7} += $_ for 1..10000; print join(",", map {"$_=$h{$_}"} sort keys %h), "\\n";'
         'print sum(1..10), " ", join("|", "a1b22c" =~ /(\\d+)/g), "\\n"; exit 5')


@pytest.mark.slow
def test_openssl_digest(same):
    same('/usr/bin/openssl', 'dgst', '-sha256', input=b'kiln' * 50000)


@pytest.mark.slow
@pytest.mark.parametrize('algorithm', [['sha256'], ['-evp', 'aes-128-gcm']])
def test_openssl_speed(kiln, algorithm):
    got = kiln('/usr/bin/openssl', 'speed', '-seconds', '1', *algorithm, timeout=300)
    assert got.status == 0
    assert re.search(rf'(?m)^{algorithm[-1]} +[0-9.]+k', got.out.decode().lower())


@pytest.mark.slow
def test_openssl_says_what_linux_says_of_an_unknown_algorithm(same):
    """aes-128-gcm is known behind -evp only."""
    same('/usr/bin/openssl', 'speed', '-seconds', '1', 'sha256', 'aes-128-gcm')
