"""What consumers of an earlier run were not done with comes in the next one, and nothing else does."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler import Batch, Crawl, Page, Politeness, Request, Spider, batch
from crawler.contracts import Mark, Record
from crawler.testing import PretendWeb

A = "https://a.test"
QUICK: Any = {"delay": 0, "per_host": 4, "robots": False}


class Article(msgspec.Struct):
    n: int


class Author(msgspec.Struct):
    n: int


class Both(Spider):
    start = [f"{A}/"]  # noqa: RUF012

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        for n in range(100):
            yield Article(n)
            yield Author(n)


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_two_consumers_of_which_one_is_slow(how: str, tmp_path: Path) -> None:
    """The fast one goes on when the slow one has gone; what that lacks comes in the next run."""
    web = PretendWeb()
    web.page(f"{A}/")
    articles, authors = list[int](), list[int]()

    async def take_articles(crawl: Crawl) -> None:
        async for article in crawl.items(Article):
            articles.append(article.n)

    async def take_authors(crawl: Crawl, *, slowly: bool) -> None:
        async for author in crawl.items(Author):
            authors.append(author.n)
            if slowly and len(authors) == 5:
                if how == "failed":
                    raise OSError("no database")
                await asyncio.sleep(3600)

    for run in range(2):
        try:
            async with asyncio.timeout(0.3 if run == 0 else 30):
                state = str(tmp_path / "state.db")
                async with (
                    Crawl(Both, fetcher=web, state=state, politeness=QUICK, keep_open=run == 0) as crawl,
                    asyncio.TaskGroup() as tasks,
                ):
                    tasks.create_task(take_authors(crawl, slowly=run == 0))
                    tasks.create_task(take_articles(crawl))
        except* (OSError, TimeoutError):
            assert run == 0
    assert set(articles) == set(authors) == set(range(100))
    assert len(articles) <= 101
    assert len(authors) <= 101


class Links(Spider):
    start = [f"{A}/"]  # noqa: RUF012

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow()
        if page.url != f"{A}/":
            yield {"url": page.url}


class SlowSink:
    name = "slow"

    async def open(self, mark: Mark | None) -> int:
        return mark.item if mark else 0

    async def write(self, records: Sequence[Record]) -> None:
        await asyncio.sleep(0.3 if records else 0)

    async def close(self, *, failed: bool = False) -> None: ...


async def test_a_slow_output_gives_a_fast_consumer_nothing_twice(tmp_path: Path) -> None:
    web = PretendWeb()
    web.page(f"{A}/", "".join(f"<a href=/{n}>" for n in range(400)))
    for n in range(400):
        web.page(f"{A}/{n}")
    seen: Counter[str] = Counter()
    for run in range(2):
        state = str(tmp_path / "state.db")
        async with Crawl(Links, fetcher=web, sinks=[SlowSink()], state=state, politeness=QUICK) as crawl:
            async for item in crawl.items():
                seen[item["url"]] += 1
                if run == 0 and seen.total() == 300:
                    break
    assert len(seen) == 400
    assert seen.total() <= 401


async def test_how_far_a_slow_consumer_is_gets_noted_meanwhile(tmp_path: Path) -> None:
    """A process that is killed then costs it no more than what it took in a moment."""
    import sqlite3
    from contextlib import closing

    web = PretendWeb()
    web.page(f"{A}/")
    state = tmp_path / "state.db"

    def noted() -> int:
        with closing(sqlite3.connect(state)) as db:
            (found,) = db.execute("SELECT max(item) FROM sinks WHERE name LIKE 'consumer of %'").fetchone()
        return int(found or 0)

    async with Crawl(Both, fetcher=web, state=str(state), politeness=QUICK) as crawl:
        taken = 0
        async for _ in crawl.items():
            taken += 1
            if taken == 50:
                async with asyncio.timeout(20):
                    while noted() < 49:
                        await asyncio.sleep(0.05)
                assert noted() == 49
    assert taken == 200


@batch(size=10)
async def save(items: Batch[Author]) -> None:
    await asyncio.sleep(0.3)


class Unwanted(Spider):
    """Few items for the batch first, and then very many that are not for it."""

    start = [f"{A}/0"]  # noqa: RUF012
    pipeline = {Author: [save]}  # noqa: RUF012

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        n = int(page.url.rpartition("/")[2])
        for i in range(10 if n == 0 else 500):
            yield Author(i) if n == 0 else Article(i)
        if n < 30:
            yield Request(f"{A}/{n + 1}")


async def test_items_that_a_batch_does_not_want_hold_nothing_back_for_good(tmp_path: Path) -> None:
    web = PretendWeb()
    for n in range(31):
        web.page(f"{A}/{n}")
    async with (
        asyncio.timeout(40),
        Crawl(Unwanted, fetcher=web, state=str(tmp_path / "state.db"), politeness=QUICK) as crawl,
    ):
        assert (await crawl.wait()).pages == 31


@pytest.mark.filterwarnings("ignore:Exception ignored in")
@pytest.mark.filterwarnings("ignore:coroutine 'Engine._visit' was never awaited")
def test_a_visit_that_never_began_keeps_no_slot_of_a_shared_host() -> None:
    """`asyncio.run` cancels all tasks at its end, also those that have not taken their first step."""
    web = PretendWeb()
    for n in range(50):
        web.page(f"{A}/{n}")

    async def leave_it(politeness: Politeness, ticks: int) -> None:
        crawl = Crawl(Links, fetcher=web, politeness=politeness, start=[f"{A}/{n}" for n in range(50)])
        await crawl.__aenter__()
        crawl.items()
        for _ in range(ticks):
            await asyncio.sleep(0)

    async def again(politeness: Politeness) -> int:
        another = Crawl(Links, fetcher=web, politeness=politeness, start=f"{A}/1")
        async with asyncio.timeout(20), another as crawl:
            return (await crawl.wait()).pages

    for ticks in range(20):
        politeness = Politeness(delay=0, per_host=1)
        asyncio.run(leave_it(politeness, ticks))
        assert asyncio.run(again(politeness)) == 1
    gc.collect()  # Python would warn of a visit that was never awaited, in the midst of another test


async def test_crawls_that_share_a_host_take_turns() -> None:
    order: list[str] = []

    class Web(PretendWeb):
        def __init__(self, name: str) -> None:
            super().__init__()
            self._name = name
            for n in range(16):
                self.page(f"{A}/{n}")

        async def fetch(self, request: Request) -> Any:
            if not request.url.endswith("robots.txt"):
                order.append(self._name)
            return await super().fetch(request)

    async def crawl(name: str, politeness: Politeness) -> None:
        urls = [f"{A}/{n}" for n in range(16)]
        async with Crawl(Links, fetcher=Web(name), politeness=politeness, start=urls) as running:
            await running.wait()

    for politeness in (Politeness(delay=0.01), Politeness(delay=0.01, per_host=3)):
        order.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(crawl("a", politeness))
            tasks.create_task(crawl("b", politeness))
        assert len(order) == 32
        half = Counter(order[4:16])
        assert min(half["a"], half["b"]) >= 3, "".join(order)
