"""Requests that were given up, let wait again: on a state that nobody crawls on."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import msgspec

from crawler.contracts import State
from crawler.errors import StateError
from crawler.store import reading
from crawler.store.lock import StateLock
from crawler.store.looking import LABEL
from crawler.store.schema import connect, look

_ENDED = (
    f"SELECT {LABEL}, origin, count(*) FROM requests JOIN hosts ON hosts.id = host "
    "WHERE state = ? GROUP BY 1, 2 ORDER BY 1, 2"
)


class Ended(msgspec.Struct, frozen=True):
    """So many requests to one host came to an end for one reason; that of an error page is "status 404"."""

    reason: str
    origin: str
    requests: int


class Retried(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        waiting: requests that wait again.
        kept: requests that stay given up, because they gave items all the same: those would come twice.
    """

    waiting: int
    kept: int


def ended(path: Path, state: State) -> list[Ended]:
    """Return how many requests are in a state, by reason and host. Raises StateError."""
    with closing(look(path)) as connection:
        try:
            return [Ended(*row) for row in connection.execute(_ENDED, (state,))]
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be read: {error}") from error


def retry(path: Path, reasons: Collection[str], origins: Collection[str] | None = None) -> Retried:
    """Let requests that were given up for one of these reasons wait again, as if they were new.

    What was tried stays written down. A crawl that was over is not over any more: it is noted as "retried".

    Args:
        path: the state file.
        reasons: as `ended` has them.
        origins: only requests to these hosts; None for all.

    Raises StateError, and StateInUse while a process crawls on it.
    """
    look(path).close()  # it is one, and nothing is made where there is none
    with StateLock(path), closing(connect(path)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            reading.count_opening(connection)  # whoever crawls on it without a lock is to notice
            found = _let_wait(connection, reasons, origins)
            if found.waiting and reading.meta(connection).get("ended"):  # else it was killed, and still is
                reading.note(connection, {"ended": "retried"})
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be written: {error}", path) from error
    return found


def _let_wait(
    connection: sqlite3.Connection, reasons: Collection[str], origins: Collection[str] | None
) -> Retried:
    which = f"state = '{State.GAVE_UP}' AND {LABEL} IN ({_marks(reasons)})"
    values = list(reasons)
    if origins is not None:
        which += f" AND host IN (SELECT id FROM hosts WHERE origin IN ({_marks(origins)}))"
        values += origins
    (all,) = connection.execute(f"SELECT count(*) FROM requests WHERE {which}", values).fetchone()
    which += " AND id NOT IN (SELECT request FROM items)"  # what an error callback has yielded
    connection.execute(
        "INSERT INTO tries (request, attempt, at, seconds, status, reason, detail) "
        "SELECT id, attempts, at, coalesce(seconds, 0), coalesce(status, 0), reason, detail FROM requests "
        f"WHERE {which} AND at IS NOT NULL",
        values,
    )
    pages = f"SELECT id FROM requests WHERE {which}"
    connection.execute(f"DELETE FROM failures WHERE item IS NULL AND request IN ({pages})", values)
    waiting = connection.execute(
        f"UPDATE requests SET state = '{State.WAITING}', attempts = 0, due = NULL, reason = NULL, "
        f"detail = NULL, page = 0 WHERE {which}",
        values,
    ).rowcount
    return Retried(waiting, all - waiting)


def _marks(values: Collection[str]) -> str:
    return ",".join("?" * len(values))
