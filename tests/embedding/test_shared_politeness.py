"""Several crawls that share one Politeness: a host sees no more of them together than of one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Crawl, Page, Politeness, Spider
from crawler.engine import Engine
from crawler.testing import PretendWeb, virtual_time
from crawler.testing.virtualtime import crawl_now

A = "https://a.test"
# uvloop's timers are exact to a millisecond, and the server's clock is not read at once.
EXACT = 0.003


class Some(Spider):
    """A few pages of one host."""

    at = A
    name = "some"
    number = 8

    async def starts(self) -> AsyncIterator[str]:
        for number in range(self.number):
            yield f"{self.at}/{self.name}/{number}"

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}


def some(name: str, at: str = A, number: int = 8) -> Some:
    spider = Some()
    spider.name, spider.at, spider.number = name, at, number
    return spider


def most_at_once(spans: list[tuple[str, float, float]]) -> int:
    """Return how many requests were answered at the same time; at one moment ends come first."""
    changes = sorted([(begin, 1) for _, begin, _ in spans] + [(end, -1) for _, _, end in spans])
    most = current = 0
    for _, change in changes:
        current += change
        most = max(most, current)
    return most


@pytest.mark.parametrize(("per_host", "delay"), [(1, 0.03), (2, 0.0), (3, 0.02)])
def test_a_server_sees_no_more_than_the_limit_of_both(
    run_on: Any, serving: Any, per_host: int, delay: float
) -> None:
    async def crawl(name: str, url: str, polite: Politeness) -> int:
        spider = some(name, url)
        async with Crawl(spider, politeness=polite, fetch={"allow": ["127.0.0.1"]}) as crawl:
            return len([item async for item in crawl.items()])

    async def main() -> None:
        async with serving(latency=0.01) as server:
            polite = Politeness(delay=delay, per_host=per_host)
            counts = await asyncio.gather(*(crawl(name, server.url, polite) for name in "abc"))
        assert counts == [8, 8, 8]
        assert len(server.spans) == 3 * (8 + 1)  # each asks for robots.txt
        assert most_at_once(server.spans) <= per_host
        begins = sorted(begin for _, begin, _ in server.spans)
        ends = sorted(end for _, _, end in server.spans)
        # A slot rests after each use: so the n-th contact begins after as many rests as slots allow.
        for number, begin in enumerate(begins[per_host:]):
            assert begin >= ends[number] + delay - EXACT

    run_on(main())


async def test_one_that_is_closed_in_the_middle_keeps_no_slot(serving: Any) -> None:
    polite = Politeness(delay=0.0, per_host=2)
    options: dict[str, Any] = {"politeness": polite, "fetch": {"allow": ["127.0.0.1"]}}
    async with serving(latency=0.02) as server:
        async with Crawl(some("kept", server.url, 30), **options) as kept:
            waiting = asyncio.create_task(kept.wait())
            for number in range(6):
                async with Crawl(some(f"left{number}", server.url, 500), **options) as left:
                    while left.stats.pages < 1:
                        await asyncio.sleep(0.001)
            async with asyncio.timeout(20):
                await waiting
            assert kept.stats.pages == 30
        assert most_at_once(server.spans) <= 2


async def test_without_sharing_they_do_not_wait_for_each_other(serving: Any) -> None:
    """What the tests above would see if politeness were not shared."""
    async with serving(latency=0.05) as server:
        polite = {"delay": 0, "per_host": 1}
        crawls = [
            Crawl(some(name, server.url, 4), politeness=polite, fetch={"allow": ["127.0.0.1"]})
            for name in "abc"
        ]

        async def run(crawl: Crawl) -> None:
            async with crawl:
                await crawl.wait()

        await asyncio.gather(*map(run, crawls))
    assert most_at_once(server.spans) == 3


story = st.lists(
    st.tuples(st.integers(1, 12), st.sampled_from([0.0, 0.05, 3.0]), st.none() | st.integers(0, 30)),
    min_size=2,
    max_size=4,
)


@settings(max_examples=60, deadline=None)
@given(
    crawls=story,
    per_host=st.integers(1, 3),
    delay=st.sampled_from([0.0, 0.2, 1.0]),
    crawl_delay=st.none() | st.sampled_from([2, 5]),
)
def test_in_virtual_time_whoever_comes_and_goes(
    crawls: list[tuple[int, float, int | None]], per_host: int, delay: float, crawl_delay: int | None
) -> None:
    """Each crawl: pages, when it begins, and when it is stopped, if it is."""
    web = PretendWeb(0.05)
    web.handler(f"{A}/", lambda request: "<p>")
    if crawl_delay is not None:
        web.robots(A, f"User-agent: *\nCrawl-delay: {crawl_delay}")
    polite = Politeness(delay=delay, per_host=per_host)
    found: list[set[str]] = [set() for _ in crawls]

    async def one(number: int, pages: int, begin: float, stop: int | None) -> None:
        async def beside(engine: Engine) -> None:
            if stop is not None:
                await anyio.sleep(stop)
                engine.stop()

        await anyio.sleep(begin)
        crawled = await crawl_now(some(str(number), number=pages), web, politeness=polite, beside=beside)
        found[number] = {item["url"] for item in crawled.items}

    async def all_of_them() -> None:
        async with anyio.create_task_group() as tasks:
            for number, (pages, begin, stop) in enumerate(crawls):
                tasks.start_soon(one, number, pages, begin, stop)

    virtual_time(all_of_them)
    assert web.most_at_once("a.test") <= per_host
    begins = sorted(hit.started for hit in web.hits)
    ends = sorted(hit.ended or 0.0 for hit in web.hits)
    for number, at in enumerate(begins[per_host:]):
        assert at >= ends[number] + delay - 1e-6
    for number, (pages, _, stop) in enumerate(crawls):
        if stop is None:
            assert len(found[number]) == pages
    if crawl_delay is not None:  # heard by one, kept by all
        read = min((hit.ended or 0.0 for hit in web.hits if hit.url.endswith("robots.txt")), default=0.0)
        later = sorted(hit.started for hit in web.hits if hit.started > read)
        assert all(after - before >= crawl_delay - 1e-6 for before, after in pairwise(later))


def test_neither_is_starved() -> None:
    web = PretendWeb(0.05)
    web.handler(f"{A}/", lambda request: "<p>")
    polite = Politeness(delay=1.0, per_host=1)

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            for name in "ab":
                tasks.start_soon(one, name)

    async def one(name: str) -> None:
        await crawl_now(some(name, number=40), web, politeness=polite)

    virtual_time(both)
    pages = [hit.url.split("/")[3] for hit in web.hits if not hit.url.endswith("robots.txt")]
    assert sorted(pages) == ["a"] * 40 + ["b"] * 40
    assert min(pages[:40].count("a"), pages[:40].count("b")) >= 5
