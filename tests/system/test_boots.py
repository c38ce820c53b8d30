"""The same boot many times: no hang, no wrong answer."""
import pytest
from machine import run_linux


@pytest.mark.slow
def test_four_threads_on_four_cpus(kiln, program, boots):
    """20 boots, 200 with --full-matrix."""
    expected = run_linux(program('four-threads'))
    for number in range(boots):
        assert kiln(program('four-threads'), cpus=4, timeout=60) == expected, f'boot {number}'
