"""A SQLite database: a table for each kind of item, and in the same transaction how far it has come."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from crawler.contracts import Mark, Record
from crawler.errors import OutputError
from crawler.export.partfile import refuse, sync_folder, unwritable
from crawler.export.row import row_of
from crawler.export.tables import Tables, create
from crawler.export.thread import in_thread
from crawler.model.items import item_name

T = TypeVar("T")

#: What a file that is no sound database of ours makes SQLite say.
_FOREIGN = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
#: Files that SQLite keeps beside a database.
_BESIDE = ("-wal", "-shm", "-journal")


class SqliteSink:
    """Writes items to a SQLite database, which is called `NAME.part` until the crawl ends.

    Each kind of item has a table of its name, with a column for every field that is met, `item_id`,
    which counts the items of the crawl, and `page_url`. A name that is taken already, in whatever case,
    gets a number: `title_2`. Lists and dicts are JSON, booleans 0 and 1, and integers that SQLite has
    no room for are text.

    Args:
        path: the database; its folder is made.
        replace: take the place of a file that was not written by this crawl.
        full: survive a loss of power, not only the end of the process.
    """

    def __init__(self, path: str | Path, *, replace: bool = False, full: bool = False) -> None:
        self.path = Path(path)
        self.name = os.path.abspath(path)
        self._part = self.path.parent / (self.path.name + ".part")
        self._replace = replace
        self._full = full
        self._connection: sqlite3.Connection | None = None
        self._tables: Tables | None = None
        self._id = ""
        self._item = 0
        self._as_left = False  # it is a part that nothing was added to

    async def open(self, mark: Mark | None) -> int:
        refuse(self.path, mark, replace=self._replace)
        await self._do(partial(self._open, mark))
        return self._item

    async def write(self, records: Sequence[Record]) -> Any:
        if records:
            rows = [(record, row_of(record)) for record in records]
            await self._do(partial(self._write, rows))
        return self._place()

    async def close(self, *, failed: bool = False) -> Any:
        if self._connection is not None:
            await self._do(partial(self._close, self._connection, failed=failed))
        return self._place()

    async def _do(self, work: Callable[[], T]) -> T:
        try:
            return await in_thread(work)
        except OSError as error:
            raise unwritable(self.path, error) from error
        except sqlite3.Error as error:
            raise OutputError(f"{self.path} cannot be written: {error}") from error

    def _place(self) -> dict[str, Any]:
        return {"format": "sqlite", "id": self._id}

    # In a thread.

    def _open(self, mark: Mark | None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._as_left = False
        found = mark is not None and self._find(mark.place)
        if not found:
            _remove(self._part)
        connection = _connect(self._part)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._full else 'NORMAL'}")
            if found and mark is not None:
                self._cut(connection, mark.item)
            else:
                self._id, self._item = secrets.token_hex(8), 0
                create(connection, self._id)
        except BaseException:
            connection.close()
            raise
        self._connection, self._tables = connection, None
        sync_folder(self.path, full=self._full)

    def _find(self, place: Any) -> bool:
        """Have the database that the place speaks of under its name for the time of the crawl.

        It has the other name when the process ended between the renaming and the storing of the place.
        """
        if not isinstance(place, dict) or place.get("format") != "sqlite":
            return False
        if _is_sound(self._part, place["id"]):
            self._as_left = True
            return True
        if not _is_sound(self.path, place["id"]):
            return False
        _remove(self._part)
        self.path.replace(self._part)
        return True

    def _cut(self, connection: sqlite3.Connection, item: int) -> None:
        """Delete what came after an item; it is there in the state, if it is anywhere."""
        with _transaction(connection):
            self._id, last = connection.execute("SELECT id, item FROM _crawl").fetchone()
            self._item = min(item, last)
            Tables(connection).cut(self._item)
            connection.execute("UPDATE _crawl SET item = ?", (self._item,))

    def _write(self, rows: Sequence[tuple[Record, dict[str, Any]]]) -> None:
        connection = self._connection
        assert connection is not None, "the database is not open"
        tables, self._tables, self._as_left = self._tables or Tables(connection), None, False
        with _transaction(connection):
            for record, row in rows:
                tables.insert(item_name(record.item), record.id, record.url, row)
            connection.execute("UPDATE _crawl SET item = ?", (rows[-1][0].id,))
        self._item, self._tables = rows[-1][0].id, tables  # kept only when it is as the database is

    def _close(self, connection: sqlite3.Connection, *, failed: bool) -> None:
        self._connection = self._tables = None
        try:
            _fold(connection)
        finally:
            connection.close()
        if failed and self._as_left and self.path.exists():  # nothing new: no reason to replace what is there
            return
        if self._item or not (failed or self.path.exists()):
            _remove_beside(self.path)  # what belonged to an older database must not be read into this one
            self._part.replace(self.path)
        else:
            _remove(self._part)
        sync_folder(self.path, full=self._full)


def _connect(path: Path) -> sqlite3.Connection:
    # Each thread uses it alone, one after the other.
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise


def _is_sound(path: Path, id: str) -> bool:
    """Say whether there is a sound database with this id; whatever stands beside it is taken into it."""
    if not path.is_file():
        return False
    connection = _connect(path)
    try:
        if connection.execute("SELECT id FROM _crawl").fetchall() != [(id,)]:
            return False
        _fold(connection)
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _FOREIGN:
            return False
        raise
    finally:
        connection.close()


def _fold(connection: sqlite3.Connection) -> None:
    """Take all that stands beside the database into it, so that it is one file and can be renamed."""
    connection.execute("PRAGMA journal_mode = DELETE")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _remove_beside(path)


def _remove_beside(path: Path) -> None:
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)
