"""A consumer that stops taking items: the crawl stops fetching, by their number and by their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Crawl, Page, Spider, batch
from crawler.contracts import Record
from crawler.engine.undelivered import Undelivered
from crawler.testing import PretendWeb, virtual

A = "https://a.test"
MANY = 100_000
MB = 1 << 20
ROOM = 64 * MB  # what is left to Plan.hand_bytes


class Bodies(Spider):
    """Items as large as their pages, from more pages than there will ever be room for."""

    at = A
    number = MANY

    async def starts(self) -> AsyncIterator[str]:
        for number in range(self.number):
            yield f"{self.at}/{number}"

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"body": page.body}


class Numbers(Bodies):
    """Small items of the same pages, ten each."""

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        for number in range(10):
            yield {"n": number}


def spider_at(url: str, kind: type[Bodies] = Bodies) -> Bodies:
    spider = kind()
    spider.at = url
    return spider


async def standstill(crawl: Crawl) -> None:
    """Wait until nothing is under way for a while, though more is waiting."""
    quiet = 0
    while quiet < 30:
        await asyncio.sleep(0.01)
        quiet = 0 if crawl.in_flight or not crawl.pending else quiet + 1


async def test_a_server_sends_no_more_than_the_budget_and_what_was_under_way(
    serving: Any, quick: dict[str, Any]
) -> None:
    slots = 4
    quick["fetch"]["concurrency"] = slots
    async with serving("x" * MB) as server, Crawl(spider_at(server.url), **quick) as crawl:
        items = crawl.items()
        await anext(items)
        await standstill(crawl)
        assert ROOM <= server.sent <= ROOM + (slots + 2) * MB
        sent = server.sent
        for _ in range(40):  # and it goes on when the consumer does, bit by bit
            await anext(items)
        while server.sent == sent:
            await asyncio.sleep(0.01)
        await standstill(crawl)
        assert server.sent <= sent + (40 + slots + 2) * MB


async def test_nobody_iterates_at_all(serving: Any, quick: dict[str, Any]) -> None:
    quick["fetch"]["concurrency"] = 4
    async with serving("x" * MB) as server, Crawl(spider_at(server.url), **quick) as crawl:
        await standstill(crawl)
        assert ROOM <= server.sent <= ROOM + 6 * MB


async def test_pages_without_items_do_not_count(serving: Any, quick: dict[str, Any]) -> None:
    class Nothing(Bodies):
        number = 100

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            if page.url.endswith("/0"):
                yield {"body": page.body}

    async with serving("x" * MB) as server, Crawl(spider_at(server.url, Nothing), **quick) as crawl:
        while crawl.stats.pages < 100:
            await asyncio.sleep(0.01)
        assert server.sent == 100 * MB > ROOM


@pytest.mark.parametrize(("kind", "size", "pages"), [(Bodies, 2 * MB, 33), (Numbers, 1_000, 501)])
def test_in_virtual_time(kind: type[Bodies], size: int, pages: int) -> None:
    """64 MB of pages, or 5,000 items, and what was under way; however long the consumer takes."""

    class Stopping:
        """Takes nothing for two hours."""

        name = ""
        fetched = 0

        async def open(self, mark: Any) -> int:
            return 0

        async def write(self, records: Sequence[Record]) -> None:
            if not self.fetched:
                await anyio.sleep(7_200)
                self.fetched = len(web.hits)

        async def close(self, *, failed: bool = False) -> None: ...

    web = PretendWeb(0.01)
    web.handler(f"{A}/", lambda request: "x" * size)
    sink = Stopping()
    polite = {"delay": 0, "per_host": 4, "robots": False}
    spider = kind()
    spider.number = 1_000
    crawled = virtual(spider, web, sinks=[sink], politeness=polite, fetch={"concurrency": 4})
    assert pages <= sink.fetched <= pages + 5
    assert crawled.stats.pages == 1_000


def test_a_batch_larger_than_the_budget_is_filled_all_the_same() -> None:
    """40 items of 4 MB: it has to be handed over at its size, not when it has waited long enough."""
    batches: list[int] = []

    @batch(size=40, max_wait=1_000)
    async def take(items: list[dict[str, Any]]) -> None:
        batches.append(len(items))
        await anyio.sleep(50)

    class Batched(Bodies):
        pipeline = (take,)
        number = 120

    web = PretendWeb(0.01)
    web.handler(f"{A}/", lambda request: "x" * (4 * MB))
    polite = {"delay": 0, "per_host": 4, "robots": False}
    virtual(Batched, web, politeness=polite)
    assert batches == [40, 40, 40]


def test_a_slow_batch_holds_the_crawl_back_by_bytes() -> None:
    fetched: list[int] = []

    @batch(size=2, max_wait=1)
    async def take(items: list[dict[str, Any]]) -> None:
        await anyio.sleep(50)
        fetched.append(len(web.hits))

    class Batched(Bodies):
        pipeline = (take,)
        number = 80

    web = PretendWeb(0.01)
    web.handler(f"{A}/", lambda request: "x" * (4 * MB))
    polite = {"delay": 0, "per_host": 4, "robots": False}
    virtual(Batched, web, politeness=polite, fetch={"concurrency": 4}, longest=1e9)
    assert 2 + 16 < fetched[0] <= 2 + 17 + 5


steps = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 100), st.integers(0, 7)), max_size=40)


@settings(max_examples=200, deadline=None)
@given(steps=steps, before=st.integers(0, 3))
def test_bytes_are_counted_until_the_last_item_of_their_page(
    steps: list[tuple[int, int, int]], before: int
) -> None:
    """Against lists; items may be delivered before they are counted, those of earlier runs never are."""
    undelivered = Undelivered(before)
    pages: list[tuple[int, int]] = []  # id of the last item, and size
    last, told, passed = before, before, 0
    late: list[tuple[int, int]] = []
    for number, size, take in steps:
        if number:
            last += number
            late.append((number, size))
        if take % 2:  # those who commit hear of it now
            for one, its_size in late:
                told += one
                undelivered.committed(one, its_size)
                pages.append((told, its_size))
            late.clear()
        first, passed = passed + 1, min(last, passed + take)
        undelivered.passed(first, passed)
        if not late:
            assert undelivered.items == last - max(passed, before)
        assert undelivered.bytes == sum(size for end, size in pages if end > passed)
        assert 1 <= undelivered.at_once(500, 10) <= 500
    other = undelivered.copy()
    other.committed(1, 7)
    assert other.bytes - undelivered.bytes in (0, 7)


def test_the_room_is_given_back_bit_by_bit() -> None:
    undelivered = Undelivered()
    for _ in range(64):
        undelivered.committed(1, MB)
    assert undelivered.at_once(500, 8 * MB) == 8
    assert undelivered.at_once(500, MB // 2) == 1
    assert undelivered.at_once(500, 64 * MB) == 500
