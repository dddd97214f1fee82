"""CSV as in RFC 4180: a header, one item a row, UTF-8."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from msgspec.structs import replace

from crawler.contracts import Mark, Record
from crawler.export.formula import defused
from crawler.export.partfile import PartFile
from crawler.export.row import as_text, row_of
from crawler.export.thread import in_thread

_END = b"\r\n"
#: A file beyond this many bytes is rewritten in a thread.
_LARGE = 1 << 20


class CsvSink:
    """Writes items to a CSV file, which is called `NAME.part` until the crawl ends.

    Lists and dicts are JSON in their cell, None is an empty cell, booleans are true and false. Text that
    a spreadsheet would take for a formula gets an apostrophe before it.

    Args:
        path: the file; its folder is made.
        fields: its columns, in this order; other fields of items are left out. Without them there is a
            column for every field that is met, and a field that is met late has the file rewritten.
        replace: take the place of a file that was not written by this crawl.
        full: survive a loss of power, not only the end of the process.
        defuse: write that apostrophe; `crawler.export.formula.restored` takes it away again.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        fields: Sequence[str] = (),
        replace: bool = False,
        full: bool = False,
        defuse: bool = True,
    ) -> None:
        self.path = Path(path)
        self._file = PartFile(path, "csv", replace=replace, full=full)
        self._fields = tuple(fields)
        self._columns = self._fields
        self._full = full
        self._text: Callable[[str], str] = defused if defuse else str
        self._defuse = defuse
        self.name = self._file.name

    async def open(self, mark: Mark | None) -> int:
        columns = self._columns_in(mark)
        undo = None
        if mark is not None and columns is None:  # written with other columns, or by something else
            mark = replace(mark, item=0)
        elif mark is not None and mark.item and columns is not None and not self._fields:
            undo = partial(_narrowed, old=self._named(columns), size=mark.place["size"])
        item = self._file.open(mark, _header(self._named(columns or ())), undo)
        self._columns = columns if item and columns is not None else self._fields
        return item

    async def write(self, records: Sequence[Record]) -> Any:
        rows = [row_of(record) for record in records]
        new = () if self._fields else _new_keys(rows, self._columns)
        if self._full or (new and self._file.size > _LARGE):
            await in_thread(partial(self._write, rows, new))
        else:
            self._write(rows, new)
        return self._place()

    async def close(self, *, failed: bool = False) -> Any:
        self._file.close(failed=failed, empty=_header(self._named(self._fields)))
        return self._place()

    # Inside.

    def _place(self) -> dict[str, Any]:
        place = {**self._file.place, "columns": list(self._columns), "fields": list(self._fields)}
        return place if self._defuse else {**place, "defused": False}

    def _named(self, columns: Iterable[str]) -> list[str]:
        """Return the names of columns as they are written."""
        return [self._text(column) for column in columns]

    def _columns_in(self, mark: Mark | None) -> tuple[str, ...] | None:
        """Return the columns that the file had, None when they cannot be gone on with."""
        place = mark.place if mark is not None else None
        if not isinstance(place, dict) or place.get("fields") != list(self._fields):
            return None
        if place.get("defused", True) is not self._defuse:
            return None
        return tuple(place["columns"])

    def _write(self, rows: Sequence[dict[str, Any]], new: tuple[str, ...]) -> None:
        columns = self._columns + new
        if new and self._file.size:
            self._file.rewrite(partial(_widened, old=self._named(self._columns), new=self._named(columns)))
        self._columns = columns
        if rows:
            header = b"" if self._file.size else _header(self._named(columns))
            cells = [[_cell(row.get(column), self._text) for column in columns] for row in rows]
            self._file.append(header + _lines(cells))


def _new_keys(rows: Iterable[dict[str, Any]], columns: Iterable[str]) -> tuple[str, ...]:
    met = dict.fromkeys(key for row in rows for key in row)
    known = set(columns)
    return tuple(key for key in met if key not in known)


def _header(columns: Sequence[str]) -> bytes:
    return _lines([columns]) if columns else b""


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any, text: Callable[[str], str]) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return text(value)
        case list() | dict():
            return as_text(value)
        case _:
            return str(value)


def _widened(file: BinaryIO, *, old: Sequence[str], new: Sequence[str]) -> Iterator[bytes]:
    """Yield a CSV file again, with empty cells for the new columns at the end of each row."""
    yield _header(new)
    cells = b"," * (len(new) - len(old)) if old else _lines([[""] * len(new)]).removesuffix(_END)
    file.seek(len(_header(old)))
    for row in _rows(file):
        yield row.removesuffix(_END) + cells + _END


def _narrowed(file: BinaryIO, *, old: Sequence[str], size: int) -> Iterator[bytes]:
    """Yield the first `size` bytes of what a CSV file was before it was widened, if it was."""
    rows = _rows(file)
    header = io.StringIO(next(rows, b"").decode(errors="replace"), newline="")
    try:
        cells = next(csv.reader(header), [])
    except csv.Error:  # something else altogether
        return
    if len(cells) == len(old) or cells[: len(old)] != list(old):
        return
    yield _header(old)
    size -= len(_header(old))
    added = b"," * (len(cells) - len(old))
    for row in rows:
        if size <= 0:
            return
        text = row.removesuffix(_END)
        narrow = (text.removesuffix(added) if old else text.strip(b'",')) + _END
        size -= len(narrow)
        yield narrow


def _rows(file: BinaryIO) -> Iterator[bytes]:
    row: list[bytes] = []
    quoted = False
    for line in file:
        row.append(line)
        quoted ^= line.count(b'"') % 2 == 1  # a line break between quotes ends no row
        if not quoted:
            yield b"".join(row)
            row.clear()
