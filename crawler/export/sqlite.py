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
from crawler.export.beside import remove, remove_beside
from crawler.export.outputlock import OutputLock
from crawler.export.ownership import (
    check_kind,
    check_there,
    is_filled,
    is_there,
    refuse,
    refuse_part,
    signature,
    unwritable,
)
from crawler.export.partfile import sync_folder
from crawler.export.row import row_of
from crawler.export.tables import FOREIGN, Tables, create, id_of, is_blank
from crawler.export.thread import in_thread
from crawler.model.items import item_name

T = TypeVar("T")


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
        self._lock = OutputLock(self.path)
        self._replace = replace
        self._full = full
        self._connection: sqlite3.Connection | None = None
        self._tables: Tables | None = None
        self._id = ""
        self._item = 0
        self._number = 0  # the file's, on its disk
        self._over: dict[str, Any] | None = None  # the older file that is to be replaced
        self._as_left = False  # it is a part that nothing was added to

    async def open(self, mark: Mark | None) -> int:
        check_kind(self.path)
        await self._do(partial(self._locked, mark))
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
            raise OutputError(f"{self.path} cannot be written: {error}", self.path) from error

    def _place(self) -> dict[str, Any]:
        return {"format": "sqlite", "id": self._id, "over": self._over}

    # In a thread.

    def _locked(self, mark: Mark | None) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock.take()
        try:
            self._open(mark)
        except BaseException:
            self._lock.let_go()
            raise

    def _open(self, mark: Mark | None) -> None:
        if not self._replace:
            refuse(self.path, mark)
            if not (is_filled(self._part) and is_blank(self._part)):
                refuse_part(self._part, mark)
        place = mark.place if mark is not None and isinstance(mark.place, dict) else {}
        found, last = self._find(place) if mark is not None and mark.item else (None, 0)
        item = 0 if mark is None else min(mark.item, last)
        if mark is not None:
            mark.check(item)
        # From here on it is sure that the files are this crawl's to change.
        self._over = self._older(place)
        self._as_left = found == self._part
        if found != self._part:
            remove(self._part)
        if found == self.path:
            self.path.replace(self._part)
            self._over = None
        connection = _connect(self._part)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._full else 'NORMAL'}")
            if found is not None:
                self._cut(connection, item)
            else:
                self._id, self._item = secrets.token_hex(8), 0
                create(connection, self._id)
            self._number = self._part.stat().st_ino
            sync_folder(self.path, full=self._full)
        except BaseException:
            connection.close()
            if found is None:
                remove(self._part)  # there is nothing in it
            raise
        self._connection, self._tables = connection, None

    def _find(self, place: dict[str, Any]) -> tuple[Path | None, int]:
        """Return the database that the place speaks of, under whichever name, and its last item.

        It has the other name when the process ended between the renaming and the storing of the place.
        """
        if place.get("format") == "sqlite":
            for path in (self._part, self.path):
                last = _last_item(path, place["id"])
                if last is not None:
                    return path, last
        return None, 0

    def _older(self, place: dict[str, Any]) -> dict[str, Any] | None:
        """Return what an older file is known by: its id when it is ours, since SQLite changes its files."""
        if not self.path.exists():
            return None
        id, over = id_of(self.path), place.get("over") or {}
        return {"id": id} if id and id in (place.get("id"), over.get("id")) else signature(self.path)

    def _cut(self, connection: sqlite3.Connection, item: int) -> None:
        """Delete what came after an item; it is there in the state, if it is anywhere."""
        with _transaction(connection):
            (self._id,) = connection.execute("SELECT id FROM _crawl").fetchone()
            self._item = item
            Tables(connection).cut(self._item)
            connection.execute("UPDATE _crawl SET item = ?", (self._item,))

    def _write(self, rows: Sequence[tuple[Record, dict[str, Any]]]) -> None:
        connection = self._connection
        assert connection is not None, "the database is not open"
        check_there(self._part, self._number)
        tables, self._tables, self._as_left = self._tables or Tables(connection), None, False
        with _transaction(connection):
            for record, row in rows:
                tables.insert(item_name(record.item), record.id, record.url, row)
            connection.execute("UPDATE _crawl SET item = ?", (rows[-1][0].id,))
        self._item, self._tables = rows[-1][0].id, tables  # kept only when it is as the database is

    def _close(self, connection: sqlite3.Connection, *, failed: bool) -> None:
        self._connection = self._tables = None
        there = is_there(self._part, self._number)
        try:
            try:
                if there:
                    _fold(connection)
            finally:
                connection.close()
            if there or not failed:  # otherwise it is known already
                check_there(self._part, self._number)
                self._name(failed=failed)
        finally:
            self._lock.let_go()

    def _name(self, *, failed: bool) -> None:
        """Give the database its name, unless it has no items and an older file, or an error, says no."""
        if failed and self._as_left and self.path.exists():  # nothing new: no reason to replace what is there
            return
        if self._item or not (failed or self.path.exists()):
            remove_beside(self.path)  # what belonged to an older database must not be read into this one
            self._part.replace(self.path)
            self._over = None
        else:
            remove(self._part)
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


def _last_item(path: Path, id: str) -> int | None:
    """Return the last item of the sound database with this id; what stands beside it is taken into it.

    None when there is no such database.
    """
    if not path.is_file():
        return None
    connection = _connect(path)
    try:
        found = connection.execute("SELECT id, item FROM _crawl").fetchall()
        if [known for known, _ in found] != [id]:
            return None
        _fold(connection)
        sound = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        return int(found[0][1]) if sound else None
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in FOREIGN:
            return None
        raise
    finally:
        connection.close()


def _fold(connection: sqlite3.Connection) -> None:
    """Take all that stands beside the database into it, so that it is one file and can be renamed."""
    connection.execute("PRAGMA journal_mode = DELETE")
