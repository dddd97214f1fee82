"""JSON Lines: one item a line, UTF-8, to a file or to standard output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from crawler.contracts import Record
from crawler.errors import OutputError
from crawler.export.encode import encode_item


class JsonLinesSink:
    """Writes items to a file. Its folder is made; until it is complete it is called `NAME.part`.

    Only whole lines are ever written. Whatever ends the crawl, `close` gives the file its name; a
    process that is killed leaves the `.part` file and does not touch an older file of that name.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._part = self.path.parent / (self.path.name + ".part")
        self._file: BinaryIO | None = None

    async def open(self) -> None:
        try:
            if self.path.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(self._part, "wb")  # noqa: SIM115, ASYNC230 - held until close
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror or error}") from error

    async def write(self, records: Sequence[Record]) -> None:
        assert self._file is not None
        lines = b"".join(encode_item(record.item) + b"\n" for record in records)
        try:
            self._file.write(lines)
            self._file.flush()
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror or error}") from error

    async def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._part.replace(self.path)


class StdoutSink:
    """Writes items to standard output, which carries nothing else."""

    path = Path("-")

    async def open(self) -> None:
        """Nothing to make ready."""

    async def write(self, records: Sequence[Record]) -> None:
        lines = b"".join(encode_item(record.item) + b"\n" for record in records)
        try:
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()
        except OSError as error:
            raise OutputError(f"standard output cannot be written: {error.strerror or error}") from error

    async def close(self) -> None:
        """Standard output stays open."""
