"""What the tests of the tools share."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

from repository import ROOT, RUN

sys.path.insert(0, str(ROOT / 'scripts'))


@pytest.fixture
def fake_env():
    """An environment in which run.py boots the fake guest."""
    return {**os.environ, 'KILN_QEMU': str(Path(__file__).with_name('fake_qemu.py'))}


@pytest.fixture
def relay(fake_env):
    """Runs run.py on the fake guest, which does `what`."""
    def run(*what, options=(), **keywords):
        keywords.setdefault('stdin', None if 'input' in keywords else subprocess.DEVNULL)
        keywords.setdefault('timeout', 30)
        if keywords['stdin'] is None:
            del keywords['stdin']
        return subprocess.run([RUN, *options, '--exec', '/bin/true', '--', *what], env=fake_env,
                              capture_output=True, check=False, **keywords)
    return run
