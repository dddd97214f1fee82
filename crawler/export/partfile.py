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
from crawler.export.outputlock import OutputLock
from crawler.export.ownership import (
    TAIL,
    check_kind,
    check_there,
    is_there,
    refuse,
    refuse_part,
    signature,
    tail_of,
    unwritable,
)

#: Gets a file, open for reading; returns what another is to hold.
Change = Callable[[BinaryIO], Iterable[bytes]]


class PartFile:
    """The file of a sink, written at its end only, and by one sink at a time.

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
        self._lock = OutputLock(self.path)
        self.name = os.path.abspath(path)
        self.size = 0
        self._format = format
        self._replace = replace
        self._full = full
        self._tail = b""
        self._number = 0  # the file's, on its disk
        self._over: dict[str, Any] | None = None  # the older file that is to be replaced
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
            "file": self._number,
            "named": self._named,
            "over": None if self._named else self._over,
        }

    def open(self, mark: Mark | None, head: bytes = b"", undo: Change | None = None) -> int:
        """Make the file ready for what comes after the mark; return the mark's item, or 0 for a new file.

        Args:
            mark: how far the file had come.
            head: what it must begin with to be gone on with.
            undo: for a file that may have been rewritten after the mark; gets it, open for reading, and
                returns what it held before, up to the mark.

        Raises OutputError when it is somebody else's, or cannot be written; then nothing was changed.
        """
        check_kind(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.take()
            try:
                return self._open(mark, head, undo)
            except BaseException:
                self._new.unlink(missing_ok=True)
                self._let_go()
                raise
        except OSError as error:
            raise self.trouble(error) from error

    def _open(self, mark: Mark | None, head: bytes, undo: Change | None) -> int:
        found, rewritten = self._find(mark, head), None
        if found is None and undo is not None:
            found = rewritten = self._undone(mark, undo)
        if not self._replace:
            if rewritten != self.path:
                refuse(self.path, mark)
            refuse_part(self.part, mark)
        item = 0 if found is None or mark is None else mark.item
        if mark is not None:
            mark.check(item)
        # From here on it is sure that the file is this crawl's to change.
        source = self._new if rewritten else found
        if source != self._new:
            self._new.unlink(missing_ok=True)
        if source is None:
            self.size, self._tail = 0, b""
        elif source != self.part:
            source.replace(self.part)
        self._file = open(self.part, "r+b" if source else "w+b", buffering=0)  # noqa: SIM115 - until close
        if source is not None:
            self._file.truncate(self.size)
            self._file.seek(self.size)
        self._number = os.fstat(self._file.fileno()).st_ino
        self._named, self._as_left = False, source is not None and source == self.part
        self._over = signature(self.path)
        sync_folder(self.path, full=self._full)
        return item

    def append(self, data: bytes) -> None:
        """Write at the end: all of it, or nothing and OutputError."""
        assert self._file is not None, "the file is not open"
        if not data:
            return
        self._as_left = False
        try:
            check_there(self.part, self._number, self.size)
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
        self._tail = (self._tail + data[-TAIL:])[-TAIL:]

    def rewrite(self, change: Change) -> None:
        """Exchange the whole content, or nothing of it: then OutputError is raised.

        Args:
            change: gets the file, open for reading; returns what it is to hold instead.
        """
        assert self._file is not None, "the file is not open"
        self._as_left = False
        try:
            check_there(self.part, self._number, self.size)
            with open(self.part, "rb") as old, open(self._new, "wb") as new:
                new.writelines(change(old))
                new.flush()
                self._sync(new)
            self._file.close()
            self._new.replace(self.part)
            self._file = open(self.part, "r+b", buffering=0)  # noqa: SIM115 - held until close
            self.size = self._file.seek(0, os.SEEK_END)
            self._tail = tail_of(self._file, self.size)
            self._number = os.fstat(self._file.fileno()).st_ino
            sync_folder(self.path, full=self._full)
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
        try:
            self._close(failed=failed, empty=empty)
        except OSError as error:
            raise self.trouble(error) from error
        finally:
            self._let_go()

    def _close(self, *, failed: bool, empty: bytes) -> None:
        assert self._file is not None, "the file is not open"
        if failed and self._as_left and self.path.exists():  # nothing new: no reason to replace what is there
            return
        if failed and not is_there(self.part, self._number):  # which is known already
            return
        check_there(self.part, self._number, self.size)
        named = self.size > 0 or not (failed or self.path.exists())
        if named and not self.size:
            self.append(empty)
        self._file.close()  # some systems rename no open file
        if named:
            self.part.replace(self.path)
        else:
            self.part.unlink()
        self._named = named
        sync_folder(self.path, full=self._full)

    def _let_go(self) -> None:
        """Close the file, if it is open, and let others have it."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
        self._lock.let_go()

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
        place = mark.place
        if place["named"] and self._is_as_left(self.path, place, head, exact=True):
            return self.path
        paths = (self.part,) if place["named"] else (self.part, self.path)
        return next((path for path in paths if self._is_as_left(path, place, head)), None)

    def _undone(self, mark: Mark | None, undo: Change) -> Path | None:
        """Return the file that was rewritten after the mark; what it held at the mark is in `_new` then."""
        if mark is None or not mark.item or not self._is_place(mark.place):
            return None
        for path in (self.part, self.path):
            try:
                with open(path, "rb") as old, open(self._new, "wb") as new:
                    new.writelines(undo(old))
                    new.flush()
                    self._sync(new)
            except FileNotFoundError:
                continue
            if self._is_as_left(self._new, mark.place, b"", exact=True):
                return path
        self._new.unlink(missing_ok=True)
        return None

    def _is_place(self, place: Any) -> bool:
        known = isinstance(place, dict) and place.keys() >= {"format", "size", "tail", "named"}
        return known and place["format"] == self._format

    def _is_as_left(self, path: Path, place: dict[str, Any], head: bytes, *, exact: bool = False) -> bool:
        """Say whether a file holds what the place says; if so, take over its size and tail."""
        size = place["size"]
        try:
            with open(path, "rb") as file:
                begins = file.read(len(head)) == head
                tail = tail_of(file, size)
                longer = exact and file.seek(0, os.SEEK_END) > size
        except FileNotFoundError:
            return False
        if not begins or longer or zlib.crc32(tail) != place["tail"]:  # what is too short ends otherwise
            return False
        self.size, self._tail = size, tail
        return True

    def _sync(self, file: BinaryIO) -> None:
        if self._full:
            os.fsync(file.fileno())


def sync_folder(path: Path, *, full: bool) -> None:
    """Have the name of a file on the disk, too, when a loss of power is to be survived."""
    if full and os.name != "nt":  # where folders cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
