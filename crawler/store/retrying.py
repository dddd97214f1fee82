"""Requests that were given up, let wait again: on a state that nobody crawls on."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path

from crawler.contracts import State
from crawler.errors import StateError
from crawler.store import reading
from crawler.store.lock import StateLock
from crawler.store.schema import connect, look

_GIVEN_UP = f"SELECT reason, count(*) FROM requests WHERE state = '{State.GAVE_UP}' GROUP BY 1 ORDER BY 1"


def given_up(path: Path) -> Mapping[str, int]:
    """Return how many requests were given up, by reason. Raises StateError."""
    with closing(look(path)) as connection:
        try:
            return dict(connection.execute(_GIVEN_UP))
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be read: {error}") from error


def retry(path: Path, reasons: Collection[str]) -> int:
    """Let requests that were given up for one of these reasons wait again, as if they were new.

    A crawl that was over is not over any more: it is noted as "retried". Returns how many requests there
    are. Raises StateError, and StateInUse while a process crawls on the state.
    """
    look(path).close()  # it is one, and nothing is made where there is none
    marks = ",".join("?" * len(reasons))
    which = f"state = '{State.GAVE_UP}' AND reason IN ({marks})"
    with StateLock(path), closing(connect(path)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            pages = f"SELECT id FROM requests WHERE {which}"
            connection.execute(
                f"DELETE FROM failures WHERE item IS NULL AND request IN ({pages})", list(reasons)
            )
            found = connection.execute(
                f"UPDATE requests SET state = '{State.WAITING}', attempts = 0, due = NULL, reason = NULL, "
                f"detail = NULL, page = 0 WHERE {which}",
                list(reasons),
            )
            if found.rowcount and reading.meta(connection).get("ended"):  # else it was killed, and still is
                reading.note(connection, {"ended": "retried"})
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be written: {error}") from error
    return found.rowcount
