"""Whether a state file is still ours to write: it may have been removed, or taken over."""

from __future__ import annotations

import os
import sqlite3
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
        self._file = _number_of(path)
        self._opening: str | None = None

    def opened(self, opening: str) -> None:
        """Note which opening of the file is ours; openings are counted in it."""
        self._opening = opening

    def check(self, connection: sqlite3.Connection) -> None:
        """Raise StateError when the file is gone, StateInUse when somebody has opened it after us.

        Args:
            connection: ours, in a transaction.
        """
        if _number_of(self._path) != self._file:
            raise StateError(
                f"the state {self._path} was removed or replaced while the crawl ran: what was not written "
                "by then is lost with it",
                self._path,
            )
        if self._opening is not None and reading.opening(connection) != self._opening:
            raise StateInUse(f"the state {self._path} was taken over by another process", self._path)


def _number_of(path: Path) -> tuple[int, int]:
    """Return what tells a file from all others on this machine; zeros when it is not there."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return 0, 0
    return found.st_dev, found.st_ino
