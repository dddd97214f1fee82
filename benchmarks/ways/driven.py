"""A blocking driver: a call waits for 20 ms, as for a database elsewhere, and then reads a row."""

import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

WAIT = 0.02  # seconds

_here = threading.local()


def made(folder: Path, rows: int) -> str:
    """Make the database; return its path."""
    path = folder / "rows.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE rows (key INTEGER PRIMARY KEY, value TEXT)")
        database.executemany("INSERT INTO rows VALUES (?, ?)", ((key, f"value {key}") for key in range(rows)))
    return str(path)


def items(count: int, given: str) -> list[list[str]]:
    """Return so many keys, each with the path of the database."""
    return [[given, str(key)] for key in range(count)]


def row(item: Sequence[str]) -> str:
    """Wait, then read one row by this thread's own connection."""
    path, key = item
    if not hasattr(_here, "database"):
        _here.database = sqlite3.connect(path)
    time.sleep(WAIT)
    ((value,),) = _here.database.execute("SELECT value FROM rows WHERE key = ?", (int(key),))
    return str(value)


def proof(found: Sequence[str]) -> list[int]:
    """Return how many rows were read, and a checksum of them."""
    return [len(found), sum(place * int(text.split()[1]) for place, text in enumerate(found, 1))]
