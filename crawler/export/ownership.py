"""Whether a crawl may replace a file: it knows its own by what is in them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from crawler.contracts import Mark
from crawler.errors import OutputError
from crawler.export.tables import id_of

#: By so many of its last bytes a file is known again.
TAIL = 4096
#: What may be done about a file that is in the way.
_REMEDY = "use --overwrite to replace it, or give the output another name"


def tail_of(file: BinaryIO, size: int) -> bytes:
    """Return the last bytes of the first `size` ones."""
    file.seek(max(0, size - TAIL))
    return file.read(min(size, TAIL))


def signature(path: Path) -> dict[str, Any] | None:
    """Return what a file is known by later, None when there is none."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            return {"size": size, "tail": zlib.crc32(tail_of(file, size))}
    except FileNotFoundError:
        return None


def is_left(path: Path, place: Mapping[str, Any], *, exact: bool) -> bool:
    """Say whether a file is what a place, or a signature, tells of.

    Args:
        path: the file, which is there.
        place: `size` and `tail`, or the `id` of a database; `file` is the file's number on its disk.
        exact: nothing may have been added to it.
    """
    if "id" in place:
        return bool(place["id"]) and id_of(path) == place["id"]
    size = place.get("size")
    if not isinstance(size, int):
        return False
    with open(path, "rb") as file:
        there = os.fstat(file.fileno())
        if there.st_size < size or (exact and there.st_size > size):
            return False
        if not size:  # nothing to know it by, but that it got its name before the place was stored
            return exact or there.st_ino == place.get("file")
        return zlib.crc32(tail_of(file, size)) == place.get("tail")


def check_kind(path: Path) -> None:
    """Raise OutputError for what can never be an output."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if path.exists() and not path.is_file():
            raise OSError(22, "it is no ordinary file")
    except OSError as error:
        raise unwritable(path, error) from error


def refuse(path: Path, mark: Mark | None) -> None:
    """Raise OutputError when there is something at `path` that the crawl with this mark must not replace."""
    if not is_filled(path):
        return
    if mark is None:
        raise OutputError(f"{path} exists and was not written by this crawl: {_REMEDY}")
    if not _is_known(path, mark.place):
        raise OutputError(f"{path} exists and is not as this crawl left it: {_REMEDY}")


def refuse_part(part: Path, mark: Mark | None) -> None:
    """Raise OutputError when a crawl that is not this one has left an unfinished output."""
    if mark is None and is_filled(part):
        raise OutputError(f"{part} is the unfinished output of another crawl: {_REMEDY}")


def refuse_any(path: Path) -> None:
    """Raise OutputError when there is something at `path` at all."""
    if is_filled(path):
        raise OutputError(f"{path} exists: {_REMEDY}")


def is_filled(path: Path) -> bool:
    """Say whether there is a file that is not empty."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return what to raise for an error of the operating system."""
    return OutputError(f"{path} cannot be written: {error.strerror or error}", path)


def check_there(part: Path, number: int, size: int | None = None) -> None:
    """Raise OutputError unless an unfinished output is still the file that was opened.

    Args:
        part: where it was.
        number: the file's, on its disk.
        size: bytes that it has; None where that is not known.
    """
    if not is_there(part, number, size):
        raise OutputError(
            f"{part} was removed or replaced while it was written: run the command again, "
            "which writes again what the state keeps",
            part,
        )


def is_there(part: Path, number: int, size: int | None = None) -> bool:
    """Say whether an unfinished output is still the file that was opened, with what was written to it."""
    try:
        found = part.stat()
        return found.st_ino == number and size in (None, found.st_size)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_known(path: Path, place: Any) -> bool:
    """Say whether a file is what a crawl left at this place, or what it was to replace when it began."""
    if place is None:  # an older state, which remembered no more than the name
        return True
    if not isinstance(place, dict):
        return False
    if is_left(path, place, exact=bool(place.get("named"))):
        return True
    if "over" not in place:  # an older place, which says nothing of the file that is to be replaced
        return not place.get("named")
    over = place["over"]
    return isinstance(over, dict) and is_left(path, over, exact=True)
