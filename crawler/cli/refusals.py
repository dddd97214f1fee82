"""What it means that the system refuses to write a file, and what a person can do about it."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from crawler.errors import FileTrouble

#: SQLite's word for what the system has said; it tells no more.
_BY_SQLITE = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_READONLY: errno.EROFS}
#: With less than so many bytes left there is no room for what SQLite keeps beside a database.
_ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing can be written.

    Attributes:
        advice: what to do about it.
        full: there is no room; once there is, the same command goes on.
    """

    advice: str
    full: bool = False


_FULL = Refusal("free some space, then run the same command again", full=True)
_TOO_LARGE = Refusal(
    "the file may not grow any more (ulimit -f): allow more, then run the same command again", full=True
)
_READ_ONLY = Refusal("make the file and its folder writable, or name another one")

_REFUSALS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _TOO_LARGE,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
}


def refusal(error: BaseException) -> Refusal | None:
    """Return why a file cannot be written, by what caused an error; None when it is none of these."""
    if not isinstance(error, FileTrouble | OSError):
        return None
    path = error.path if isinstance(error, FileTrouble) else None
    numbers = (_number(cause, path) for cause in _causes(error))
    return next((_REFUSALS[number] for number in numbers if number in _REFUSALS), None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _number(error: BaseException, path: str | Path | None) -> int | None:
    """Return the system's number of an error, for one of SQLite's as far as it can be found out."""
    if isinstance(error, OSError):
        return error.errno
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_IOERR and path is not None:
        return _asked_again(Path(path))
    return _BY_SQLITE.get(code)


def _asked_again(path: Path) -> int | None:
    """Try what SQLite was refused: to have a file in that folder, as long as the longest of its own there."""
    try:
        own = [one for one in path.parent.iterdir() if one.name.startswith(path.name)]
        size = max((one.stat().st_size for one in own), default=0)
        with TemporaryFile(dir=path.parent, buffering=0) as file:
            file.seek(size)
            left = _ROOM
            while left > 0:  # the system may take a part, and refuses the rest
                left -= os.write(file.fileno(), bytes(left))
    except OSError as error:
        return error.errno
    return None
