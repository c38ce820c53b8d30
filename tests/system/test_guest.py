"""The guest test programs of tests/guest: first on Linux, the oracle, then on Kiln, a boot a family and kernel."""
import re

import pytest
from machine import ROOT, run_linux

NO_FAMILIES = ('plugins', 'programs', 'hostile', 'go', 'rust')
FAMILIES = sorted(entry.name for entry in (ROOT / 'tests' / 'guest').iterdir()
                  if entry.is_dir() and entry.name not in NO_FAMILIES and not entry.name.startswith('_'))
UNFAIR = ['-x', 'scheduling/fair*']         # other programs of this machine take their share


def passed(text):
    """The names of the tests that passed."""
    return set(re.findall(rb'(?m)^ok (\S+)$', text))


@pytest.mark.parametrize('mode', ['release', 'debug'])
@pytest.mark.parametrize('family', FAMILIES)
def test_family(kiln, program, family, mode):
    expected = run_linux(program(family), *UNFAIR)
    assert expected.status == 0, expected.out
    got = kiln(program(family), *UNFAIR, options=['--mode', mode], timeout=300)
    bad = [line for line in got.out.split(b'\n') if line.startswith(b'not ok')]
    assert (got.status, bad) == (0, []), got.err
    assert passed(got.out) == passed(expected.out)
