"""Ways out of an embedded crawl: nothing stays behind, and what is used wrongly says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler import Crawl, CrawlerError, Page, Politeness, Spider
from crawler.contracts import Mark
from crawler.errors import ConfigError, OutputError, StateInUse
from crawler.testing import PretendWeb

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0, "per_host": 4, "robots": False}}


class Endless(Spider):
    """Each page leads to two more."""

    start = (f"{A}/1",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        number = int(page.url.rpartition("/")[2])
        yield {"n": number}
        yield page.follow("a")


def endless(latency: float = 0.0) -> PretendWeb:
    def page(request: Any) -> str:
        number = int(request.url.rpartition("/")[2])
        return f'<a href="/{2 * number}">a</a><a href="/{2 * number + 1}">b</a>'

    servers = PretendWeb(latency)
    servers.handler(f"{A}/", page)
    return servers


def test_close_ends_it_at_once_for_everybody(run_on: Any, nothing_left: Any) -> None:
    async def main() -> None:
        with nothing_left():
            async with Crawl(Endless, fetcher=endless(), **OPTIONS) as crawl:
                iterating = asyncio.create_task(numbers(crawl))
                waiting = asyncio.create_task(crawl.wait())
                while crawl.stats.pages < 20:
                    await asyncio.sleep(0)
                await asyncio.gather(*(asyncio.create_task(crawl.close()) for _ in range(3)))
                pages = crawl.stats.pages
                assert await waiting is crawl.stats
                assert len(await iterating) <= pages
                await crawl.close()
                assert [item async for item in crawl.items()] == []
                with pytest.raises(CrawlerError, match="is over"):
                    await crawl.add(f"{A}/7")
                assert crawl.stats.pages == pages
            await crawl.close()
        assert crawl.stats.cause == "stopped"

    run_on(main())


async def numbers(crawl: Crawl) -> list[int]:
    return [item["n"] async for item in crawl.items()]


def test_close_from_the_consumer_and_without_a_block(run_on: Any, nothing_left: Any) -> None:
    async def main() -> None:
        with nothing_left():
            crawl = await Crawl(Endless, fetcher=endless(), **OPTIONS).__aenter__()
            seen = 0
            async for _ in crawl.items():
                seen += 1
                if seen == 5:
                    await crawl.close()
            assert seen == 5

    run_on(main())


def test_close_of_what_is_paused_or_never_was_opened(run_on: Any, nothing_left: Any) -> None:
    async def main() -> None:
        with nothing_left():
            never = Crawl(Endless, fetcher=endless(), **OPTIONS)
            await never.close()
            with pytest.raises(CrawlerError, match="closed before it was entered"):
                await never.__aenter__()
            async with Crawl(Endless, fetcher=endless(), **OPTIONS) as crawl:
                crawl.pause()
                await crawl.close()
                crawl.resume()
            assert crawl.stats.cause == "stopped"

    run_on(main())


def test_close_while_it_is_being_opened(run_on: Any, nothing_left: Any, tmp_path: Path) -> None:
    async def main() -> None:
        told = set()
        with nothing_left():
            for ticks in range(12):
                crawl = Crawl(Endless, fetcher=endless(), state=str(tmp_path / "a.db"), **OPTIONS)
                opening = asyncio.create_task(crawl.__aenter__())
                for _ in range(ticks):
                    await asyncio.sleep(0)
                await crawl.close()
                try:
                    await opening
                except CrawlerError as error:
                    told.add(str(error))
                await crawl.close()
        assert told == {
            "the crawl was closed before it was entered: make another one",
            "the crawl was closed while it was being opened",
        }

    run_on(main())


def test_close_tells_what_made_it_fail_and_only_once(run_on: Any, nothing_left: Any) -> None:
    class Full:
        name = ""

        async def open(self, mark: Mark | None) -> int:
            return 0

        async def write(self, records: Any) -> None:
            raise OutputError("no room")

        async def close(self, *, failed: bool = False) -> None: ...

    async def main() -> None:
        with nothing_left():
            async with Crawl(Endless, fetcher=endless(), sinks=[Full()], **OPTIONS) as crawl:
                with pytest.raises(OutputError, match="no room"):
                    await crawl.wait()
                await crawl.close()
            async with Crawl(Endless, fetcher=endless(), sinks=[Full()], **OPTIONS) as crawl:
                crawl.items()
                while not crawl.stats.cause:
                    await asyncio.sleep(0)
                with pytest.raises(OutputError, match="no room"):
                    await crawl.close()

    run_on(main())


async def test_its_own_callback_cannot_wait_for_its_end() -> None:
    class Closing(Spider):
        start = (f"{A}/1", f"{A}/2")
        crawl: Any = None

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            words = self.crawl.close if page.url.endswith("1") else self.crawl.wait
            with pytest.raises(CrawlerError, match="would wait for itself"):
                await words()
            yield {}

    spider = Closing()
    async with Crawl(spider, fetcher=endless(), **OPTIONS) as crawl:
        spider.crawl = crawl
        assert len([item async for item in crawl.items()]) == 2


async def test_a_crawl_within_the_callback_of_another() -> None:
    class Outer(Spider):
        start = (f"{A}/1",)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            async with Crawl(Endless, fetcher=endless(), limits={"pages": 3}, **OPTIONS) as inner:
                yield {"inner": (await inner.wait()).pages}
                await inner.close()

    async with Crawl(Outer, fetcher=endless(), **OPTIONS) as crawl:
        assert [item async for item in crawl.items()] == [{"inner": 3}]


async def test_a_crawl_is_entered_once() -> None:
    async with Crawl(Endless, fetcher=endless(), **OPTIONS) as crawl:
        with pytest.raises(CrawlerError, match="entered once"):
            await crawl.__aenter__()
        crawl.stop()
        assert (await crawl.wait()).cause == "stopped"
    with pytest.raises(CrawlerError, match="entered once"):
        async with crawl:
            raise AssertionError("not reached")


async def test_what_could_not_be_entered_may_be_tried_again(tmp_path: Path) -> None:
    state = str(tmp_path / "a.db")
    second = Crawl(Endless, fetcher=endless(), state=state, **OPTIONS)
    async with Crawl(Endless, fetcher=endless(), state=state, **OPTIONS) as first:
        with pytest.raises(StateInUse):
            await second.__aenter__()
        with pytest.raises(CrawlerError, match="not open"):
            second.items()
        assert await anext(first.items())
    async with second:
        assert await anext(second.items())


async def test_a_failed_entry_is_told_once(tmp_path: Path) -> None:
    state = str(tmp_path / "a.db")
    async with Crawl(Endless, fetcher=endless(), state=state, **OPTIONS):
        second = Crawl(Endless, fetcher=endless(), state=state, **OPTIONS)
        with pytest.raises(StateInUse):
            await second.__aenter__()
        await second.close()


async def test_what_is_left_of_a_crawl_that_was_left() -> None:
    async with Crawl(Endless, fetcher=endless(), **OPTIONS) as crawl:
        items = crawl.items()
        await anext(items)
    assert [item async for item in items] == []
    assert [item async for item in crawl.items()] == []
    assert crawl.pending >= 0
    assert crawl.in_flight == 0 or crawl.stats.cause == "stopped"
    crawl.stop()
    crawl.pause()
    crawl.finish()
    assert str(await crawl.why(f"{A}/1")) == f"{A}/1: done: ok: fetched and read"
    assert await crawl.wait() is crawl.stats


def test_nothing_to_start_with_is_an_error_unless_it_is_kept_open(run_on: Any, nothing_left: Any) -> None:
    async def main() -> None:
        with nothing_left(), pytest.raises(ConfigError, match="nothing to crawl"):
            async with Crawl(**OPTIONS):
                raise AssertionError("not reached")

    run_on(main())


def test_an_async_generator_around_a_crawl(run_on: Any, nothing_left: Any) -> None:
    """Closed by its user, who has seen enough; or by the event loop, when nobody refers to it any more."""

    async def found() -> AsyncIterator[int]:
        async with Crawl(Endless, fetcher=endless(), **OPTIONS) as crawl:
            async for item in crawl.items():
                yield item["n"]

    async def main() -> None:
        with nothing_left():
            async with aclosing(found()) as closed:  # type: ignore[type-var]
                async for number in closed:
                    if number > 9:
                        break
            async for number in found():
                if number > 9:
                    break
            for _ in range(100):  # the loop closes it, in a task of its own
                if len(asyncio.all_tasks()) == 1:
                    break
                await asyncio.sleep(0.01)

    run_on(main())


class Raising(Exception):
    """The consumer's own."""


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ticks=st.integers(0, 60),
    latency=st.sampled_from([0.0, 0.002]),
    way=st.sampled_from(["cancel", "raise", "close", "wait_for", "stop"]),
    stored=st.booleans(),
)
def test_at_whichever_await_it_is_cancelled(
    ticks: int, latency: float, way: str, stored: bool, nothing_left: Any, tmp_path_factory: Any
) -> None:
    """Shares its politeness with another crawl, which must be able to go on: no slot is kept."""

    async def work(crawl: Crawl) -> None:
        async with crawl:
            async for item in crawl.items():
                if way == "raise" and item["n"] >= ticks:
                    raise Raising

    async def main() -> None:
        polite = Politeness(delay=0.0, per_host=1)
        options: dict[str, Any] = {"politeness": polite, "fetch": {"concurrency": 3}}
        if stored:
            options["state"] = str(tmp_path_factory.mktemp("state") / "a.db")
        with nothing_left():
            crawl = Crawl(Endless, fetcher=endless(latency), **options)
            task = (
                asyncio.create_task(asyncio.wait_for(work(crawl), ticks / 1_000 or 0.001))
                if way == "wait_for"
                else asyncio.create_task(work(crawl))
            )
            if way in ("cancel", "close", "stop"):
                for _ in range(ticks):
                    await asyncio.sleep(0)
            if way == "cancel":
                task.cancel()
            elif way == "close":
                await crawl.close()
            elif way == "stop":
                while crawl.stats.pages < 1:
                    await asyncio.sleep(0)
                crawl.stop()
            with suppress(asyncio.CancelledError, Raising, TimeoutError, CrawlerError):
                await task
            del task
            options.pop("state", None)
            async with Crawl(Endless, fetcher=endless(), limits={"pages": 3}, **options) as other:
                async with asyncio.timeout(20):
                    await other.wait()
                assert other.stats.pages == 3

    with asyncio.Runner() as runner:
        runner.run(main())
