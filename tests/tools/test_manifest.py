"""module.toml: what is accepted, and how each mistake is named."""
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiln.errors import KilnError
from kiln.manifest import Manifest, parse

FOLDER = Path('/modules/app')
FULL = '''description = "all keys"
command = ["/usr/bin/app", "--port", "80"]
environment = { "A" = "1", "B" = "two words" }
cwd = "/srv"
needs = ["tls"]
packages = ["libc6"]
files = [
    { from = "www/*", to = "/srv/" },
]
symlinks = { "/usr/bin/app" = "/opt/app" }
folders = ["/srv/data"]
writable = ["/var/lib/app"]
build = ["make", "-s"]

[[host]]
path = "/etc/services"
optional = true

[[host]]
path = "/etc/hosts"
to = "/etc/hosts.example"
'''


def test_all_keys():
    module = parse(FULL, FOLDER)
    assert module.command == ['/usr/bin/app', '--port', '80']
    assert module.environment == {'A': '1', 'B': 'two words'}
    assert module.cwd == '/srv'
    assert [(n.name, n.origin) for n in module.needs] == [('tls', '/modules/app/module.toml:5')]
    assert module.packages[0].origin == '/modules/app/module.toml:6'
    assert (module.files[0].pattern, module.files[0].to) == ('www/*', '/srv/')
    assert module.files[0].origin == '/modules/app/module.toml:8'
    assert (module.symlinks[0].path, module.symlinks[0].target) == ('/usr/bin/app', '/opt/app')
    assert [(h.path, h.to, h.optional) for h in module.host] == [
        ('/etc/services', '', True), ('/etc/hosts', '/etc/hosts.example', False)]
    assert module.host[1].origin == '/modules/app/module.toml:20'
    assert module.writable[0].name == '/var/lib/app'
    assert module.build == ['make', '-s']
    assert module.name == 'app'


def test_empty_file_is_a_module():
    assert parse('', FOLDER) == Manifest(FOLDER, 'app')


@pytest.mark.parametrize('text, line, words', [
    ('\ncomand = ["x"]', 2, ['unknown key "comand"', 'did you mean "command"']),
    ('xyzzy = 1', 1, ['unknown key "xyzzy"', 'known are description']),
    ('command = "x"', 1, ['"command" must be a list of strings']),
    ('command = [1]', 1, ['"command" must be a list of strings']),
    ('environment = { A = 1 }', 1, ['"environment" must be a table of strings']),
    ('# top\ncwd = "srv"', 2, ['"srv" must be an absolute path of the guest']),
    ('writable = [\n "/a",\n "b",\n]', 3, ['"b" must be an absolute path']),
    ('symlinks = { "a" = "b" }', 1, ['"a" must be an absolute path']),
    ('host = [{ path = "x" }]', 1, ['"x" must be an absolute path of this machine']),
    ('host = [{ path = "/x", tow = "/y" }]', 1, ['unknown key "tow"']),
    ('host = [{ to = "/y" }]', 1, ['has no "path"']),
    ('host = [{ path = "/x", optional = "yes" }]', 1, ['"optional" in "host" must be true or false']),
    ('files = [{ from = "../x", to = "/x" }]', 1, ['must lie in the module\'s folder']),
    ('files = [{ from = "x" }]', 1, ['has no "to"']),
    ('files = 1', 1, ['"files" must be a list']),
    ('files = ["x"]', 1, ['must be a list of tables']),
    ('a = 1\na = 2', 2, ['Cannot overwrite a value']),
    ('command = [', 1, ['Invalid value']),
    ('cwd = "/a\\u0000b"', 1, ['zero byte']),
])
def test_mistakes_are_named_with_their_line(text, line, words):
    with pytest.raises(KilnError) as caught:
        parse(text, FOLDER)
    assert caught.value.line.startswith(f'/modules/app/module.toml:{line}: ')
    assert '\n' not in caught.value.line
    for word in words:
        assert word in caught.value.line


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6)
KEYS = st.sampled_from(['description', 'command', 'environment', 'cwd', 'needs', 'packages', 'without', 'host', 'files',
                        'symlinks', 'folders', 'writable', 'build', 'other', 'path', 'to', 'from'])


def toml(value):
    """A TOML rendering of a value; what TOML cannot say becomes a string."""
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return '[' + ', '.join(map(toml, value)) + ']'
    if isinstance(value, dict):
        return '{ ' + ', '.join(f'{quoted(key)} = {toml(item)}' for key, item in value.items()) + ' }'
    return quoted(str(value))


def quoted(text):
    """A basic string of TOML."""
    escaped = ''.join(c if ' ' <= c and c not in '"\\\x7f' and not '\ud800' <= c <= '\udfff'
                      else f'\\u{ord(c):04X}' if not '\ud800' <= c <= '\udfff' else '?' for c in text)
    return f'"{escaped}"'


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_value_is_taken_or_named(data):
    text = ''.join(f'{key} = {toml(value)}\n' for key, value in data.items())
    accepted_or_named(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='[]{}=",.\n ab/1\\#\0é', max_size=60))
def test_any_text_is_taken_or_named(text):
    accepted_or_named(text)


def accepted_or_named(text):
    """Nothing but a manifest or an error with file and line comes out."""
    try:
        assert isinstance(parse(text, FOLDER), Manifest)
    except KilnError as error:
        assert error.line.startswith('/modules/app/module.toml:')
        assert error.line.split(':')[1].isdigit()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(blacklist_characters='\0', blacklist_categories=['Cs']), max_size=10)))
def test_commands_come_through_unchanged(words):
    assert parse(f'command = {toml(words)}', FOLDER).command == words
