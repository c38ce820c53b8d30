"""docs/first-app.md is done word for word: files are written, commands run, shown output compared."""
import os
import re
import shutil
import subprocess

from machine import ROOT

BLOCK = re.compile(r'(?ms)^```(\w+)(?: (\S+))?\n(.*?)^```$')


def test_first_app():
    home = ROOT / 'build' / 'test' / 'home'
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / 'kiln').symlink_to(ROOT)
    app = home / 'myapp'
    environment = {**os.environ, 'HOME': str(home)}

    def shell(command):
        return subprocess.run(['bash', '-c', command], cwd=app if app.exists() else home, timeout=300,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)

    for kind, name, text in BLOCK.findall((ROOT / 'docs' / 'first-app.md').read_text()):
        if name:
            (app / name).write_text(text)
        elif kind == 'sh':
            done = shell(text)
            assert done.returncode == 0, done.stderr
        else:
            command, shown = text.removeprefix('$ ').split('\n', 1)
            done = shell(command)
            assert done.stdout == shown, done.stderr
