"""From the guest's wait status to run.py's own exit status, and the names of signals."""
import signal


def exit_status(wait_status: int) -> int:
    """The program's status, or 128+N if signal N ended it."""
    killer = wait_status & 0x7f
    return 128 + killer if killer else (wait_status >> 8) & 0xff


def signal_name(number: int) -> str:
    """`SIGSEGV` for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f'signal {number}'
