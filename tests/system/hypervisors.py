"""What tests under another hypervisor than QEMU share. Such a one is no part of an ordinary set-up: it is a gigabyte
or takes minutes, so those tests are slow, and skipped with its own line where it is not there.
"""
import pytest

from kiln.errors import KilnError

LIMIT = 240         # seconds: it is interpreted itself, or interprets


def marks(check_present):
    """For pytestmark: by what the tools themselves ask before a run."""
    try:
        check_present()
        reason = ''
    except KilnError as error:
        reason = error.line
    return [pytest.mark.slow, pytest.mark.skipif(bool(reason), reason=reason or 'it is here')]


def boot_on(hypervisor, kiln, *command, options=(), cpus=1, **keywords):
    """run_kiln with what the hypervisor has; it chooses machine and boot path itself."""
    return kiln(*command, machine=None, boot=None, cpus=cpus, options=['--hypervisor', hypervisor, *options],
                timeout=LIMIT, **keywords)
