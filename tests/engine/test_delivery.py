"""Items on their way from the store to the sinks."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from crawler import Crawl, Page, Request, Spider
from crawler.contracts import Mark, Record
from crawler.engine.delivery import Outlet
from crawler.engine.line import Line
from crawler.errors import Deserted
from crawler.export.jsonl import JsonLinesSink
from crawler.store import MemoryStore
from crawler.testing import PretendWeb

A = "https://a.test"


def record(number: int) -> Record:
    return Record(number, {"n": number}, f"{A}/{number}")


def numbers_in(path: Path) -> list[str]:
    return path.read_text().splitlines()


# What is committed while the store is asked


class SlowStore(MemoryStore):
    """Answers with what it had when it was asked, after everybody else had a turn."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = anyio.Event()
        self.records: list[Record] = []

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        found = [record for record in self.records if record.id > after]
        self.asked.set()
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        return found


@pytest.mark.parametrize("finished", [False, True])
async def test_what_is_committed_while_the_store_is_asked_is_delivered(finished: bool) -> None:
    store = SlowStore()
    line = Line(store, [])
    batch = asyncio.create_task(line.next_batch())
    await store.asked.wait()
    assert not batch.done()
    store.records = [record(1)]
    line.committed(1, 0)
    if finished:
        line.finish()
    async with asyncio.timeout(5):
        assert await batch == [record(1)]
    line.finish()
    assert await line.next_batch() == ()


# A batch that is cancelled while it is written


class SlowDisk:
    """A disk that, once it is told so, does not finish what it writes before it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.writing = asyncio.Event()
        self.let_go = threading.Event()
        self._free = after
        self._loop = asyncio.get_running_loop()
        monkeypatch.setattr(os, "fsync", self._sync)

    def _sync(self, file: int) -> None:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            return
        self._free -= 1
        if self._free < 0:
            self._loop.call_soon_threadsafe(self.writing.set)
            assert self.let_go.wait(10)


async def test_a_cancelled_batch_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SlowDisk(monkeypatch, after=1)
    sink = JsonLinesSink(tmp_path / "items.jsonl", full=True)
    outlet = Outlet(sink, await sink.open(None))
    await outlet.write([record(1)])
    writing = asyncio.create_task(outlet.write([record(2)]))
    await disk.writing.wait()
    writing.cancel()
    disk.let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await outlet.close(failed=True)
    assert numbers_in(sink.path) == ['{"n":1}', '{"n":2}']

    sink = JsonLinesSink(tmp_path / "items.jsonl", full=True)
    outlet = Outlet(sink, await sink.open(outlet.mark))
    await outlet.write([record(1), record(2), record(3)])
    await outlet.close(failed=False)
    assert numbers_in(sink.path) == ['{"n":1}', '{"n":2}', '{"n":3}']


async def test_what_a_closed_sink_says_goes_with_its_last_item(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "items.jsonl")
    outlet = Outlet(sink, await sink.open(None))
    await outlet.write([record(1)])
    assert outlet.mark.place["named"] is False
    await outlet.close(failed=False)
    assert (outlet.mark.item, outlet.mark.place["named"]) == (1, True)


class Leaving:
    """A consumer that leaves in the middle of a batch, and says what it was done with."""

    name = "leaving"
    taken = 0

    async def open(self, mark: Mark | None) -> int:
        return 0

    async def write(self, records: Sequence[Record]) -> Any:
        self.taken = records[1].id
        raise ValueError("gone")

    async def close(self, *, failed: bool = False) -> Any:
        return {"taken": self.taken}


async def test_what_a_consumer_was_done_with_is_not_repeated() -> None:
    outlet = Outlet(Leaving())
    with pytest.raises(ValueError, match="gone"):
        await outlet.write([record(1), record(2), record(3)])
    await outlet.close(failed=True)
    assert (outlet.mark.item, outlet.mark.place) == (2, {"taken": 2})


class Abandoned(Leaving):
    """An output whose reader goes away in the middle of a batch."""

    batches = 0

    async def write(self, records: Sequence[Record]) -> Any:
        self.batches += 1
        self.taken = records[1].id
        raise Deserted("nobody reads any more")


async def test_what_a_reader_that_has_gone_did_not_take_is_still_to_come() -> None:
    sink = Abandoned()
    outlet = Outlet(sink)
    await outlet.write([record(1), record(2), record(3)])
    await outlet.write([record(4)])
    assert (outlet.mark.item, sink.batches) == (2, 1)


class Chain(Spider):
    start = (f"{A}/0",)
    length = 20

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        number = int(page.url.rpartition("/")[2])
        yield {"n": number}
        if number + 1 < self.length:
            yield Request(f"{A}/{number + 1}")


def test_a_program_that_ends_while_a_batch_is_written_doubles_nothing(
    run_on: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = PretendWeb()
    web.handler(f"{A}/", lambda request: "<p>")

    async def crawl() -> None:
        async with Crawl(
            Chain,
            fetcher=web,
            state={"file": str(tmp_path / "state.db"), "synchronous": "full"},
            output=[str(tmp_path / "items.jsonl")],
            politeness={"delay": 0, "robots": False},
        ) as running:
            await running.wait()

    async def let_go(disk: SlowDisk) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            disk.let_go.set()

    async def end_at_once() -> None:
        disk = SlowDisk(monkeypatch, after=2)
        background.extend((asyncio.create_task(crawl()), asyncio.create_task(let_go(disk))))
        await disk.writing.wait()

    background: list[asyncio.Task[None]] = []
    run_on(end_at_once())
    assert background[0].cancelled()
    monkeypatch.undo()
    run_on(crawl())
    assert numbers_in(tmp_path / "items.jsonl") == [f'{{"n":{number}}}' for number in range(Chain.length)]
