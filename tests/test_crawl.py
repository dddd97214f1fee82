"""A crawl inside a program: however it is left, it ends within a second and leaves nothing behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import ClientSession, web

from crawler import Crawl, CrawlerError, Page, Spider
from crawler.contracts import Mark
from crawler.demo import serve
from crawler.errors import ConfigError, OutputError, PluginError

Site = Any  # a DemoSite, or one in a process of its own
PROMPT = 1.0  # seconds within which every way out must be done
FAST: dict[str, Any] = {
    "fetch": {"allow": ["127.0.0.1"]},
    "politeness": {"delay": 0, "per_host": 4, "retries": 0},
}
# For crawls of the whole site. What that counts (refusals before an answer) it counts for all together.
ALL: dict[str, Any] = FAST | {"scope": {"exclude": ["/trouble"]}}


class Titles(Spider):
    """Reads every page's title; half of its fetches hang in pages that take half a minute."""

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        if page.is_html:
            yield {"url": page.url, "title": page.text("title")}
            yield page.follow()


class Slow(Titles):
    async def starts(self) -> AsyncIterator[str]:
        yield f"{self.start[0]}"  # type: ignore[index]
        for number in range(3):
            yield f"{self.start[0]}trouble/slow?ms={20_000 + number}"  # type: ignore[index]


def spider_at(site: Site, kind: type[Spider] = Slow) -> Spider:
    spider = kind()
    spider.start = [site.url + "/"]
    return spider


def without_trouble(site: Site) -> set[str]:
    """The pages that come at the first try: all that a crawl by `ALL` has to find."""
    return {page for page in site.pages if not page.startswith("/trouble")}


async def read(crawl: Crawl, enough: int) -> list[Any]:
    """Read items until there are enough, then break out."""
    found: list[Any] = []
    async for item in crawl.items():
        found.append(item)
        if len(found) >= enough:
            break
    return found


class Clock:
    """Fails when its block has taken longer than it may."""

    def __init__(self, limit: float = PROMPT) -> None:
        self._limit = limit

    def __enter__(self) -> Clock:
        self._began = time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        assert time.perf_counter() - self._began < self._limit


