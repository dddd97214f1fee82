"""The tables of an output database: one for each kind of item, growing with its fields."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from crawler.export.row import as_text

_SCHEMA = """
CREATE TABLE _crawl (id TEXT NOT NULL, item INTEGER NOT NULL);
CREATE TABLE _tables (kind TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE _columns (kind TEXT NOT NULL, field TEXT NOT NULL, name TEXT NOT NULL);
"""
#: What a file that is no sound database of ours makes SQLite say.
FOREIGN = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_HEADER = b"SQLite format 3\0"
_OWN_TABLES = ("_crawl", "_tables", "_columns")
_OWN_COLUMNS = ("item_id", "page_url")
_LARGEST = 2**63


class Tables:
    """The tables that a database has, by the kind of their items.

    Its methods are called within a transaction of the caller's.

    Args:
        connection: the database.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._names: dict[str, str] = dict(connection.execute("SELECT kind, name FROM _tables"))
        self._statements: dict[tuple[str, ...], str] = {}
        self._columns: dict[str, dict[str, str]] = {kind: {} for kind in self._names}
        for kind, field, name in connection.execute("SELECT kind, field, name FROM _columns"):
            self._columns[kind][field] = name

    def insert(self, kind: str, item: int, url: str, row: dict[str, Any]) -> None:
        """Add a row to the table of its kind; table and columns are made when they are missing."""
        shape = (kind, *row)
        statement = self._statements.get(shape)
        if statement is None:
            statement = self._statements[shape] = self._prepare(kind, row)
        self._connection.execute(statement, (item, url, *map(_value, row.values())))

    def cut(self, item: int) -> None:
        """Delete the rows of all items after this one."""
        for name in self._names.values():
            self._connection.execute(f"DELETE FROM {quoted(name)} WHERE item_id > ?", (item,))

    def _prepare(self, kind: str, fields: Collection[str]) -> str:
        """Return the statement that inserts a row of these fields, for which there are columns then."""
        if kind not in self._names:
            self._add_table(kind)
        columns = self._columns[kind]
        for field in fields:
            if field not in columns:
                self._add_column(kind, field)
        names = [*_OWN_COLUMNS, *(columns[field] for field in fields)]
        marks = ", ".join("?" * len(names))
        return f"INSERT INTO {quoted(self._names[kind])} ({', '.join(map(quoted, names))}) VALUES ({marks})"

    def _add_table(self, kind: str) -> None:
        wanted = f"_{kind}" if kind.casefold().startswith("sqlite_") else kind
        name = free_name(wanted, [*_OWN_TABLES, *self._names.values()])
        execute = self._connection.execute
        execute(f"CREATE TABLE {quoted(name)} (item_id INTEGER PRIMARY KEY, page_url TEXT NOT NULL)")
        execute("INSERT INTO _tables (kind, name) VALUES (?, ?)", (kind, name))
        self._names[kind], self._columns[kind] = name, {}

    def _add_column(self, kind: str, field: str) -> None:
        columns = self._columns[kind]
        name = free_name(field, [*_OWN_COLUMNS, *columns.values()])
        execute = self._connection.execute
        execute(f"ALTER TABLE {quoted(self._names[kind])} ADD COLUMN {quoted(name)}")
        execute("INSERT INTO _columns (kind, field, name) VALUES (?, ?, ?)", (kind, field, name))
        columns[field] = name


def create(connection: sqlite3.Connection, id: str) -> None:
    """Make an empty output of a new database."""
    connection.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
    connection.execute("INSERT INTO _crawl (id, item) VALUES (?, 0)", (id,))


def id_of(path: Path) -> str:
    """Return the id of the output database in a file; empty when there is none."""
    found = _asked(path, "SELECT id FROM _crawl")
    return str(found[0][0]) if len(found) == 1 else ""


def is_blank(path: Path) -> bool:
    """Say whether a file is a database that holds nothing: an output that was only about to be made."""
    found = _asked(
        path, "SELECT count(*), sum(name IN (?, ?, ?)) FROM sqlite_master WHERE sql != ''", *_OWN_TABLES
    )
    if not found:
        return False
    ((tables, own),) = found
    return not tables or (
        tables == own and _asked(path, "SELECT sum(item) FROM _crawl") in ([(None,)], [(0,)])
    )


def _asked(path: Path, query: str, *values: str) -> list[Any]:
    """Return the rows that a query finds in a database; none where there is no sound one with its tables."""
    with open(path, "rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            return []
    with closing(sqlite3.connect(path)) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in FOREIGN:
                return []
            raise


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that differs from those taken by more than the case of its letters.

    Args:
        wanted: the name, if it is free and SQLite can have it.
        taken: the names there are.
    """
    wanted = wanted.replace("\0", "\ufffd") or "_"
    known: Collection[str] = {name.casefold() for name in taken}
    name, number = wanted, 1
    while name.casefold() in known:
        number += 1
        name = f"{wanted}_{number}"
    return name


def quoted(name: str) -> str:
    """Return a name as SQL has it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def _value(value: Any) -> Any:
    """Return what SQLite can hold."""
    if isinstance(value, list | dict):
        return as_text(value)
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return str(value)
    return value
