"""What goes wrong easily: other functions than were given, coroutines as results, half of the items."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

import crawler
from crawler import offload
from crawler.errors import CallError, PluginError, SpiderError
from crawler.loading import load_file
from crawler.testing import PretendWeb

functions = load_file(Path(__file__).with_name("functions.py"))


@pytest.mark.parametrize(
    "wrong",
    [functions.Scale(7).scale, functions.louder, partial(functions.power, 2)],
    ids=["bound method", "wrapper", "leading argument"],
)
async def test_a_process_runs_what_it_was_given_or_nothing(wrong: Any) -> None:
    with pytest.raises(PluginError):
        crawler.map(wrong, [1, 2], run="process")
    with pytest.raises(PluginError):
        async with offload.process(wrong):
            pass


async def test_a_partial_with_keywords_is_as_good_as_constants() -> None:
    twice = partial(functions.power, exponent=2)
    assert await crawler.map(twice, [2, 3], run="process", limit=1, times=2) == [8, 18]
    assert await crawler.map(twice, [2, 3], run="thread") == [4, 9]


async def test_coroutines_are_no_results() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        await crawler.map(lambda value: functions.awaits(value), [1])
    assert "gave a coroutine" in str(raised.value.exceptions[0])
    assert await crawler.map(partial(functions.awaits), [1, 2]) == [1, 2]
    async with offload.thread(functions.square) as call:
        assert await crawler.map(partial(call), [3]) == [9]


async def half() -> AsyncIterator[str]:
    yield "https://a.test/1"
    yield "https://a.test/2"
    stray = asyncio.create_task(asyncio.sleep(10))
    await asyncio.sleep(0)
    stray.cancel()
    await stray
    yield "https://a.test/3"


async def test_a_source_that_ends_in_a_stray_cancellation_is_not_complete() -> None:
    with pytest.raises(CallError, match="what the items awaited was cancelled"):
        await crawler.map(len, half())
    web = PretendWeb()
    for n in range(4):
        web.page(f"https://a.test/{n}")
    with pytest.raises(SpiderError, match="end early"):
        await crawler.fetch_all(half(), fetcher=web, politeness={"delay": 0})


async def test_async_items_are_closed_when_the_work_ends() -> None:
    closed = []

    async def numbers() -> AsyncIterator[int]:
        try:
            for n in range(1000):
                yield n
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async with crawler.map(functions.awaits, numbers()) as results:
        assert await anext(results) == 0
    assert closed == [True]
    inner = crawler.map(functions.awaits, numbers())
    async with crawler.map(functions.awaits, inner) as results:
        assert await anext(results) == 0
    assert closed == [True, True]


async def test_cancelled_by_anyio_it_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = 0
    original = asyncio.wait

    async def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal waits
        waits += 1
        return await original(*arguments, **options)

    async def slow_to_go(value: int) -> int:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
        return value

    monkeypatch.setattr(asyncio, "wait", counted)
    with anyio.move_on_after(0.05) as scope:
        await crawler.map(slow_to_go, range(3))
    assert scope.cancelled_caught
    assert waits < 10


def test_an_offload_of_another_loop() -> None:
    call = offload.thread(functions.square)

    async def never_left() -> None:
        await call.__aenter__()

    async def used() -> int:
        async with call:
            found: int = await call(3)
            return found

    asyncio.run(never_left())
    assert asyncio.run(used()) == 9

    async def other() -> None:
        async with call:
            loop = asyncio.new_event_loop()
            with pytest.raises(PluginError, match="another event loop"):
                await asyncio.to_thread(loop.run_until_complete, call(3))
            loop.close()

    asyncio.run(other())


async def test_a_call_before_it_is_open() -> None:
    call = offload.process(functions.square, workers=1)
    opening = asyncio.create_task(call.__aenter__())
    await asyncio.sleep(0)
    with pytest.raises(PluginError, match="is not open"):
        await call(3)
    await opening
    await call.__aexit__(None, None, None)


async def test_the_url_that_was_asked_for_travels_with_a_page() -> None:
    web = PretendWeb()
    web.page("https://a.test/2")
    pages = await crawler.fetch_all(["HTTPS://A.test/2#part"], fetcher=web, politeness={"delay": 0})
    assert await crawler.map(functions.asked, pages, run="process", limit=1) == ["HTTPS://A.test/2#part"]


async def test_words_that_help() -> None:
    for limit in (0, 2.5, True):
        with pytest.raises(PluginError, match="limit must be a whole number above 0"):
            crawler.map(len, [], limit=limit)  # type: ignore
    with pytest.raises(PluginError, match="timeout must be seconds above 0, not nan"):
        crawler.map(len, [], timeout=float("nan"))
    with pytest.raises(TypeError, match=r"offload.process has no 'worker'.*did you mean 'workers'"):
        offload.process(functions.square, worker=2)  # type: ignore
    (error,) = await crawler.map(functions.fails, ["x" * 500], errors="return")
    assert error.__notes__[0].startswith("fails failed on item 0: 'xxx")
    assert len(error.__notes__[0]) < 150
