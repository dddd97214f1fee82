"""State files of earlier versions, brought up to date: a copy is kept beside them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

#: What makes a file of one version one of the next.
STEPS: dict[int, str] = {
    2: """
        CREATE TABLE failures (
            id INTEGER PRIMARY KEY, request INTEGER NOT NULL, place TEXT NOT NULL, reason TEXT NOT NULL,
            detail TEXT NOT NULL, traceback TEXT NOT NULL, name TEXT NOT NULL, item BLOB
        );
    """,
    3: """
        ALTER TABLE items ADD COLUMN is_dict INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE items ADD COLUMN line TEXT NOT NULL DEFAULT '';
        UPDATE items SET is_dict = 1 WHERE name = 'dict';
    """,
    4: """
        ALTER TABLE requests ADD COLUMN at REAL;
        ALTER TABLE requests ADD COLUMN seconds REAL;
        ALTER TABLE requests ADD COLUMN status INTEGER;
        CREATE TABLE tries (
            request INTEGER NOT NULL, attempt INTEGER NOT NULL, at REAL NOT NULL, seconds REAL NOT NULL,
            status INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT
        );
        CREATE TABLE notes (
            name TEXT PRIMARY KEY, value BLOB NOT NULL, at REAL NOT NULL
        ) WITHOUT ROWID;
        INSERT INTO notes VALUES ('contacts', x'', 0);  -- hosts may have been contacted until now
    """,
    5: """
        ALTER TABLE items ADD COLUMN change TEXT NOT NULL DEFAULT '';
        CREATE TABLE pages (
            request INTEGER PRIMARY KEY, hash BLOB NOT NULL, url TEXT NOT NULL, callback TEXT NOT NULL,
            at REAL NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL, digest BLOB NOT NULL,
            asked BLOB NOT NULL, links BLOB NOT NULL, items BLOB NOT NULL, change TEXT NOT NULL
        );
        CREATE TABLE past (
            request INTEGER PRIMARY KEY, hash BLOB NOT NULL, url TEXT NOT NULL, callback TEXT NOT NULL,
            at REAL NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL, digest BLOB NOT NULL,
            asked BLOB NOT NULL, links BLOB NOT NULL, items BLOB NOT NULL, change TEXT NOT NULL
        );
        CREATE UNIQUE INDEX past_hash ON past (hash);
    """,
}


def copy_of(path: Path, version: int) -> Path:
    """Return where the copy of a state file of an earlier version is kept."""
    return path.with_name(f"{path.name}.version{version}")


def upgrade(connection: sqlite3.Connection, path: Path, version: int, wanted: int) -> None:
    """Bring a state file up to date, all or nothing, once a copy of it as it was is on the disk.

    Args:
        connection: open on it.
        path: the file.
        version: that it has; there are `STEPS` from there on.
        wanted: the version that it is to have.

    Raises sqlite3.Error or OSError when there is no room for it, say; the file is as it was then.
    """
    _keep_copy(connection, copy_of(path, version))
    os.chmod(path, 0o600)  # which earlier versions have not done
    steps = "".join(STEPS[number] for number in range(version, wanted))
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version = {wanted}; COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def make_private(path: Path) -> None:
    """Make a new file, readable for nobody else: a state holds what was sent, passwords and cookies too."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _keep_copy(connection: sqlite3.Connection, copy: Path) -> None:
    part = copy.with_name(copy.name + ".part")
    part.unlink(missing_ok=True)  # of a run that was killed
    make_private(part)
    connection.execute("VACUUM INTO ?", (str(part),))
    with open(part, "rb") as file:
        os.fsync(file.fileno())
    os.replace(part, copy)
