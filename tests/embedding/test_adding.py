"""Requests that a program adds while the crawl runs: none that was counted is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Crawl, CrawlerError, Page, Request, Spider
from crawler.engine import Engine
from crawler.errors import SpiderError
from crawler.events import Event, StartRefused
from crawler.testing import PretendWeb, virtual

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0, "per_host": 4, "robots": False}}


class Pages(Spider):
    """Yields the URL of each page."""

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "data": page.data}


class Begun(Pages):
    start = (f"{A}/0",)


class Feeding(Begun):
    """Is not done with its start requests for a long time."""

    async def starts(self) -> AsyncIterator[str]:
        yield f"{A}/0"
        await anyio.sleep(100)


def web(latency: float = 0.0) -> PretendWeb:
    servers = PretendWeb(latency)
    for host in (A, "https://b.test"):
        servers.handler(f"{host}/", lambda request: "<p>")
    return servers


async def test_one_url_a_request_or_many() -> None:
    async with Crawl(Pages, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        assert await crawl.add(f"{A}/1") == 1
        assert await crawl.add(Request(f"{A}/2", data={"n": 2})) == 1
        assert await crawl.add([f"{A}/1", f"{A}/3", f"{A}/3#again", Request(f"{A}/4")]) == 2
        assert await crawl.add(f"{A}/{number}" for number in range(250)) == 246
        assert await crawl.add([]) == 0
        crawl.finish()
        items = [item async for item in crawl.items()]
    assert sorted(item["url"] for item in items) == sorted(f"{A}/{number}" for number in range(250))
    assert {"url": f"{A}/2", "data": {"n": 2}} in items
    assert crawl.stats.cause == "finished"


async def test_they_are_judged_as_start_requests_are() -> None:
    told: list[Event] = []
    options = OPTIONS | {"scope": {"hosts": ["a.test"], "exclude": ["/private"]}}
    async with Crawl(Pages, fetcher=web(), keep_open=True, listeners=[told.append], **options) as crawl:
        urls = [
            "mailto:x@a.test",
            f"{A}/1",
            "https://b.test/",
            "no url",
            f"{A}/private/2",
            "HTTPS://A.test/3",
        ]
        assert await crawl.add(urls) == 2
        crawl.finish()
        items = [item["url"] async for item in crawl.items()]
    assert sorted(items) == [f"{A}/1", f"{A}/3"]
    refused = [(event.url, str(event.reason)) for event in told if isinstance(event, StartRefused)]
    assert refused == [
        ("mailto:x@a.test", "scheme"),
        ("https://b.test/", "host"),
        ("no url", "scheme"),
        (f"{A}/private/2", "exclude"),
    ]


async def test_a_host_that_is_added_is_home_as_that_of_a_start_is() -> None:
    async with Crawl(Begun, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        assert await crawl.add("https://b.test/1") == 1
        crawl.finish()
        assert {item["url"] async for item in crawl.items()} == {f"{A}/0", "https://b.test/1"}


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (Request(f"{A}/x", "nobody"), SpiderError, "no callback 'nobody'"),
        (Request(f"{A}/x", data=object()), SpiderError, "cannot be stored"),
        (None, TypeError, "add takes URLs and Requests, not None"),
        (b"https://a.test/x", TypeError, "not b'https"),
    ],
)
async def test_a_wrong_one_keeps_out_no_other(wrong: Any, error: type[Exception], words: str) -> None:
    servers = web()
    async with Crawl(Pages, fetcher=servers, keep_open=True, **OPTIONS) as crawl:
        with pytest.raises(error, match=words):
            await crawl.add([f"{A}/1", wrong, f"{A}/2"])
        crawl.finish()
        await crawl.wait()
    assert (servers.asked(f"{A}/1"), servers.asked(f"{A}/2"), servers.asked(f"{A}/x")) == (1, 1, 0)
    assert crawl.stats.cause == "finished"


async def test_what_makes_them_up_may_fail() -> None:
    def broken() -> Iterator[str]:
        yield f"{A}/1"
        raise ZeroDivisionError

    async with Crawl(Pages, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        with pytest.raises(ZeroDivisionError):
            await crawl.add(broken())
        crawl.finish()  # and the crawl does not wait for more
        assert (await crawl.wait()).cause == "finished"


async def test_a_known_url_is_fetched_once_more_when_that_is_asked_for(tmp_path: Path) -> None:
    for run in (1, 2):  # the second one knows it from the first
        servers = web()
        again = Request(f"{A}/0", again=True)
        async with Crawl(
            Pages, fetcher=servers, keep_open=True, state=str(tmp_path / "a.db"), **OPTIONS
        ) as crawl:
            assert await crawl.add(f"{A}/0") == (1 if run == 1 else 0)
            assert [await crawl.add(again), await crawl.add(again)] == [1, 1]
            while crawl.stats.pages < (3 if run == 1 else 2):
                await asyncio.sleep(0.01)
        assert servers.asked(f"{A}/0") == (3 if run == 1 else 2)
        assert again.key == f"{A}/0"  # the program's own is left alone


async def test_an_open_crawl_waits_and_goes_on() -> None:
    servers = web()
    async with Crawl(Pages, fetcher=servers, keep_open=True, **OPTIONS) as crawl:
        items = crawl.items()
        for number in range(5):
            await crawl.add(f"{A}/{number}")
            assert (await anext(items))["url"] == f"{A}/{number}"
            while crawl.in_flight or crawl.pending:
                await asyncio.sleep(0)
        assert crawl.stats.cause == ""
        crawl.finish()
        crawl.finish()
        with pytest.raises(StopAsyncIteration):
            await anext(items)
    assert crawl.stats.cause == "finished"


async def test_an_open_crawl_with_nothing_to_do_is_stopped() -> None:
    async with Crawl(keep_open=True, **OPTIONS) as crawl:
        asyncio.get_running_loop().call_later(0.05, crawl.stop)
        assert [item async for item in crawl.items()] == []
    assert crawl.stats.cause == "stopped"


async def test_limits_end_an_open_crawl() -> None:
    async with Crawl(Pages, fetcher=web(), keep_open=True, limits={"pages": 2}, **OPTIONS) as crawl:
        await crawl.add([f"{A}/{number}" for number in range(9)])
        assert (await crawl.wait()).cause == "pages"
        with pytest.raises(CrawlerError, match="the crawl is over"):
            await crawl.add(f"{A}/x")
    assert crawl.stats.pages == 2


async def test_nothing_is_added_before_after_or_once_no_more_was_promised() -> None:
    crawl = Crawl(Begun, fetcher=web(), **OPTIONS)
    with pytest.raises(CrawlerError, match="inside `async with Crawl"):
        await crawl.add(f"{A}/1")
    async with crawl:
        assert await crawl.add(f"{A}/1") == 1
        await crawl.wait()
        with pytest.raises(CrawlerError, match="is over, or ends; give Crawl keep_open=True"):
            await crawl.add(f"{A}/2")
    with pytest.raises(CrawlerError, match="is over, or ends"):
        await crawl.add(f"{A}/2")
    async with Crawl(Begun, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        crawl.finish()
        with pytest.raises(CrawlerError, match=r"finish\(\) was called"):
            await crawl.add(f"{A}/2")


async def test_a_crawl_that_is_stopped_meanwhile_says_so() -> None:
    def stopping(crawl: Crawl) -> Iterator[str]:
        for number in range(1_000):
            if number == 500:
                crawl.stop()
            yield f"{A}/{number}"

    async with Crawl(Pages, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        with pytest.raises(CrawlerError, match="was stopped, or came to a limit, while"):
            await crawl.add(stopping(crawl))


async def test_from_several_tasks_and_from_a_callback() -> None:
    class Adding(Spider):
        crawl: Any = None

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            number = int(page.url.rpartition("/")[2])
            if number < 300:
                await self.crawl.add(f"{A}/{number + 100}")
            yield {"n": number}

    spider = Adding()
    async with Crawl(spider, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        spider.crawl = crawl
        counts = await asyncio.gather(
            *(crawl.add([f"{A}/{number}" for number in range(task, 100)]) for task in range(10))
        )
        assert sum(counts) == 100
        found = set()
        async for item in crawl.items():
            found.add(item["n"])
            if len(found) == 400:
                crawl.finish()
    assert found == set(range(400))


async def test_from_another_thread() -> None:
    async with Crawl(Pages, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        loop = asyncio.get_running_loop()

        def wrong() -> int:
            return asyncio.run(crawl.add(f"{A}/1"))

        with pytest.raises(CrawlerError, match="run_coroutine_threadsafe"):
            await asyncio.to_thread(wrong)

        def right() -> int:
            return asyncio.run_coroutine_threadsafe(crawl.add(f"{A}/1"), loop).result(10)

        assert await asyncio.to_thread(right) == 1
    await loop.shutdown_default_executor()


async def test_a_cancelled_add_keeps_nothing_open() -> None:
    async with Crawl(Pages, fetcher=web(), keep_open=True, **OPTIONS) as crawl:
        adding = asyncio.create_task(crawl.add(f"{A}/{number}" for number in range(10_000)))
        while not crawl.pending:
            await asyncio.sleep(0)
        adding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await adding
        crawl.finish()
        items = [item async for item in crawl.items()]
    assert 0 < len(items) < 10_000
    assert crawl.stats.cause == "finished"


def test_what_was_counted_is_crawled_however_near_the_end_it_came(run_on: Any) -> None:
    async def main() -> None:
        outcomes = set()
        for ticks in range(120):
            servers = web()
            async with Crawl(Begun, fetcher=servers, **OPTIONS) as crawl:
                for _ in range(ticks):
                    await asyncio.sleep(0)
                try:
                    counted = await crawl.add(f"{A}/late")
                except CrawlerError:
                    counted = 0
                await crawl.wait()
            assert servers.asked(f"{A}/late") == counted
            outcomes.add(counted)
        assert outcomes == {0, 1}

    run_on(main())


@settings(max_examples=60, deadline=None)
@given(
    plan=st.lists(
        st.tuples(st.sampled_from([0.0, 0.01, 0.05, 0.06, 1.0]), st.integers(0, 4), st.integers(0, 3)),
        max_size=6,
    ),
    adders=st.integers(1, 3),
    keep_open=st.booleans(),
)
def test_in_virtual_time_none_that_was_counted_is_lost(
    plan: list[tuple[float, int, int]], adders: int, keep_open: bool
) -> None:
    servers = web(0.05)
    counted: set[str] = set()

    async def adding(engine: Engine, name: int) -> None:
        for step, (seconds, ticks, number) in enumerate(plan):
            await anyio.sleep(seconds)
            for _ in range(ticks):
                await anyio.lowlevel.checkpoint()
            urls = [f"{A}/{name}/{step}/{one}" for one in range(number)]
            try:
                assert await engine.add(urls) == number
            except CrawlerError:
                return
            counted.update(urls)

    async def beside(engine: Engine) -> None:
        async with anyio.create_task_group() as tasks:
            for name in range(adders):
                tasks.start_soon(adding, engine, name)
        engine.finish()

    crawled = virtual(Feeding() if keep_open else Begun(), servers, beside=beside, **OPTIONS)
    assert crawled.cause == "finished"
    assert {item["url"] for item in crawled.items} == counted | {f"{A}/0"}
    if keep_open:
        assert len(counted) == adders * sum(number for _, _, number in plan)
