"""Which packages belong to a program: the rule of --exec on a small made-up machine."""
import pytest

from kiln.packages import Database, link_chain, spellings

STATUS = '''Package: lang
Status: install ok installed
Architecture: amd64
Version: 3.1-2
Depends: lang3.1 (= 3.1-2), libc (>= 2), virtual-thing, absent | lib-choice

Package: lang3.1
Status: install ok installed
Architecture: amd64
Source: lang
Version: 3.1-2
Depends: lang-stdlib

Package: lang-stdlib
Status: install ok installed
Architecture: all
Source: lang
Version: 3.1-2

Package: lang-extra
Status: install ok installed
Architecture: amd64
Source: lang
Version: 3.1-2
Depends: lang (= 3.1-2), lib-extra

Package: lang-loose
Status: install ok installed
Architecture: amd64
Source: lang
Version: 3.1-2
Depends: lang (>= 3.1-2)

Package: lang-dev
Status: install ok installed
Architecture: amd64
Source: lang
Version: 3.1-2
Depends: lang (= 3.1-2)

Package: lang-gone
Status: deinstall ok config-files
Architecture: amd64
Source: lang
Version: 3.1-2
Depends: lang (= 3.1-2)

Package: libc
Status: install ok installed
Architecture: amd64
Version: 2.36
Pre-Depends: dpkg, shell
Depends: lib-choice

Package: lib-choice
Status: install ok installed
Architecture: amd64
Version: 1

Package: lib-extra
Status: install ok installed
Architecture: amd64
Version: 1

Package: provider
Status: install ok installed
Architecture: amd64
Version: 1
Provides: virtual-thing (= 1), other

Package: dpkg
Status: install ok installed
Architecture: amd64
Version: 1

Package: shell
Essential: yes
Status: install ok installed
Architecture: amd64
Version: 1
'''


@pytest.fixture(name='database')
def fixture_database(tmp_path):
    """dpkg's files of that machine."""
    (tmp_path / 'status').write_text(STATUS)
    (tmp_path / 'lang3.1.list').write_text('/.\n/usr\n/usr/bin\n/usr/bin/lang3.1\n/usr/share/doc/lang\n')
    (tmp_path / 'lang.list').write_text('/.\n/usr/bin/lang\n')
    (tmp_path / 'libc:amd64.list').write_text('/.\n/lib/libc.so\n')
    return Database(str(tmp_path / 'status'), str(tmp_path))


def test_rule(database):
    assert sorted(database.behind(['/usr/bin/lang'])) == [
        'lang', 'lang-extra', 'lang-stdlib', 'lang3.1', 'lib-choice', 'lib-extra', 'libc', 'provider']


def test_owner_of_every_link_counts(database):
    assert 'lang3.1' in database.behind(['/usr/bin/lang', '/usr/bin/lang3.1'])
    assert 'lib-extra' not in database.behind(['/lib/libc.so'])
    assert 'lib-extra' in database.behind(['/lib/libc.so', '/usr/bin/lang'])


def test_merged_usr(database):
    assert database.owners(['/usr/lib/libc.so']) == {'/usr/lib/libc.so': 'libc'}
    assert spellings('/usr/lib/x') == ['/usr/lib/x', '/lib/x']
    assert spellings('/bin/x') == ['/bin/x', '/usr/bin/x']
    assert spellings('/opt/x') == ['/opt/x']


def test_documentation_is_left_out(database):
    assert database.files('lang3.1') == ['/usr', '/usr/bin', '/usr/bin/lang3.1']


def test_unowned_program(database):
    assert database.behind(['/home/me/program']) == []


def test_no_dpkg(tmp_path):
    assert Database(str(tmp_path / 'none'), str(tmp_path)).behind(['/bin/x']) == []


def test_link_chain(tmp_path):
    (tmp_path / 'real').touch()
    (tmp_path / 'alternative').symlink_to(tmp_path / 'real')
    (tmp_path / 'name').symlink_to('alternative')
    assert link_chain(str(tmp_path / 'name')) == [str(tmp_path / n) for n in ('name', 'alternative', 'real')]
