"""Faults of SQLite: opening a database, statements that write, commits."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import Any

from crawler.testing.durability.faults.calls import Faults, replace

_COMMIT = re.compile(r";?\s*COMMIT\s*;?\s*\Z", re.IGNORECASE)
#: Statements that write nothing, and fail by themselves.
_READING = re.compile(r"\s*(SELECT|PRAGMA(?!\s+journal_mode\s*=)|BEGIN)", re.IGNORECASE)
_IN_FILE = re.compile(r"file:([^?]*)")


def tear_databases(faults: Faults) -> None:
    """Put the hooks of all kinds of calls on databases in place."""
    replace("sqlite3", "connect", lambda real: _connecter(faults, real))


def _connecter(faults: Faults, real: Callable[..., Any]) -> Callable[..., Any]:
    class Torn(TornConnection):
        torn_by = faults

    def connect(database: Any, *args: Any, **kwargs: Any) -> Any:
        named = _IN_FILE.match(database) if isinstance(database, str) else None
        if not faults.concerns(named[1] if named else database):
            return real(database, *args, **kwargs)
        if faults.due("open"):
            raise _trouble(faults, "unable to open database file", "SQLITE_CANTOPEN")
        return real(database, *args, factory=Torn, **kwargs)

    return connect


class TornConnection(sqlite3.Connection):
    """A connection whose statements can fail."""

    torn_by: Faults

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "ROLLBACK":
            pass  # it takes back what has failed
        elif _COMMIT.match(sql):
            self._commit()
        elif _READING.match(sql):
            self._ask()
        else:
            self._state()
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        self._state()
        return super().executemany(sql, parameters)

    def executescript(self, sql: str, /) -> sqlite3.Cursor:
        self._state()
        rest, commits = _COMMIT.subn(";", sql)
        done = super().executescript(rest)
        if commits:
            self.execute("COMMIT")
        return done

    def _ask(self) -> None:
        if self.torn_by.due("query"):
            raise _trouble(self.torn_by, "disk I/O error", "SQLITE_IOERR")

    def _state(self) -> None:
        call = self.torn_by.due("statement")
        if call:
            raise self._failed(call)

    def _commit(self) -> None:
        call = self.torn_by.due("commit")
        if call and call % 3 == 0:  # it is on the disk, and yet an error is told
            super().execute("COMMIT")
        if call:
            raise self._failed(call)

    def _failed(self, call: int) -> BaseException:
        """Return the error; SQLite itself ends the transaction when the disk is full."""
        if call % 2:
            return _trouble(self.torn_by, "disk I/O error", "SQLITE_IOERR")
        if self.in_transaction:
            super().execute("ROLLBACK")
        return _trouble(self.torn_by, "database or disk is full", "SQLITE_FULL")


def _trouble(faults: Faults, words: str, name: str) -> BaseException:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorname, error.sqlite_errorcode = name, getattr(sqlite3, name)
    return faults.raised(error)
