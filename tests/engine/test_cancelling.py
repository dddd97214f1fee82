"""A crawl whose tasks asyncio cancels by itself, as `asyncio.run` does when its program has ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from crawler import Crawl, Page, Request, Response, Spider
from crawler.cancelling import is_cancelled
from crawler.errors import BodyTooLarge, SpiderError
from crawler.events import CallbackFailed, Visited
from crawler.model import Done
from crawler.testing import Answer, PretendWeb

A = "https://a.test"
PAGES = 12
AT_ONCE = 4


class Some(Spider):
    start = tuple(f"{A}/{number}" for number in range(PAGES))

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}


class Stuck:
    """Whatever comes to it, but for the first, waits until it is cancelled.

    Args:
        most: so many can wait at the same time.
        ends_in: makes what the waiting ends in, instead of the cancellation.
        free: so many need not wait.
    """

    def __init__(
        self, most: int, ends_in: Callable[[], BaseException] | None = None, *, free: int = 2
    ) -> None:
        self.full = asyncio.Event()
        self._most = most
        self._ends_in = ends_in
        self._free = free
        self._waiting = 0

    async def pass_by(self) -> None:
        if self._free:
            self._free -= 1
            return
        self._waiting += 1
        if self._waiting == self._most:  # nothing more can begin
            self.full.set()
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            if self._ends_in is not None:
                raise self._ends_in() from None
            raise


class StuckWeb(PretendWeb):
    """Whose answers get stuck."""

    def __init__(self, stuck: Stuck | None = None) -> None:
        super().__init__()
        self.handler(f"{A}/", lambda request: Answer("<p>"))
        self._stuck = stuck

    async def fetch(self, request: Request) -> Response:
        if self._stuck is not None:
            await self._stuck.pass_by()
        return await super().fetch(request)


class StuckSpider(Some):
    """Whose callbacks get stuck."""

    def __init__(self, stuck: Stuck) -> None:
        super().__init__()
        self._stuck = stuck

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        await self._stuck.pass_by()
        yield {"url": page.url}


# The state names the spider's class: both runs must have one of that name.
StuckSpider.__qualname__ = Some.__qualname__


def crawl(folder: Path, web: PretendWeb, spider: Spider, events: list[Any]) -> Crawl:
    return Crawl(
        spider,
        fetcher=web,
        listeners=[events.append],
        state={"file": str(folder / "state.db")},
        output=[str(folder / "items.jsonl")],
        politeness={"delay": 0, "robots": False, "per_host": AT_ONCE},
    )


def assert_the_rest_comes_once(folder: Path, run_on: Any) -> None:
    """Crawl once more, and find every page in the output, once."""

    async def main() -> str:
        async with crawl(folder, StuckWeb(), Some(), []) as again:
            return (await again.wait()).cause

    assert run_on(main()) == "finished"
    lines = sorted((folder / "items.jsonl").read_text().splitlines())
    assert lines == sorted(f'{{"url":"{url}"}}' for url in Some.start)


Story = Callable[[Path, Stuck, list[Any]], Coroutine[Any, Any, None]]


async def fetching(folder: Path, stuck: Stuck, events: list[Any]) -> None:
    async with crawl(folder, StuckWeb(stuck), Some(), events) as running:
        await running.wait()


async def reading(folder: Path, stuck: Stuck, events: list[Any]) -> None:
    async with crawl(folder, StuckWeb(), StuckSpider(stuck), events) as running:
        await running.wait()


@pytest.mark.parametrize(
    ("story", "most", "ends_in"),
    [
        (fetching, AT_ONCE, None),
        (fetching, AT_ONCE, BodyTooLarge),  # which is not tried again
        (reading, PAGES - 2, None),
        (reading, PAGES - 2, ValueError),
    ],
)
def test_a_program_that_ends_without_waiting_loses_nothing(
    run_on: Any, tmp_path: Path, story: Story, most: int, ends_in: Any
) -> None:
    events: list[Any] = []

    async def main() -> None:
        stuck = Stuck(most, ends_in)
        background.append(asyncio.create_task(story(tmp_path, stuck, events)))
        await stuck.full.wait()

    background: list[asyncio.Task[None]] = []
    run_on(main())
    assert background[0].cancelled()
    assert [event for event in events if isinstance(event, CallbackFailed)] == []
    visits = [event.outcome for event in events if isinstance(event, Visited)]
    assert all(isinstance(outcome, Done) for outcome in visits)
    assert len(visits) < PAGES
    assert_the_rest_comes_once(tmp_path, run_on)


def test_a_single_visit_that_is_cancelled_stops_the_crawl_and_loses_nothing(
    run_on: Any, tmp_path: Path
) -> None:
    class Web(StuckWeb):
        victim: asyncio.Task[Any] | None = None

        async def fetch(self, request: Request) -> Response:
            if self.victim is None:
                self.victim = asyncio.current_task()
            return await super().fetch(request)

    async def main() -> str:
        stuck = Stuck(AT_ONCE, free=0)
        web = Web(stuck)
        async with crawl(tmp_path, web, Some(), []) as running:
            await stuck.full.wait()
            assert web.victim is not None
            web.victim.cancel()
            return (await running.wait()).cause

    assert run_on(main()) == "stopped"
    assert_the_rest_comes_once(tmp_path, run_on)


def test_starts_that_end_in_a_stray_cancellation_are_not_all(run_on: Any, tmp_path: Path) -> None:
    class Half(Some):
        async def starts(self) -> AsyncIterator[str]:
            yield f"{A}/0"
            await strayed()

    Half.__qualname__ = Some.__qualname__

    async def main() -> None:
        async with crawl(tmp_path, StuckWeb(), Half(), []) as running:
            with pytest.raises(SpiderError, match="the start requests end early"):
                await running.wait()

    run_on(main())
    assert_the_rest_comes_once(tmp_path, run_on)


def test_a_fetcher_that_cancels_itself_is_asked_again(run_on: Any, tmp_path: Path) -> None:
    class Web(StuckWeb):
        async def fetch(self, request: Request) -> Response:
            if self.asked(request.url) == 0:
                with suppress(asyncio.CancelledError):
                    await super().fetch(request)
                await strayed()
            return await super().fetch(request)

    async def main() -> tuple[int, int]:
        async with Crawl(
            Some,
            fetcher=Web(),
            politeness={"delay": 0, "robots": False, "retries": 1, "max_delay": 0.01},
        ) as running:
            return len([item async for item in running.items()]), running.stats.retries["protocol"]

    assert run_on(main()) == (PAGES, PAGES)


async def strayed() -> None:
    """Await what somebody else has cancelled."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


