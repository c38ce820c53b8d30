"""One kind of error for everything the user can cause: a line that says what, where and what to do.

The scripts catch KilnError at the top, print `kiln: <line>` and end with its status; nothing else
is ever shown as a traceback on purpose.
"""

STATUS_TIMEOUT = 124
STATUS_KILN = 125
STATUS_NOT_EXECUTABLE = 126
STATUS_NOT_FOUND = 127


class KilnError(Exception):
    """A failure that one line explains; status is what the script exits with."""

    def __init__(self, line: str, status: int = STATUS_KILN) -> None:
        super().__init__(line)
        self.line = line
        self.status = status
