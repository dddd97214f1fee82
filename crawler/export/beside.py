"""The files that SQLite keeps beside a database, and would read into another one that takes its place."""

from __future__ import annotations

from pathlib import Path

_ENDINGS = ("-wal", "-shm", "-journal")


def remove(path: Path) -> None:
    """Remove a database, if it is there, and what is beside it. Raises OSError."""
    path.unlink(missing_ok=True)
    remove_beside(path)


def remove_beside(path: Path) -> None:
    """Remove what is beside a database, which may be gone, and leave the database. Raises OSError."""
    for ending in _ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)
