"""The suite must find what is wrong: each of these sinks has one defect."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from crawler.contracts import Mark, Record, Sink
from crawler.encode import encode_item
from crawler.testing.conformance import SinkConformance

_OPENED: list[BinaryIO] = []


@pytest.fixture(autouse=True)
def _all_are_closed() -> Iterator[None]:
    """Close what a sink leaves open whose test has failed, as it should: nobody else does."""
    yield
    while _OPENED:
        _OPENED.pop().close()


class Plain:
    """The least that a sink has to do, done right."""

    buffering = 0

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)
        self.file: BinaryIO | None = None
        self.size = 0

    async def open(self, mark: Mark | None) -> int:
        return self.begin(mark)

    def begin(self, mark: Mark | None) -> int:
        size = self.size_in(mark)
        if mark is not None:
            mark.check(mark.item if size else 0)
        self.size = size or 0
        self.file = open(self.path, "r+b" if size else "w+b", buffering=self.buffering)  # noqa: SIM115
        _OPENED.append(self.file)
        self.cut(self.file)
        return mark.item if mark is not None and size else 0

    def size_in(self, mark: Mark | None) -> int | None:
        if mark is None or not mark.item or mark.place is None or not self.path.exists():
            return None
        size: int = mark.place
        return size if self.path.stat().st_size >= size else None

    def cut(self, file: BinaryIO) -> None:
        file.truncate(self.size)
        file.seek(self.size)

    def line(self, record: Record) -> bytes:
        return encode_item(record.item) + b"\n"

    async def write(self, records: Sequence[Record]) -> Any:
        assert self.file is not None
        data = b"".join([self.line(record) for record in records])
        self.file.write(data)
        self.size += len(data)
        return self.size

    async def close(self, *, failed: bool = False) -> Any:
        if self.file is not None:
            self.file.close()
        return self.size


class NeverCuts(Plain):
    def cut(self, file: BinaryIO) -> None:
        file.seek(0, 2)


class ForgetsWhatWasThere(Plain):
    def begin(self, mark: Mark | None) -> int:
        super().begin(None)
        return mark.item if mark is not None else 0


class MakesNoDifferenceWhenLost(Plain):
    """Goes on after the mark although the file is gone or shorter."""

    def begin(self, mark: Mark | None) -> int:
        self.path.touch()
        return super().begin(mark)

    def size_in(self, mark: Mark | None) -> int | None:
        return mark.place if mark is not None and mark.item else None


class KeepsTheLastCrawl(Plain):
    def size_in(self, mark: Mark | None) -> int | None:
        return self.path.stat().st_size if mark is not None and self.path.exists() else None


class Backwards(Plain):
    async def write(self, records: Sequence[Record]) -> Any:
        return await super().write(records[::-1])


class LosesTheLastOfMany(Plain):
    async def write(self, records: Sequence[Record]) -> Any:
        return await super().write(records[:1000])


class WritesTheFirstTwice(Plain):
    async def write(self, records: Sequence[Record]) -> Any:
        return await super().write([*records[:1], *records])


class NeedsAnItem(Plain):
    async def write(self, records: Sequence[Record]) -> Any:
        assert records[-1].id
        return await super().write(records)


class KeepsABuffer(Plain):
    """Says that it has what the operating system has not."""

    buffering = 1 << 20


class SaysWhereItWasBefore(Plain):
    async def write(self, records: Sequence[Record]) -> Any:
        before = self.size
        await super().write(records)
        return before


class SaysItInAnObject(Plain):
    async def write(self, records: Sequence[Record]) -> Any:
        await super().write(records)
        return self.path


class ClosesOnce(Plain):
    async def close(self, *, failed: bool = False) -> Any:
        await super().close()
        assert self.file is not None
        self.file = None
        return self.size


class ThrowsAwayOnError(Plain):
    async def close(self, *, failed: bool = False) -> Any:
        await super().close()
        if failed:
            self.path.unlink(missing_ok=True)
        return self.size


class IsCalledSomethingElseEachTime(Plain):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.name = f"{path} {id(self)}"


class KnowsDictsOnly(Plain):
    def line(self, record: Record) -> bytes:
        return json.dumps(record.item).encode() + b"\n"


class KnowsTextOnly(Plain):
    def line(self, record: Record) -> bytes:
        if any(isinstance(value, dict) for value in json.loads(encode_item(record.item)).values()):
            raise TypeError
        return super().line(record)


class StripsText(Plain):
    def line(self, record: Record) -> bytes:
        return super().line(record).replace(b'" ', b'"')


class HasTheColumnsOfTheFirst(Plain):
    columns: frozenset[str] = frozenset()

    def line(self, record: Record) -> bytes:
        row = json.loads(encode_item(record.item))
        self.columns = self.columns or frozenset(row)
        return encode_item({key: row.get(key) for key in self.columns}) + b"\n"


DEFECTS = Plain.__subclasses__()


def failures(kind: type[Plain]) -> list[str]:
    """Run every test of the suite on a sink; return the names of those that fail."""

    class Suite(SinkConformance):
        def make_sink(self, folder: Path) -> Sink:
            return kind(folder / "items.jsonl")

        def read_back(self, folder: Path) -> list[dict[str, Any]]:
            return [json.loads(line) for line in (folder / "items.jsonl").read_bytes().splitlines()]

    failed = []
    for name in [name for name in dir(Suite) if name.startswith("test_")]:
        try:
            getattr(Suite(), name)()
        except Exception:  # such as a file that cannot be read back
            failed.append(name)
    return failed


def test_a_sound_sink_passes() -> None:
    assert failures(Plain) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_suite_finds_the_defect(defect: type[Plain]) -> None:
    assert failures(defect)


def test_a_suite_without_a_sink_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="make_sink"):
        SinkConformance().make_sink(tmp_path)
    with pytest.raises(NotImplementedError, match="read_back"):
        SinkConformance().read_back(tmp_path)