def test_breaking_out_of_items_and_leaving(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def main() -> None:
        site = demo_elsewhere
        with nothing_left():
            async with Crawl(spider_at(site), **FAST) as crawl:
                assert len(await read(crawl, 3)) == 3
                clock = Clock().__enter__()
            clock.__exit__()

    run_on(main())


def test_cancelling_the_task_that_crawls(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def crawl_for_ever(site: Site, started: asyncio.Event) -> None:
        async with Crawl(spider_at(site), **FAST) as crawl:
            async for _ in crawl.items():
                started.set()

    async def main() -> None:
        site = demo_elsewhere
        with nothing_left():
            started = asyncio.Event()
            task = asyncio.create_task(crawl_for_ever(site, started))
            await started.wait()
            with Clock():
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

    run_on(main())


def test_cancelling_before_the_first_answer(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def main() -> None:
        site = demo_elsewhere
        with nothing_left():

            async def crawl() -> None:
                async with Crawl(spider_at(site), **FAST) as crawl:
                    await crawl.wait()

            for ticks in range(12):
                task = asyncio.create_task(crawl())
                for _ in range(ticks):
                    await asyncio.sleep(0)
                with Clock():
                    task.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await task

    run_on(main())


def test_wait_for_around_a_crawl(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def all_items(site: Site) -> None:
        async with Crawl(spider_at(site), **FAST) as crawl:
            async for _ in crawl.items():
                pass

    async def main() -> None:
        site = demo_elsewhere
        limit = 0.3
        with nothing_left(), Clock(PROMPT + limit), pytest.raises(TimeoutError):
            await asyncio.wait_for(all_items(site), limit)

    run_on(main())


def test_wait_for_around_single_steps(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    """`wait_for` may run a step in a task of its own; the iterator must not mind, nor lose an item."""

    async def main() -> None:
        site = demo_elsewhere
        with nothing_left():
            async with Crawl(spider_at(site, Titles), **ALL) as crawl:
                items, urls = crawl.items(), []
                while True:
                    try:
                        item = await asyncio.wait_for(asyncio.ensure_future(anext(items)), 5)
                    except StopAsyncIteration:
                        break
                    urls.append(item["url"].removeprefix(site.url))
            assert without_trouble(site) <= set(urls)
            assert len(urls) == len(set(urls))

    run_on(main())


def test_entering_iterating_and_leaving_in_different_tasks(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site
) -> None:
    async def main() -> None:
        site = demo_elsewhere
        with nothing_left():
            crawl = Crawl(spider_at(site), **FAST)
            await asyncio.create_task(crawl.__aenter__())
            assert len(await asyncio.create_task(read(crawl, 2))) == 2
            with Clock():
                await asyncio.create_task(crawl.__aexit__(None, None, None))

    run_on(main())


@pytest.mark.parametrize("handler_cancellation", [False, True])
def test_a_streaming_endpoint_whose_client_disconnects(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site, handler_cancellation: bool
) -> None:
    async def main() -> None:
        site = demo_elsewhere
        left = asyncio.Event()

        async def stream(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            try:
                with suppress(ConnectionResetError):
                    async with Crawl(spider_at(site, Titles), **FAST) as crawl:
                        async for item in crawl.items():
                            await response.write(f"{item['url']}\n".encode())
            finally:
                left.set()
            return response

        with nothing_left():
            async with served(stream, handler_cancellation) as url:
                async with ClientSession() as session, session.get(url) as answer:
                    assert (await answer.content.readline()).startswith(b"http://")
                with Clock():
                    await left.wait()

    run_on(main())


def served(handler: Any, handler_cancellation: bool) -> Any:
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def serving() -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/", handler)
        runner = web.AppRunner(app, handler_cancellation=handler_cancellation, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
        finally:
            await runner.cleanup()

    return serving()


def test_an_exception_in_the_block_comes_out_alone(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site
) -> None:
    async def main() -> None:
        site = demo_elsewhere
        with nothing_left(), pytest.raises(ZeroDivisionError):
            async with Crawl(spider_at(site), **FAST) as crawl:
                await read(crawl, 1)
                1 / 0  # noqa: B018

    run_on(main())


def test_two_crawls_side_by_side(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def crawl_all(site: Site) -> set[str]:
        async with Crawl(spider_at(site, Titles), **ALL) as crawl:
            return {item["url"].removeprefix(site.url) async for item in crawl.items()}

    async def main() -> None:
        site = demo_elsewhere
        wanted = without_trouble(site)
        with nothing_left():
            first, second = await asyncio.gather(crawl_all(site), crawl_all(site))
        assert len(wanted) > 50
        assert wanted <= first
        assert wanted <= second

    run_on(main())


def test_a_failing_output_comes_out_of_the_iteration(
    run_on: Any, nothing_left: Any, demo_elsewhere: Site
) -> None:
    class Strange(Spider):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"no JSON for this": object()}

    async def main(tmp: str) -> None:
        site = demo_elsewhere
        with nothing_left(), pytest.raises(OutputError, match="type dict cannot be written"):
            async with Crawl(spider_at(site, Strange), output=tmp, **FAST) as crawl:
                async for _ in crawl.items():
                    pass

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run_on(main(f"{folder}/out.jsonl"))


def test_an_output_that_cannot_be_opened(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def main() -> None:
        site = demo_elsewhere
        with nothing_left(), pytest.raises(OutputError, match="is a folder"):
            async with Crawl(spider_at(site), output={"file": "/", "format": "jsonl"}, **FAST):
                raise AssertionError("not reached")

    run_on(main())


def test_items_of_one_type(run_on: Any) -> None:
    class Mixed(Spider):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"n": 1}
            yield Thing()

    class Thing(dict[str, int]):
        pass

    async def main() -> list[Any]:
        async with serve(20) as site, Crawl(spider_at(site, Mixed), **FAST) as crawl:
            return [item async for item in crawl.items(Thing)]

    (thing,) = run_on(main())
    assert type(thing) is Thing


def test_items_wait_for_the_first_call(run_on: Any) -> None:
    async def main() -> tuple[int, int]:
        async with serve(20) as site, Crawl(spider_at(site, Titles), **ALL) as crawl:
            while crawl.stats.pages < 10:
                await asyncio.sleep(0.01)
            return len([item async for item in crawl.items()]), sum(crawl.stats.items.values())

    seen, counted = run_on(main())
    assert seen == counted > 20


def test_wait_pause_resume_and_stop(run_on: Any) -> None:
    async def main() -> None:
        async with serve(50) as site, Crawl(spider_at(site, Titles), **FAST) as crawl:
            crawl.pause()
            await asyncio.sleep(0.2)
            paused_at = len(site.hits)
            await asyncio.sleep(0.2)
            assert len(site.hits) == paused_at
            crawl.resume()
            while crawl.stats.pages < 5:
                await asyncio.sleep(0.01)
            crawl.stop()
            stats = await crawl.wait()
            assert stats.cause == "stopped"
            assert 5 <= stats.pages < 50

    run_on(main())


async def test_misuse_is_said_clearly() -> None:
    crawl = Crawl(Titles)
    with pytest.raises(CrawlerError, match="async with Crawl"):
        crawl.items()
    with pytest.raises(ConfigError, match="did you mean 'politeness'"):
        Crawl(Titles, polite={"delay": 1})


@pytest.fixture
async def crawl_fixture() -> AsyncIterator[Crawl]:
    """As a program's own tests would have it: entered and left by the fixture, used by the test."""
    async with serve(20) as site, Crawl(spider_at(site), **FAST) as crawl:
        yield crawl


async def test_a_pytest_asyncio_fixture(crawl_fixture: Crawl) -> None:
    assert len(await read(crawl_fixture, 3)) == 3


def test_inside_a_task_group_that_is_cancelled(run_on: Any, nothing_left: Any, demo_elsewhere: Site) -> None:
    async def crawl(site: Site, started: asyncio.Event) -> None:
        async with Crawl(spider_at(site), **FAST) as crawl:
            async for _ in crawl.items():
                started.set()

    async def main() -> None:
        site = demo_elsewhere
        with nothing_left():
            started = asyncio.Event()
            with pytest.raises(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(crawl(site, started))
                    await started.wait()
                    clock = Clock().__enter__()
                    raise RuntimeError("the program has seen enough")
            clock.__exit__()

    run_on(main())


def test_a_stray_cancellation_costs_the_page_and_not_the_crawl(run_on: Any) -> None:
    """A callback awaits something that somebody else has cancelled."""

    class Stray(Spider):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            if page.url.endswith("/3"):
                future = asyncio.get_running_loop().create_future()
                future.cancel()
                await future
            yield {"url": page.url}

    async def main() -> None:
        async with serve(20) as site:
            stray = Stray()
            stray.start = [f"{site.url}/articles/{number}" for number in range(1, 10)]
            async with Crawl(stray, **FAST) as crawl:
                assert len([item async for item in crawl.items()]) == 8
            assert crawl.stats.cause == "finished"
            assert crawl.stats.gave_up == {"callback": 1}

    run_on(main())


def test_going_on_after_a_break_loses_nothing(run_on: Any) -> None:
    async def main() -> None:
        async with serve(20) as site, Crawl(spider_at(site, Titles), **ALL) as crawl:
            first = await read(crawl, 3)
            rest = [item async for item in crawl.items()]
            urls = [item["url"].removeprefix(site.url) for item in first + rest]
            assert len(urls) == len(set(urls))
            assert without_trouble(site) <= set(urls)

    run_on(main())


def test_waiting_for_the_end_after_a_break(run_on: Any) -> None:
    async def main() -> None:
        async with serve(20) as site, Crawl(spider_at(site, Titles), **ALL) as crawl:
            await read(crawl, 3)
            assert (await crawl.wait()).cause == "finished"

    run_on(main())


def test_an_error_that_nobody_iterated_into_comes_out_of_wait(run_on: Any) -> None:
    class Full:
        name = ""

        async def open(self, mark: Mark | None) -> int:
            return 0

        async def write(self, records: Any) -> None:
            raise OutputError("no room")

        async def close(self, *, failed: bool = False) -> None:
            assert failed

    async def main() -> None:
        async with serve(20) as site:
            with pytest.raises(OutputError, match="no room"):
                async with Crawl(spider_at(site, Titles), sinks=[Full()], **FAST) as crawl:
                    await crawl.wait()

    run_on(main())


def test_callback_errors_are_logged(run_on: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Spider):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            if page.status:
                raise ValueError("of my own")
            yield {}

    async def main() -> None:
        async with serve(20) as site, Crawl(spider_at(site, Broken), **FAST) as crawl:
            await crawl.wait()

    run_on(main())
    (record,) = [record for record in caplog.records if record.name == "crawler"]
    assert "parse failed: ValueError: of my own" in record.getMessage()
    assert record.exc_info is not None


async def test_a_listener_that_would_have_to_be_awaited_is_refused() -> None:
    async def later(event: object) -> None: ...

    with pytest.raises(PluginError, match="a listener is called and not awaited"):
        async with Crawl(Spider, start="https://a.test/", listeners=[later]):  # type: ignore[list-item]
            pass
