"""JSON Lines: one item a line, UTF-8, to a file or to standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from crawler.contracts import Record
from crawler.errors import OutputError
from crawler.export.encode import encode_item


class JsonLinesSink:
    """Writes items to a file. Its folder is made; until it is complete it is called `NAME.part`.

    Only whole lines are ever left in it. When the crawl ends, in whatever way, `close` gives the file
    its name. Without a single item an older file of that name stays as it was. So it does when the
    process is killed, and the `.part` file with it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._part = self.path.parent / (self.path.name + ".part")
        self._file: BinaryIO | None = None
        self._whole = 0  # bytes of whole lines

    async def open(self) -> None:
        try:
            if self.path.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._part, "wb", buffering=0)  # noqa: SIM115, ASYNC230 - held until close
        except OSError as error:
            raise self._trouble(error) from error

    async def write(self, records: Sequence[Record]) -> None:
        assert self._file is not None
        lines = _lines(records)
        try:
            written = self._file.write(lines)
            if written != len(lines):  # a disk that is nearly full takes a part, and refuses the rest
                self._file.write(lines[written:])
        except OSError as error:
            with suppress(OSError):  # what is no file cannot be cut
                self._file.truncate(self._whole)
            raise self._trouble(error) from error
        self._whole += len(lines)

    async def close(self, *, failed: bool = False) -> None:
        if self._file is None:
            return
        self._file.close()
        self._file = None
        try:
            if not self._whole and (failed or self.path.exists()):
                self._part.unlink()
            else:
                self._part.replace(self.path)
        except OSError as error:
            raise self._trouble(error) from error

    def _trouble(self, error: OSError) -> OutputError:
        return OutputError(f"{self.path} cannot be written: {error.strerror or error}")


class StdoutSink:
    """Writes items to standard output, which carries nothing else."""

    path = Path("-")

    async def open(self) -> None:
        """Nothing to make ready."""

    async def write(self, records: Sequence[Record]) -> None:
        try:
            sys.stdout.buffer.write(_lines(records))
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {error.strerror or error}") from error

    async def close(self, *, failed: bool = False) -> None:
        """Standard output stays open."""


def _lines(records: Sequence[Record]) -> bytes:
    return b"".join(encode_item(record.item) + b"\n" for record in records)
