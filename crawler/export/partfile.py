"""A file that is called NAME.part until it is complete, and can be cut back to where it was."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from crawler.contracts import Mark
from crawler.errors import OutputError

#: By so many of its last bytes a file is known again.
_TAIL = 4096


class PartFile:
    """The file of a sink, written at its end only.

    Its `place` says how long it was and what it ended in, so that it is known again under either name,
    whatever was interrupted: the writing, the renaming, or the storing of the place.

    Args:
        path: where it is when it is complete; the folder is made.
        format: what the file holds; one of another format is not gone on with.
        replace: take the place of a file that was not written by this crawl.
        full: survive a loss of power, not only the end of the process.

    Attributes:
        name: the path from the root.
        size: bytes that are whole.
    """

    def __init__(self, path: str | Path, format: str, *, replace: bool = False, full: bool = False) -> None:
        self.path = Path(path)
        self.part = self.path.parent / (self.path.name + ".part")
        self._new = self.path.parent / (self.path.name + ".part.new")
        self.name = os.path.abspath(path)
        self.size = 0
        self._format = format
        self._replace = replace
        self._full = full
        self._tail = b""
        self._named = False
        self._as_left = False  # it is a part that nothing was added to
        self._file: BinaryIO | None = None

    @property
    def place(self) -> dict[str, Any]:
        """What `open` knows the file by, and this point in it."""
        return {
            "format": self._format,
            "size": self.size,
            "tail": zlib.crc32(self._tail),
            "named": self._named,
        }

    def open(self, mark: Mark | None, head: bytes = b"") -> int:
        """Make the file ready for what comes after the mark; return the mark's item, or 0 for a new file.

        Args:
            mark: how far the file had come.
            head: what it must begin with to be gone on with.

        Raises OutputError when it is somebody else's, or cannot be written.
        """
        refuse(self.path, mark, replace=self._replace)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._new.unlink(missing_ok=True)
            found = self._find(mark, head)
            if found is None:
                self._file = open(self.part, "w+b", buffering=0)  # noqa: SIM115 - held until close
                self.size, self._tail = 0, b""
                self._as_left = False
            else:
                self._as_left = found == self.part
                if found != self.part:
                    found.replace(self.part)
                self._file = open(self.part, "r+b", buffering=0)  # noqa: SIM115 - held until close
                self._file.truncate(self.size)
                self._file.seek(self.size)
            self._named = False
            sync_folder(self.path, full=self._full)
        except OSError as error:
            raise self.trouble(error) from error
        return 0 if found is None or mark is None else mark.item

    def append(self, data: bytes) -> None:
        """Write at the end: all of it, or nothing and OutputError."""
        assert self._file is not None, "the file is not open"
        self._as_left = False
        try:
            written = self._file.write(data)
            if written != len(data):  # a disk that is nearly full takes a part, and refuses the rest
                self._file.write(data[written:])
            self._sync(self._file)
        except OSError as error:
            with suppress(OSError):  # what is no file cannot be cut
                self._file.truncate(self.size)
                self._file.seek(self.size)
            raise self.trouble(error) from error
        self.size += len(data)
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]

    def rewrite(self, change: Callable[[BinaryIO], Iterable[bytes]]) -> None:
        """Exchange the whole content, or nothing of it: then OutputError is raised.

        Args:
            change: gets the file, open for reading; returns what it is to hold instead.
        """
        assert self._file is not None, "the file is not open"
        self._as_left = False
        try:
            with open(self.part, "rb") as old, open(self._new, "wb") as new:
                new.writelines(change(old))
                new.flush()
                self._sync(new)
            self._file.close()
            self._new.replace(self.part)
            self._file = open(self.part, "r+b", buffering=0)  # noqa: SIM115 - held until close
            self.size = self._file.seek(0, os.SEEK_END)
            self._tail = _tail_of(self._file, self.size)
        except OSError as error:
            with suppress(OSError):
                self._new.unlink(missing_ok=True)
            raise self.trouble(error) from error

    def close(self, *, failed: bool = False, empty: bytes = b"") -> None:
        """Give the file its name, unless it is empty and an older one, or an error, says no.

        After an error a part that got nothing new takes the place of no older file.

        Args:
            failed: an error led here.
            empty: what a file without items holds.
        """
        if self._file is None:
            return
        if failed and self._as_left and self.path.exists():  # nothing new: no reason to replace what is there
            self._file.close()
            self._file = None
            return
        named = self.size > 0 or not (failed or self.path.exists())
        try:
            if named and empty and not self.size:
                self.append(empty)
        finally:
            self._file.close()
            self._file = None
        try:
            if named:
                self.part.replace(self.path)
            else:
                self.part.unlink()
            self._named = named
            sync_folder(self.path, full=self._full)
        except OSError as error:
            raise self.trouble(error) from error

    def trouble(self, error: OSError) -> OutputError:
        """Return what to raise for an error of the operating system."""
        return unwritable(self.path, error)

    # Inside.

    def _find(self, mark: Mark | None, head: bytes) -> Path | None:
        """Return the file that the mark speaks of, under whichever name it is as it was left.

        It has the other name when the process ended between the renaming and the storing of the mark.
        """
        if mark is None or not mark.item or not self._is_place(mark.place):
            return None
        paths = (self.path, self.part) if mark.place["named"] else (self.part, self.path)
        return next((path for path in paths if self._is_as_left(path, mark.place, head)), None)

    def _is_place(self, place: Any) -> bool:
        known = isinstance(place, dict) and place.keys() >= self.place.keys()
        return known and place["format"] == self._format

    def _is_as_left(self, path: Path, place: dict[str, Any], head: bytes) -> bool:
        """Say whether a file holds what the place says; if so, take over its size and tail."""
        size = place["size"]
        try:
            with open(path, "rb") as file:
                begins = file.read(len(head)) == head
                tail = _tail_of(file, size)
        except FileNotFoundError:
            return False
        if not begins or zlib.crc32(tail) != place["tail"]:  # what is too short ends in something else
            return False
        self.size, self._tail = size, tail
        return True

    def _sync(self, file: BinaryIO) -> None:
        if self._full:
            os.fsync(file.fileno())


def _tail_of(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - _TAIL))
    return file.read(min(size, _TAIL))


def sync_folder(path: Path, *, full: bool) -> None:
    """Have the name of a file on the disk, too, when a loss of power is to be survived."""
    if full and os.name != "nt":  # where folders cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def refuse(path: Path, mark: Mark | None, *, replace: bool) -> None:
    """Raise OutputError when there is something at `path` that a crawl must not replace."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if path.exists() and not path.is_file():
            raise OSError(22, "it is no ordinary file")
        if mark is None and not replace and path.exists():
            raise OutputError(
                f"{path} exists and was not written by this crawl: "
                "use --overwrite to replace it, or give the output another name"
            )
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return what to raise for an error of the operating system."""
    return OutputError(f"{path} cannot be written: {error.strerror or error}")
