"""Standard streams that are closed, or that nobody reads any more: a crawl takes no harm from them."""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import suppress
from errno import ENOSPC
from typing import Any, TextIO

#: How a number is held that the process was started without: what is read is empty, what is written fails.
_HELD = {0: os.O_RDONLY, 1: os.O_RDONLY, 2: os.O_RDWR}
#: Seconds that a reader of standard error has, where that does not wait by itself.
_PATIENCE = 1.0


def prepare_streams() -> None:
    """Let no file get the number of a stream that is closed, and no message fail.

    Whoever closes standard output gets an error only for items that were to go there.
    """
    for number, flags in _HELD.items():
        try:
            os.fstat(number)
        except OSError:  # the lowest free number is given: this one
            os.set_inheritable(os.open(os.devnull, flags), True)
    if sys.stdout is None:  # `sys.__stdout__` goes on saying so
        sys.stdout = _lenient(1, None)
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _lenient(2, sys.stderr)


def forgive_stdout() -> None:
    """Let no `print` fail in somebody's code, when no items go to standard output."""
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        sys.stdout.flush()
        sys.stdout = _lenient(1, sys.stdout)


def let_go_of_stdout() -> None:
    """Point standard output nowhere: whoever read it is gone, and flushing it at exit would fail."""
    _point_nowhere(sys.stdout.fileno())


def _lenient(number: int, before: TextIO | None) -> io.TextIOWrapper:
    encoding, errors = (before.encoding, before.errors) if before is not None else ("utf-8", "replace")
    raw = io.BufferedWriter(LenientStream(number))
    by_line = number == 2 or raw.isatty() or bool(getattr(before, "write_through", False))
    return io.TextIOWrapper(raw, encoding=encoding, errors=errors, line_buffering=by_line)


class LenientStream(io.RawIOBase):
    """Writes to a file descriptor as long as somebody is there to read; after that nothing comes of it.

    Args:
        number: the file descriptor, which stays open.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def write(self, data: Any) -> int:
        """Write as much as is taken; what cannot be written is as good as written."""
        try:
            return os.write(self._number, data)
        except BlockingIOError:  # somebody has made it so that it does not wait
            select.select([], [self._number], [], _PATIENCE)
            with suppress(OSError):
                return os.write(self._number, data)
        except OSError as error:
            if error.errno != ENOSPC:  # a closed terminal, a reader that is gone: what it started, too
                _point_nowhere(self._number)
        return len(data)

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._number

    def isatty(self) -> bool:
        """Say whether it is a terminal, and still there."""
        return os.isatty(self._number)


def _point_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
