"""Whether a state file is still ours to write: it may have been removed, or taken over."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from crawler.errors import StateError, StateInUse
from crawler.store import reading


class Fence:
    """Keeps a process from writing to a state that is not its own any more.

    The lock beside the file keeps others away as long as it is there and the system honours it. What was
    removed, or came back from a copy, or was opened all the same, is noticed here, before each transaction.

    Args:
        path: the state file, which is there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = os.path.realpath(path)  # a spider may go to another folder
        self._file = _number_of(self._place)
        self._beside = dict.fromkeys((f"{self._place}-wal", f"{self._place}-shm"), (0, 0))
        self._opening: str | None = None

    def opened(self, opening: str) -> None:
        """Note which opening of the file is ours; openings are counted in it."""
        self._opening = opening

    def check(self, connection: sqlite3.Connection) -> None:
        """Raise StateError when the file is gone, StateInUse when somebody has opened it after us.

        Args:
            connection: ours, in a transaction.
        """
        if _number_of(self._place) != self._file:
            raise StateError(
                f"the state {self._path} was removed or replaced while the crawl ran: what was not written "
                "by then is lost with it",
                self._path,
            )
        for name, number in self._beside.items():
            if number == (0, 0):
                self._beside[name] = _number_of(name)
        if self._opening is not None and reading.opening(connection) != self._opening:
            raise StateInUse(f"the state {self._path} was taken over by another process", self._path)

    def leave(self) -> None:
        """Take along what SQLite keeps beside the file, once it is closed, if another has taken its place.

        It would be read into that one.
        """
        if _number_of(self._place) == self._file:
            return
        for name, number in self._beside.items():
            if number != (0, 0) and _number_of(name) == number:
                with suppress(OSError):
                    os.unlink(name)


def _number_of(path: str) -> tuple[int, int]:
    """Return what tells a file from all others on this machine; zeros when it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino
