"""The tables of a state file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from crawler.contracts import BATCH, CONSUMER, CONTACTS, REST
from crawler.errors import NewerState, StateError
from crawler.store.lock import StateLock
from crawler.store.upgrading import STEPS, make_private, upgrade

#: Raised by one whenever a table changes, with a step in `upgrading.py` that leads there.
VERSION = 6
#: Says in the file's header that it is one of ours ("craw").
APPLICATION = 0x63726177
#: The first SQLite that knows UPDATE ... FROM.
OLDEST = (3, 33, 0)

#: What the next round is to know of each page (`recrawl`). The round before has the same table.
PAGES = """
CREATE TABLE pages (
    request INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,             -- that of the request, which has another number in each round
    url TEXT NOT NULL,
    callback TEXT NOT NULL,
    at REAL NOT NULL,               -- when its answer came, in seconds since 1970
    etag TEXT NOT NULL,
    modified TEXT NOT NULL,
    digest BLOB NOT NULL,           -- of its content; empty when it is to be read again
    asked BLOB NOT NULL,            -- digest of callback, data and headers
    links BLOB NOT NULL,            -- what its callback yielded to be followed
    items BLOB NOT NULL,            -- what it gave
    change TEXT NOT NULL            -- how it stands against the round before
);
"""
_PAST = PAGES.replace("TABLE pages", "TABLE past")
_PAST_HASH = "CREATE UNIQUE INDEX past_hash ON past (hash);"

_TABLES = f"""
{PAGES} {_PAST} {_PAST_HASH}
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE hosts (id INTEGER PRIMARY KEY, origin TEXT NOT NULL);
CREATE TABLE callbacks (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE requests (
    id INTEGER PRIMARY KEY,         -- in the order in which they were found
    hash BLOB NOT NULL,             -- of what makes it the same as another; 8 bytes
    host INTEGER NOT NULL,
    callback INTEGER NOT NULL,
    url TEXT NOT NULL,
    priority INTEGER NOT NULL,
    depth INTEGER NOT NULL,
    parent INTEGER,                 -- the request on whose page it was found first
    more BLOB,                      -- method, headers, body, data and so on, where there are any
    state TEXT NOT NULL DEFAULT 'waiting',
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL,                       -- when it is tried again, in seconds since 1970
    reason TEXT,
    detail TEXT,                    -- the status of an answer, or the words of an error
    page INTEGER NOT NULL DEFAULT 0,
    size INTEGER NOT NULL DEFAULT 0,
    at REAL,                        -- when the last attempt ended, in seconds since 1970
    seconds REAL,                   -- how long its answer took
    status INTEGER                  -- of its answer, 0 when there was none
);
CREATE INDEX waiting ON requests (host, priority DESC, id) WHERE state = 'waiting' AND due IS NULL;
CREATE INDEX delayed ON requests (due) WHERE due IS NOT NULL;
CREATE TABLE tries (                -- attempts after which the request was to be tried again
    request INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at REAL NOT NULL,
    seconds REAL NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT
);
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice, also when the last one was deleted
    request INTEGER NOT NULL,
    name TEXT NOT NULL,
    is_dict INTEGER NOT NULL,               -- 0 when it is an object of a class that is no dict
    json BLOB NOT NULL,
    line TEXT NOT NULL,             -- of stages that it came through; '' where there are not several
    change TEXT NOT NULL DEFAULT '' -- how it stands against the round before
);
CREATE TABLE failures (
    id INTEGER PRIMARY KEY,
    request INTEGER NOT NULL,
    place TEXT NOT NULL,            -- the stage or callback that failed
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    traceback TEXT NOT NULL,
    name TEXT NOT NULL,             -- of the item; '' when the page itself failed
    item BLOB                       -- as JSON, as it came to the stage
);
CREATE TABLE notes (                -- of hosts: robots.txt, rests, cookies
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    at REAL NOT NULL                -- when it was kept, in seconds since 1970
) WITHOUT ROWID;
CREATE TABLE sinks (name TEXT PRIMARY KEY, item INTEGER NOT NULL, place TEXT NOT NULL) WITHOUT ROWID;
"""

#: What a crawl leaves behind, and a new one on the same file begins without.
_LEFT = ("requests", "hosts", "callbacks", "tries", "items", "failures", "sqlite_sequence", "meta", "pages")


def connect(path: Path, *, full: bool = False) -> sqlite3.Connection:
    """Open a state file for writing; a new one is made with its folder.

    Args:
        path: where it is.
        full: survive a loss of power, not only the end of the process.

    One of an earlier version is brought up to date; a copy of it as it was is kept beside it.

    Raises StateError when it is no state file, or one of a newer version, or cannot be opened.
    """
    if sqlite3.sqlite_version_info < OLDEST:
        raise StateError(
            f"this Python has SQLite {sqlite3.sqlite_version}, and a state file wants "
            f"{'.'.join(map(str, OLDEST))} or newer: use state: memory, or another Python"
        )
    with _told(path, "opened"):
        path.parent.mkdir(parents=True, exist_ok=True)
        make_private(Path(os.path.realpath(path)))
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        with _closed_on_error(connection):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            version = _version(connection, path)
            if version is None:
                connection.executescript(
                    f"BEGIN; {_TABLES} "
                    f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT"
                )
            elif version != VERSION:
                upgrade(connection, path, version, VERSION)
    return connection


def look(path: Path) -> sqlite3.Connection:
    """Open a state file for reading, also while a crawl writes it. Raises StateError."""
    if not path.is_file():
        raise StateError(f"{path} is a folder" if path.is_dir() else f"there is no state {path}")
    with _told(path, "read"):
        connection = _open_to_look(path)
        with _closed_on_error(connection):
            connection.execute("PRAGMA query_only = ON")
            version = _version(connection, path)
            if version is None:
                raise StateError(f"{path} is empty")
            if version != VERSION:
                raise StateError(
                    f"the state {path} has version {version}, of an earlier program: run the crawl, "
                    f"which brings it to version {VERSION}"
                )
    return connection


def bring_up_to_date(path: Path) -> bool:
    """Upgrade a state file of an earlier version that nobody crawls on; say whether it was one.

    Raises StateError, StateInUse while somebody does.
    """
    if not path.is_file():
        return False
    with _told(path, "read"), closing(_open_to_look(path)) as connection:
        version = _version(connection, path)
    if version is None or version == VERSION:
        return False
    with StateLock(path):
        connect(path).close()
    return True


def _open_to_look(path: Path) -> sqlite3.Connection:
    """Open a file that nothing is to be written to.

    The connection may write all the same, so that SQLite, when it is the last, removes what it put beside
    the file. Where it cannot put anything there, nobody else writes the file either.
    """
    file = "file:" + quote(path.absolute().as_posix())
    for how in ("mode=rw", "immutable=1"):
        connection = sqlite3.connect(f"{file}?{how}", uri=True, isolation_level=None, check_same_thread=False)
        try:
            with _closed_on_error(connection):
                connection.execute("PRAGMA schema_version").fetchone()
            return connection
        except sqlite3.OperationalError:
            if how == "immutable=1" or path.with_name(f"{path.name}-wal").exists():
                raise
    raise AssertionError("one of both ways has returned or raised")


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    """Tell errors of the system and of SQLite as what they are to a crawl."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        hint = "; if it is not wanted, delete it or name another one" if path.is_file() else ""
        raise StateError(f"the state {path} cannot be {what}: {error}{hint}", path) from error


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def wipe(connection: sqlite3.Connection, *, recrawl: bool = False) -> None:
    """Delete what a crawl has left behind, inside the caller's transaction.

    With `recrawl`, what it knew of pages becomes what the round before knew.

    The names and places of the sinks stay: by them this state's own outputs are known, and may be replaced.
    Those of batches and consumers go, which have no output. A host that is to be left alone still is; its
    robots.txt is asked again, and its cookies are gone.
    """
    if recrawl:
        connection.execute("DROP TABLE past")
        connection.execute("ALTER TABLE pages RENAME TO past")
        connection.execute(_PAST_HASH)
        connection.execute(PAGES)
    else:
        connection.execute("DELETE FROM past")
    for table in _LEFT:
        connection.execute(f"DELETE FROM {table}")
    connection.execute("DELETE FROM sinks WHERE name GLOB ? || '*' OR name GLOB ? || '*'", (BATCH, CONSUMER))
    connection.execute("UPDATE sinks SET item = 0")
    connection.execute("DELETE FROM notes WHERE name NOT GLOB ? || '*' AND name <> ?", (REST, CONTACTS))


def _version(connection: sqlite3.Connection, path: Path) -> int | None:
    """Return the version of a state file, None for a new one. Raises StateError for none, or a newer one."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables and not application:
        return None
    if application != APPLICATION:
        raise StateError(f"{path} is a database, but not the state of a crawl")
    if version != VERSION and version not in STEPS:
        raise (NewerState if version > VERSION else StateError)(
            f"the state {path} has version {version}, and this is a program for version {VERSION}: "
            "use the program that made it, name another file, or delete this one",
            path,
        )
    found: int = version
    return found
