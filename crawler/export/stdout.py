"""Standard output as an output: JSON Lines for whoever reads them, who may go away."""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TextIO

import anyio
from anyio.lowlevel import checkpoint

from crawler.contracts import Mark, Record
from crawler.encode import visible
from crawler.errors import Deserted, OutputError
from crawler.export.jsonl import line_of

#: A pipe that has room at all has room for so many bytes (`PIPE_BUF` of POSIX, and a page of Linux).
_ROOM = 4096


class StdoutSink:
    """Writes items to standard output, which carries nothing else. What it has taken is not repeated.

    A reader that takes its time keeps nothing waiting but the items. What code prints while the sink is
    open goes to standard error. On a terminal, what could move its cursor is written as JSON escapes.

    Args:
        unread: called when who read standard output is gone; without it that is an error like any other.

    Attributes:
        taken: id of the last item that was written to its end: when the reader has gone, the others come
            in the next run.
    """

    name = "-"
    path = Path("-")

    def __init__(self, unread: Callable[[], None] | None = None) -> None:
        self._unread = unread
        self._text: TextIO | None = None
        self._pipe: Pipe | None = None
        self.taken = 0

    async def open(self, mark: Mark | None) -> int:
        if sys.stdout is None:
            raise OutputError("standard output is closed", self.path)
        self._pipe = Pipe(sys.stdout)
        self._text, sys.stdout = sys.stdout, sys.stderr
        self.taken = mark.item if mark is not None else 0
        return self.taken

    async def write(self, records: Sequence[Record]) -> None:
        if not records:
            return
        self._pipe = self._pipe or Pipe(sys.stdout)  # what prints nothing else may leave it unopened
        shown = visible if self._pipe.is_terminal else bytes
        lines = [shown(line_of(record)) + b"\n" for record in records]
        try:
            await self._pipe.send(b"".join(lines))
        except OSError as error:
            if self._unread is None or not self._pipe.is_deserted(error):
                words = error.strerror or error
                raise OutputError(f"standard output cannot be written: {words}", self.path) from error
            self._unread()
            raise Deserted("nobody reads standard output any more", self.path) from error
        finally:
            whole = sum(end <= self._pipe.sent for end in accumulate(map(len, lines)))
            self.taken = records[whole - 1].id if whole else self.taken

    async def close(self, *, failed: bool = False) -> None:
        """Let code print to standard output again, which stays open."""
        if self._text is not None:
            sys.stdout, self._text = self._text, None


class Pipe:
    """What is behind standard output: a pipe, a terminal or a file.

    Args:
        text: the stream; where it stands for no file of the system's, as in tests, it is written to itself.

    Attributes:
        sent: bytes of the last message that have been written.
        is_terminal: whether a person reads it.
    """

    def __init__(self, text: TextIO) -> None:
        text.flush()
        self.sent = 0
        self._buffer = text.buffer
        try:
            self._number = text.fileno()
        except OSError:
            self._number = -1
            self._waits = self.is_terminal = False
            return
        mode = os.fstat(self._number).st_mode
        self.is_terminal = text.isatty()
        kept = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or self.is_terminal
        self._waits = kept and os.name != "nt"  # which can wait for sockets alone

    async def send(self, data: bytes) -> None:
        """Write all of it, waiting for the reader where there is one. Raises OSError."""
        self.sent = 0
        if self._number < 0:
            self._buffer.write(data)
            self._buffer.flush()
            self.sent = len(data)
        while self.sent < len(data):
            if not self._waits:
                self.sent += os.write(self._number, data[self.sent :])
                continue
            if not select.select([], [self._number], [], 0)[1]:
                await anyio.wait_writable(self._number)
            try:
                self.sent += os.write(self._number, data[self.sent : self.sent + _ROOM])
            except BlockingIOError:  # somebody else has filled it
                await checkpoint()

    def is_deserted(self, error: OSError) -> bool:
        """Say whether an error means that nobody reads any more: a closed terminal, a reader that is gone."""
        gone = isinstance(error, BrokenPipeError | ConnectionResetError)
        return gone or (self.is_terminal and error.errno == errno.EIO)
