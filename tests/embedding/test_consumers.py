"""Several consumers of one crawl: each gets its type, and nobody waits for another one's items."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Page, Spider
from crawler.testing import PretendWeb

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0, "per_host": 4, "robots": False}}


@dataclass
class Book:
    n: int


@dataclass
class Author:
    n: int


@dataclass
class Never:
    n: int


class Library(Spider):
    """A book and its author on each page."""

    number = 40

    async def starts(self) -> AsyncIterator[str]:
        for number in range(self.number):
            yield f"{A}/{number}"

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        number = int(page.url.rpartition("/")[2])
        yield Book(number)
        yield Author(number)


def web() -> PretendWeb:
    servers = PretendWeb(0.0)
    servers.handler(f"{A}/", lambda request: "<p>")
    return servers


@pytest.fixture(params=["memory", "file"])
def options(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    kept = {"state": str(tmp_path / "a.db")} if request.param == "file" else {}
    return OPTIONS | kept


async def every(crawl: Crawl, kind: Any) -> list[int]:
    return [item.n async for item in crawl.items(kind)]


async def test_two_types_in_two_tasks_come_whole(options: dict[str, Any]) -> None:
    async with Crawl(Library, fetcher=web(), **options) as crawl:
        books, authors = await asyncio.gather(every(crawl, Book), every(crawl, Author))
    assert sorted(books) == sorted(authors) == list(range(40))


async def test_a_fast_one_does_not_wait_for_a_slow_one(options: dict[str, Any]) -> None:
    """The consumer of books does nothing until that of authors has everything."""
    done = asyncio.Event()

    async def slow(crawl: Crawl) -> list[int]:
        found = []
        async for book in crawl.items(Book):
            found.append(book.n)
            await done.wait()
        return found

    async def fast(crawl: Crawl) -> list[int]:
        found = []
        async for author in crawl.items(Author):
            found.append(author.n)
            if len(found) == 40:
                done.set()
        return found

    async with Crawl(Library, fetcher=web(), **options) as crawl, asyncio.timeout(30):
        books, authors = await asyncio.gather(slow(crawl), fast(crawl))
    assert sorted(books) == sorted(authors) == list(range(40))


async def test_one_task_may_take_from_both_in_turn(options: dict[str, Any]) -> None:
    async with Crawl(Library, fetcher=web(), **options) as crawl, asyncio.timeout(30):
        books, authors = crawl.items(Book), crawl.items(Author)
        pairs = [((await anext(books)).n, (await anext(authors)).n) for _ in range(40)]
    assert len(set(pairs)) == 40


async def test_nobody_waits_for_a_consumer_that_has_gone(options: dict[str, Any]) -> None:
    async with Crawl(Library, fetcher=web(), **options) as crawl, asyncio.timeout(30):
        async for _ in crawl.items(Book):
            break
        assert sorted(await every(crawl, Author)) == list(range(40))


async def test_nor_does_who_is_waiting_already(options: dict[str, Any]) -> None:
    leave = asyncio.Event()

    async def leaving(crawl: Crawl) -> None:
        async with aclosing(crawl.items(Book)) as books:
            await anext(books)
            await leave.wait()
        with pytest.raises(StopAsyncIteration):
            await anext(books)

    async def staying(crawl: Crawl) -> list[int]:
        found = []
        async for author in crawl.items(Author):
            found.append(author.n)
            leave.set()
        return found

    async with Crawl(Library, fetcher=web(), **options) as crawl, asyncio.timeout(30):
        _, authors = await asyncio.gather(leaving(crawl), staying(crawl))
    assert sorted(authors) == list(range(40))


async def test_whoever_has_gone_in_another_thread(options: dict[str, Any]) -> None:
    """An iterator that refers to itself goes when some thread looks for such things."""

    def thread() -> None:
        gc.collect()

    async with Crawl(Library, fetcher=web(), **options) as crawl, asyncio.timeout(30):
        books: Any = crawl.items(Book)
        await anext(books)
        books.itself = books
        gc.disable()
        try:
            del books
            collecting = threading.Thread(target=thread)
            authors = asyncio.create_task(every(crawl, Author))
            await asyncio.sleep(0.01)
            assert not authors.done()
            collecting.start()
            assert sorted(await authors) == list(range(40))
        finally:
            gc.enable()
        collecting.join()


async def test_while_nobody_is_there_the_crawl_waits_for_the_next(options: dict[str, Any]) -> None:
    async with Crawl(Library, fetcher=web(), **options) as crawl, asyncio.timeout(30):
        first = []
        async for book in crawl.items(Book):
            first.append(book.n)
            if len(first) == 3:
                break
        while crawl.in_flight or crawl.pending:
            await asyncio.sleep(0.001)
        assert crawl.stats.cause == ""
        rest = await every(crawl, Book)
    assert sorted(first + rest) == list(range(40))


async def test_a_type_that_never_comes_stops_nothing(options: dict[str, Any]) -> None:
    spider = Library()
    spider.number = 3_000  # more items than may wait for anybody
    async with Crawl(spider, fetcher=web(), **options) as crawl, asyncio.timeout(60):
        assert await every(crawl, Never) == []
    assert crawl.stats.pages == 3_000


async def test_items_of_other_types_are_not_kept_for_a_consumer() -> None:
    """A book stays in memory for as long as somebody who wants books has not taken it."""
    async with Crawl(Library, fetcher=web(), **OPTIONS) as crawl, asyncio.timeout(30):
        authors = crawl.items(Author)
        await anext(authors)
        while crawl.in_flight or crawl.pending:
            await asyncio.sleep(0.001)
        kept = {id(item) for tap in crawl._audience.taps for _, item in tap._waiting}
        gc.collect()
        books = [one for one in gc.get_objects() if type(one) is Book and id(one) in kept]
        assert books == []


async def test_the_slowest_holds_the_crawl_back() -> None:
    spider = Library()
    spider.number = 20_000
    servers = web()
    async with Crawl(spider, fetcher=servers, **OPTIONS) as crawl, asyncio.timeout(60):
        books = crawl.items(Book)
        await anext(books)
        authors = crawl.items(Author)

        async def take() -> None:
            async for _ in authors:
                pass

        taking = asyncio.create_task(take())
        quiet = 0
        while quiet < 30:
            await asyncio.sleep(0.01)
            quiet = 0 if crawl.in_flight else quiet + 1
        assert 2_500 <= len(servers.hits) <= 2_500 + 500 + 40
        taking.cancel()


async def test_outputs_do_not_wait_for_a_consumer(tmp_path: Path, options: dict[str, Any]) -> None:
    file = tmp_path / "all.jsonl"
    async with Crawl(Library, fetcher=web(), output=str(file), **options) as crawl, asyncio.timeout(30):
        items = crawl.items()
        await anext(items)
        while crawl.stats.delivered < 80:
            await asyncio.sleep(0.001)
        assert len([item async for item in items]) == 79
    assert len(file.read_text().splitlines()) == 80


async def test_in_a_state_file_each_comes_once_over_two_runs(tmp_path: Path) -> None:
    """Left in the middle by both: what neither has seen comes next time; the ones in hand come again."""
    state = str(tmp_path / "a.db")
    seen: list[tuple[str, int]] = []

    async def some(crawl: Crawl, kind: Any, number: int) -> None:
        taken = 0
        async for item in crawl.items(kind):
            seen.append((kind.__name__, item.n))
            taken += 1
            if taken == number:
                await crawl.close()

    async with Crawl(Library, fetcher=web(), state=state, **OPTIONS) as crawl:
        await asyncio.gather(some(crawl, Book, 7), some(crawl, Author, 11))
    async with Crawl(Library, fetcher=web(), state=state, **OPTIONS) as crawl:
        await asyncio.gather(some(crawl, Book, 99), some(crawl, Author, 99))
    assert set(seen) == {(kind, n) for kind in ("Book", "Author") for n in range(40)}


async def test_what_waits_when_it_is_closed_comes_in_the_next_run_and_not_now(tmp_path: Path) -> None:
    state = str(tmp_path / "a.db")
    async with Crawl(Library, fetcher=web(), state=state, **OPTIONS) as crawl:
        items = crawl.items()
        first = [await anext(items) for _ in range(5)]
        await crawl.close()
        with pytest.raises(StopAsyncIteration):
            await anext(items)
    async with Crawl(Library, fetcher=web(), state=state, **OPTIONS) as crawl:
        rest = [item async for item in crawl.items()]
    names = [
        (getattr(item, "name", type(item).__name__), getattr(item, "n", None) or item["n"])
        if isinstance(item, dict)
        else (type(item).__name__, item.n)
        for item in first + rest
    ]
    assert len(names) == 80 + 1  # the one in hand
    assert len(set(names)) == 80
