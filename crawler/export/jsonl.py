"""JSON Lines: one item a line, UTF-8."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from crawler.contracts import Mark, Record
from crawler.encode import encode_item
from crawler.export.partfile import PartFile
from crawler.export.thread import in_thread


class JsonLinesSink:
    """Writes items to a file, which is called `NAME.part` until the crawl ends, in whatever way.

    Only whole lines are ever left in it. Without a single item an older file of that name stays as it
    was. So it does when the process is killed; the next run goes on with the `.part` file.

    Args:
        path: the file; its folder is made.
        replace: take the place of a file that was not written by this crawl.
        full: survive a loss of power, not only the end of the process.
    """

    def __init__(self, path: str | Path, *, replace: bool = False, full: bool = False) -> None:
        self.path = Path(path)
        self._file = PartFile(path, "jsonl", replace=replace, full=full)
        self._full = full
        self.name = self._file.name

    async def open(self, mark: Mark | None) -> int:
        return self._file.open(mark)

    async def write(self, records: Sequence[Record]) -> Any:
        lines = _lines(records)
        if self._full:  # the disk takes its time
            await in_thread(lambda: self._file.append(lines))
        else:
            self._file.append(lines)
        return self._file.place

    async def close(self, *, failed: bool = False) -> Any:
        self._file.close(failed=failed)
        return self._file.place


def _lines(records: Sequence[Record]) -> bytes:
    return b"".join([line_of(record) + b"\n" for record in records])


def line_of(record: Record) -> bytes:
    """Return an item as JSON, as it stands in its line."""
    return record.json if record.json is not None else encode_item(record.item)
