"""What a module's packages bring with them, and setup's choice of sources; no network is used."""
import pytest

from kiln import apt, download, setup
from kiln.errors import KilnError
from kiln.manifest import Placed

ZLIB = next(source for source in setup.SOURCES if source.name == 'zlib')
RECORDS = {
    'app': 'Package: app\nVersion: 1\nPre-Depends: dpkg (>= 1)\n'
           'Depends: lib-a (>= 2), absent | lib-b, virtual\n',
    'lib-a': 'Package: lib-a\nVersion: 2\nDepends: app, shell\n',
    'lib-b': 'Package: lib-b\nVersion: 2\n',
    'real': 'Package: real\nVersion: 3\n',
    'dpkg': 'Package: dpkg\nVersion: 1\n',
    'shell': 'Package: shell\nVersion: 1\nEssential: yes\n',
}


@pytest.fixture(autouse=True)
def fixture_apt(monkeypatch):
    """apt-cache of a made-up archive."""
    monkeypatch.setattr(apt, 'records', lambda names: '\n\n'.join(RECORDS[n] for n in names if n in RECORDS))
    monkeypatch.setattr(apt, 'provider', lambda name: 'real' if name == 'virtual' else '')


def test_dependencies_without_upkeep():
    found = download.resolve([Placed('app', 'm:1')])
    assert sorted(found) == ['app', 'lib-a', 'lib-b', 'real']


def test_what_the_module_does_without():
    assert sorted(download.resolve([Placed('app', 'm:1')], ['lib-b'])) == ['app', 'lib-a', 'real']
    assert sorted(download.resolve([Placed('app', 'm:1'), Placed('real', 'm:1')], ['lib-a', 'real'])) == \
        ['app', 'lib-b', 'real']


def test_essential_packages_may_be_asked_for():
    assert list(download.resolve([Placed('shell', 'm:1')])) == ['shell']


def test_unknown_package():
    with pytest.raises(KilnError, match='m:7: there is no package "nothing" in this machine\'s sources'):
        download.resolve([Placed('nothing', 'm:7')])


def records(*versions):
    """apt-cache showsrc"""
    return '\n\n'.join(f'Package: zlib\nVersion: {version}' for version in versions)


def test_zlib_version():
    assert setup.choose_version(ZLIB, records('1:1.2.13.dfsg-3', '1:1.2.13.dfsg-1')) == '1:1.2.13.dfsg-1'
    assert setup.choose_version(ZLIB, records('1:1.2.13.dfsg-3')) == '1:1.2.13.dfsg-3'
    with pytest.raises(KilnError, match='pinned to upstream 1.2.13.dfsg, this machine\'s Debian has 1.3.1'):
        setup.choose_version(ZLIB, records('1:1.3.1-1'))
    with pytest.raises(KilnError, match='have no source package zlib'):
        setup.choose_version(ZLIB, '')


def test_changed_tarball_is_refused(tmp_path):
    (tmp_path / 'zlib_1.orig.tar.gz').write_bytes(b'other')
    with pytest.raises(KilnError, match='is pinned: it is not used'):
        setup.check(ZLIB, tmp_path)


def test_sources_are_derived(tmp_path):
    (tmp_path / 'sources.list.d').mkdir()
    (tmp_path / 'sources.list').write_text('# comment\ndeb [signed-by=/k] http://mirror/debian stable main\n'
                                           'deb-src http://mirror/debian stable main\n')
    (tmp_path / 'sources.list.d' / 'a.sources').write_text('Types: deb\nURIs: http://mirror/\n')
    (tmp_path / 'sources.list.d' / 'b.sources.disabled').write_text('Types: deb\n')
    assert apt.derived_sources(tmp_path) == [
        ('sources.list', 'deb [signed-by=/k] http://mirror/debian stable main\n'
                         'deb-src [signed-by=/k] http://mirror/debian stable main\n'),
        ('a.sources', 'Types: deb deb-src\nURIs: http://mirror/\n')]
