import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from crawler import Crawl, Page, Spider
from crawler.engine import Engine
from crawler.errors import ConfigError, OutputError
from crawler.events import Closed, Event, Opened
from crawler.store import MemoryStore
from crawler.testing import PretendWeb, virtual, virtual_time

A = "https://a.test"


class Everything(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()


def web_of(pages: int) -> PretendWeb:
    web = PretendWeb()
    for number in range(pages):
        url = f"{A}/{number}" if number else f"{A}/"
        web.page(url, f'<a href="/{number + 1}">' if number < pages - 1 else "")
    return web


def test_a_crawl_of_hours_takes_no_time() -> None:
    crawled = virtual(Everything, web_of(50), politeness={"delay": 600.0, "max_delay": 600.0})
    assert len(crawled.items) == 50
    assert crawled.stats.seconds > 50 * 600
    assert (crawled.cause, crawled.stats.cause) == ("finished", "finished")


def test_events_and_listeners() -> None:
    told: list[Event] = []
    crawled = virtual(Everything, web_of(2), listeners=[told.append])
    assert crawled.events == told
    assert isinstance(told[0], Opened)
    assert isinstance(told[-1], Closed)


def test_a_spider_or_its_class_and_any_settings() -> None:
    spider = Everything()
    spider.start = (f"{A}/1",)
    assert len(virtual(spider, web_of(9), limits={"pages": 3}, name="mine").items) == 3
    assert virtual(Everything, web_of(2), name="mine").stats.name == "mine"


def test_a_store_of_ones_own() -> None:
    store = MemoryStore()
    virtual(Everything, web_of(4), store=store)
    assert all(store.knows(f"{A}/{number}") for number in (1, 2, 3))


def test_settings_that_are_wrong() -> None:
    with pytest.raises(ConfigError, match="limits"):
        virtual(Everything, web_of(1), limits={"pags": 3})


def test_what_makes_a_crawl_fail_comes_out_alone() -> None:
    class Broken:
        name = ""

        async def open(self, mark: object) -> int:
            return 0

        async def write(self, records: object) -> None:
            raise OutputError("the disk is full")

        async def close(self, *, failed: bool = False) -> None: ...

    with pytest.raises(OutputError, match="the disk is full"):
        virtual(Everything, web_of(3), sinks=[Broken()])


def test_a_crawl_that_hangs_says_what_was_left() -> None:
    async def never(request: object) -> str:
        await anyio.sleep_forever()
        return ""

    web = web_of(1)
    web.page(f"{A}/", "<a href=/1></a><a href=/hang></a><a href=/2></a>")
    web.handler(f"{A}/hang", never)
    with pytest.raises(AssertionError) as caught:
        virtual(Everything, web, politeness={"robots": False}, longest=500.0)
    said = str(caught.value)
    assert "not over after 500 seconds" in said
    assert f"under way: GET {A}/hang" in said
    assert "1 pages read" in said
    assert "1 requests waiting" in said


def test_a_story_that_hangs() -> None:
    with pytest.raises(AssertionError, match="not over after 10 virtual seconds"):
        virtual_time(anyio.sleep_forever, longest=10.0)


def test_what_runs_beside_is_ended_with_the_crawl() -> None:
    async def beside(engine: Engine) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(engine.cause)

    ended: list[str] = []
    virtual(Everything, web_of(2), beside=beside)
    assert ended == ["finished"]


def test_a_missing_trio_is_said_in_plain_words() -> None:
    code = (
        "import sys; sys.modules['trio'] = None\n"
        "from crawler.testing import virtual_time\n"
        "try: virtual_time(None)\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'aiocrawl[testing]'" in done.stdout


async def test_a_crawl_in_real_time_gives_the_same() -> None:
    web = web_of(5)
    async with Crawl(Everything, fetcher=web, politeness={"delay": 0.0}) as crawl:
        items = [item async for item in crawl.items()]
    assert items == [{"url": url} for url in (f"{A}/", *(f"{A}/{number}" for number in range(1, 5)))]
