from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio

from crawler import Page, Spider
from crawler.contracts import Mark, Record
from crawler.engine import Engine
from crawler.testing import PretendWeb, virtual

A = "https://a.test"
QUICK: dict[str, Any] = {"delay": 0.0, "robots": False, "per_host": 100}


class Everything(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow()
        yield {"url": page.url}


class Slow(Everything):
    """Takes its time with every page but the first."""

    seconds: float = 100.0
    most = 0
    current = 0

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow()
        self.current += 1
        self.most = max(self.most, self.current)
        if page.depth:
            await anyio.sleep(self.seconds)
        self.current -= 1
        yield {"url": page.url}


class SlowSink:
    """A sink that takes some seconds for each batch, and knows how much it has."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.taken = 0
        self.open_count = 0

    name = ""

    async def open(self, mark: Mark | None) -> int:
        self.open_count += 1
        return 0

    async def write(self, records: Sequence[Record]) -> None:
        await anyio.sleep(self._seconds)
        self.taken += len(records)

    async def close(self, *, failed: bool = False) -> None:
        self.open_count -= 1


def wide(links: int, latency: float = 1.0, body: str = "") -> PretendWeb:
    web = PretendWeb(latency=latency)
    web.handler(f"{A}/", lambda request: f"<p>{body}")
    web.page(f"{A}/", "".join(f"<a href=/{number}>" for number in range(links)))
    return web


# Ending


def test_stop_finishes_what_is_in_flight_and_starts_nothing() -> None:
    async def stop(engine: Engine) -> None:
        await anyio.sleep(5.5)
        engine.stop()

    web = wide(500)
    crawled = virtual(Everything, web, beside=stop, politeness=QUICK, fetch={"concurrency": 10})
    assert crawled.cause == "stopped"
    assert all(hit.started <= web.hits[0].started + 5.5 for hit in web.hits)
    assert all(hit.status == 200 for hit in web.hits)
    assert len(crawled.items) == crawled.stats.pages == len(web.hits) == 51
    assert crawled.stats.seconds == 6.0


def test_stop_ends_a_crawl_that_waits_for_a_host() -> None:
    async def stop(engine: Engine) -> None:
        await anyio.sleep(5.0)
        engine.stop()

    web = wide(9)
    crawled = virtual(Everything, web, beside=stop, politeness={"delay": 1000.0, "robots": False})
    assert (crawled.cause, crawled.stats.seconds, len(web.hits)) == ("stopped", 5.0, 1)


def test_stop_ends_a_crawl_whose_starts_go_on() -> None:
    class Endless(Everything):
        async def starts(self) -> AsyncIterator[str]:
            number = 0
            while True:
                yield f"{A}/{number}"
                number += 1
                await anyio.sleep(10.0)

    async def stop(engine: Engine) -> None:
        await anyio.sleep(25.0)
        engine.stop()

    web = wide(0)
    crawled = virtual(Endless, web, beside=stop, politeness=QUICK)
    assert (crawled.cause, len(crawled.items)) == ("stopped", 3)


def test_sinks_are_closed_once_everything_is_delivered() -> None:
    async def stop(engine: Engine) -> None:
        await anyio.sleep(3.5)
        engine.stop()

    sink = SlowSink(50.0)
    crawled = virtual(Everything, wide(500), beside=stop, politeness=QUICK, sinks=[sink])
    assert sink.taken == len(crawled.items) == crawled.stats.pages > 50
    assert sink.open_count == 0


# Pausing


def test_pause_starts_nothing_until_resume() -> None:
    async def pause(engine: Engine) -> None:
        await anyio.sleep(4.5)
        engine.pause()
        await anyio.sleep(100.0)
        engine.resume()

    web = wide(9)
    crawled = virtual(Everything, web, beside=pause, politeness={"delay": 1.0, "robots": False})
    assert len(crawled.items) == 10
    began = web.hits[0].started
    assert not [hit for hit in web.hits if 4.5 < hit.started - began < 104.5]


def test_pause_while_waiting_for_a_host_holds_that_host_too() -> None:
    async def pause(engine: Engine) -> None:
        await anyio.sleep(5.0)
        engine.pause()
        await anyio.sleep(50.0)
        engine.resume()

    web = wide(1)
    virtual(Everything, web, beside=pause, politeness={"delay": 10.0, "robots": False})
    assert web.gaps("a.test") == [54.0]


def test_stop_ends_a_paused_crawl() -> None:
    async def stop(engine: Engine) -> None:
        await anyio.sleep(4.5)
        engine.pause()
        await anyio.sleep(10.0)
        engine.stop()

    crawled = virtual(Everything, wide(9), beside=stop, politeness={"delay": 1.0, "robots": False})
    assert (crawled.cause, crawled.stats.seconds) == ("stopped", 14.5)


# What holds the crawl back, and what does not


def test_a_slow_callback_does_not_keep_a_fetch_slot() -> None:
    web = wide(320)
    spider = Slow()
    crawled = virtual(spider, web, politeness=QUICK, fetch={"concurrency": 32})
    assert len(crawled.items) == 321
    assert spider.most == 320
    # One second for the first page, ten for 320 others by 32, and one slow callback.
    assert crawled.stats.seconds <= 1 + 10 + 100 + 1e-6


def test_bodies_in_hand_hold_further_fetches_back() -> None:
    web = wide(100, body="x" * 4_000_000)
    spider = Slow(seconds=10.0)
    crawled = virtual(spider, web, politeness=QUICK, fetch={"concurrency": 4})
    assert len(crawled.items) == 101
    # 64 MiB are 16.8 such bodies; what is being fetched when they are in comes on top.
    assert 17 <= spider.most <= 17 + 4


def test_a_slow_consumer_holds_the_crawl_back() -> None:
    class Rich(Everything):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield page.follow()
            for number in range(500):
                yield {"url": page.url, "number": number}
            most_waiting.append(500 * len(web.hits) - sink.taken)

    most_waiting: list[int] = []
    sink = SlowSink(60.0)
    web = wide(60)
    crawled = virtual(Rich, web, politeness=QUICK, fetch={"concurrency": 4}, sinks=[sink])
    assert len(crawled.items) == 61 * 500
    # 5,000 may wait; beyond them a batch on its way and the pages that are being fetched.
    assert 5_000 <= max(most_waiting) <= 5_000 + 500 * (1 + 4 + 1)


def test_starts_without_end_do_not_keep_the_crawl_from_its_pages() -> None:
    class Many(Everything):
        drawn = 0

        async def starts(self) -> AsyncIterator[str]:
            for self.drawn in range(100_000):
                yield f"{A}/{self.drawn}"

    spider, web = Many(), wide(0, latency=0.0)
    crawled = virtual(spider, web, politeness=QUICK, limits={"pages": 20})
    assert len(crawled.items) == 20
    assert spider.drawn < 10_000


def test_a_generator_of_starts_is_closed_with_the_crawl() -> None:
    class Watched(Everything):
        closed = False

        async def starts(self) -> AsyncIterator[str]:
            try:
                while True:
                    yield f"{A}/"
            finally:
                await anyio.sleep(1.0)  # such as closing a connection
                self.closed = True

    spider = Watched()
    virtual(spider, wide(50, latency=0.0), politeness=QUICK, limits={"pages": 20})
    assert spider.closed