# What counts as being cancelled


async def timed_out_by_anyio() -> None:
    with anyio.move_on_after(0.001), anyio.CancelScope():
        try:
            await anyio.sleep(10)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.002)


async def timed_out_by_asyncio() -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(0.001):
            await asyncio.sleep(10)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.sleep(10), 0.001)


async def failed_in_a_group() -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    with suppress(ExceptionGroup):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fail)
            await anyio.sleep(10)
    with suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            await asyncio.sleep(10)


async def awaited_what_was_cancelled() -> None:
    with suppress(asyncio.CancelledError):
        await strayed()
    task = asyncio.create_task(asyncio.sleep(10))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    "own", [timed_out_by_anyio, timed_out_by_asyncio, failed_in_a_group, awaited_what_was_cancelled]
)
def test_what_code_cancels_for_its_own_purposes_is_over_with_it(
    run_on: Any, own: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    said: list[bool] = []

    async def story() -> None:
        await own()
        said.append(is_cancelled())

    async def main() -> None:
        await story()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(story)

    run_on(main())
    assert said == [False, False]


def test_who_cancels_a_task_is_noticed(run_on: Any) -> None:
    said: list[bool] = []

    async def wait() -> None:
        try:
            await anyio.sleep(10)
        except asyncio.CancelledError:
            said.append(is_cancelled())
            raise

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await asyncio.sleep(0)
            tasks.cancel_scope.cancel()
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    run_on(main())
    assert said == [True, True]
