"""What a segment costs, in instructions: QEMU counts them, so the machine's load does not matter."""
import subprocess
import sys

import pytest
from machine import ROOT

sys.path.insert(0, str(ROOT / 'tests' / 'bench'))
import kiln_guest       # noqa: E402  pylint: disable=wrong-import-position

pytestmark = pytest.mark.slow


def instructions(metric):
    """Of one operation of tests/bench/micro/net.c."""
    done = kiln_guest.run(ROOT / 'build' / 'bench' / 'net', (), ('MB_MS=4', 'MB_REPS=3', f'MB_ONLY={metric}'))
    assert done.status == 0, done.errors
    name, value, unit = done.output.split()
    assert (name, unit) == (metric, 'ns')
    return float(value)


def test_idle_connections_cost_others_nothing():
    subprocess.run(['ninja', '-f', 'tests/bench/bench.ninja', 'build/bench/net'], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    assert instructions('tcp.roundtrip_5000_idle') <= 1.1 * instructions('tcp.roundtrip')
