"""Modules: order, needs, circles, clashes, and what scripts/build makes of them."""
import pytest

from kiln import build, image
from kiln.errors import KilnError
from kiln.manifest import load
from kiln.modules import Finder


def module(parent, name, text='', **files):
    """A module's folder."""
    folder = parent / name
    folder.mkdir(exist_ok=True)
    (folder / 'module.toml').write_text(text)
    for file, content in files.items():
        (folder / file).write_text(content)
    return folder


def make(parent, *names, adds=()):
    """The image of modules in a folder of their own."""
    return image.of_modules(names, adds, 'rofs', [str(parent)])


def test_needed_modules_come_first(tmp_path):
    module(tmp_path, 'a', 'needs = ["b", "c"]')
    module(tmp_path, 'b', 'needs = ["c"]')
    module(tmp_path, 'c')
    assert [m.name for m in Finder([str(tmp_path)]).ordered(['a'])] == ['base', 'c', 'b', 'a']


def test_circle(tmp_path):
    module(tmp_path, 'a', '\nneeds = ["b"]')
    module(tmp_path, 'b', 'needs = ["a"]')
    with pytest.raises(KilnError) as caught:
        make(tmp_path, 'a')
    assert caught.value.line == (f'{tmp_path}/b/module.toml:1: '
                                 'modules need each other in a circle: a -> b -> a')


def test_unknown_need(tmp_path):
    module(tmp_path, 'a', 'needs = ["basee"]')
    with pytest.raises(KilnError, match=r'a/module.toml:1: no module "basee"; did you mean base\?'):
        make(tmp_path, 'a')


def test_missing_files(tmp_path):
    folder = module(tmp_path, 'a', '\nfiles = [{ from = "*.txt", to = "/x/" }]')
    with pytest.raises(KilnError, match=rf'{folder}/module.toml:2: nothing matches "\*.txt"'):
        make(tmp_path, 'a')
    module(tmp_path, 'a', 'host = ["/no/such/file"]')
    with pytest.raises(KilnError, match=rf'{folder}/module.toml:1: /no/such/file is not on this machine'):
        make(tmp_path, 'a')


def test_several_files_need_a_folder(tmp_path):
    module(tmp_path, 'a', 'files = [{ from = "f*", to = "/x" }]', f1='1', f2='2')
    with pytest.raises(KilnError, match='matches 2 files'):
        make(tmp_path, 'a')


def test_duplicate_guest_path(tmp_path):
    module(tmp_path, 'a', 'files = [{ from = "f", to = "/x" }]', f='1')
    module(tmp_path, 'b', '\n\nfiles = [{ from = "f", to = "/x" }]', f='2')
    with pytest.raises(KilnError) as caught:
        make(tmp_path, 'a', 'b')
    assert caught.value.line == ('/x is put into the image twice, differently: '
                                 f'by {tmp_path}/a/module.toml:1 and by {tmp_path}/b/module.toml:3')


def test_command_environment_and_folders(tmp_path):
    module(tmp_path, 'a', 'command = ["/a"]\nenvironment = { K = "a", L = "a" }\ncwd = "/a"')
    module(tmp_path, 'b', 'command = ["/b", "x y"]\nenvironment = { K = "b" }\n'
                          'writable = ["/var/b"]\ncwd = "/b"')
    words = make(tmp_path, 'a', 'b').words
    assert [word for word in words if word.startswith('kiln.arg=')] == ['kiln.arg=/b', 'kiln.arg=x%20y']
    assert 'kiln.env=K=b' in words and 'kiln.env=L=a' in words
    assert 'kiln.cwd=/b' in words and 'kiln.writable=/var/b' in words


def test_changed_files_make_a_new_image(tmp_path):
    folder = module(tmp_path, 'a', 'files = [{ from = "f*", to = "/x/" }]', f1='1')
    first = make(tmp_path, 'a')
    assert make(tmp_path, 'a').root == first.root
    (folder / 'f2').write_text('2')
    assert '/x/f2' in make(tmp_path, 'a').paths
    (folder / 'f2').unlink()
    assert make(tmp_path, 'a').root == first.root


def test_build_command_runs_first(tmp_path):
    module(tmp_path, 'a', 'build = ["cp", "source", "made"]\nfiles = [{ from = "made", to = "/x" }]',
           source='1')
    assert '/x' in make(tmp_path, 'a').paths
    module(tmp_path, 'a', 'build = ["false"]')
    with pytest.raises(KilnError, match='build command false failed with status 1'):
        make(tmp_path, 'a')


def test_module_by_path(tmp_path, monkeypatch):
    module(tmp_path, 'my', 'files = [{ from = "f", to = "/x" }]', f='1')
    monkeypatch.chdir(tmp_path)
    assert '/x' in image.of_modules(['./my'], [], 'rofs', []).paths
    assert build.image_file(['./my', 'base'], 'release').name == 'my+base.img'


def test_added_file(tmp_path):
    module(tmp_path, 'a')
    assert '/y/f' in make(tmp_path, 'a', adds=[f'{module(tmp_path, "b", f="1")}/f:/y/f']).paths


def test_own_command_is_in_the_image(tmp_path):
    module(tmp_path, 'a', 'command = ["/a"]')
    assert '/.kiln/command' in make(tmp_path, 'a').paths


@pytest.mark.parametrize('words', [['image='], ['image=a,,b'], ['fs=ext4'], ['mode=fast'], ['-jx'], ['x'],
                                   ['--modules']])
def test_wrong_words(words):
    with pytest.raises(KilnError):
        build.parse(words)


def test_right_words():
    request = build.parse(['image=a,b', 'fs=ramfs', 'mode=debug', '-j4', '--modules', 'x', '--modules=y'])
    assert (request.names, request.fs, request.mode, request.jobs, request.modules) == (
        ['a', 'b'], 'ramfs', 'debug', '4', ['x', 'y'])


def test_all_modules_of_the_repository_are_right():
    folders = Finder().all()
    assert 'base' in [folder.name for folder in folders]
    for folder in folders:
        assert load(folder).description
