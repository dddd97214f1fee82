"""`map` and `starmap`: order, errors, back-pressure, cancellation; on the loop, in threads, in processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

import crawler
from crawler.errors import CallError, CallMemory, CallTimeout, PluginError, Quarantined
from crawler.loading import load_file
from crawler.model import Request, Response
from crawler.page import Page

functions = load_file(Path(__file__).with_name("functions.py"))


def page(text: str) -> Page:
    headers = CIMultiDict({"Content-Type": "text/html"})
    return Page(Response(Request("https://a.test/"), 200, headers, text.encode(), len(text)))


async def slow_square(number: int, *, plus: int = 0) -> int:
    await asyncio.sleep(0.001 * (number % 3))
    return number * number + plus


@pytest.mark.parametrize("run", ["thread", "process", "auto"])
async def test_a_plain_function(run: Any) -> None:
    assert await crawler.map(functions.square, range(20), run=run, limit=2) == [n * n for n in range(20)]


async def test_a_coroutine_function_runs_on_the_loop() -> None:
    assert await crawler.map(slow_square, range(50)) == [n * n for n in range(50)]
    assert await crawler.map(slow_square, range(3), plus=1) == [1, 2, 5]
    seen = [result async for result in crawler.map(slow_square, range(50), ordered=False)]
    assert sorted(seen) == [n * n for n in range(50)] != seen


@pytest.mark.parametrize("run", ["thread", "process"])
async def test_several_arguments_and_a_constant_one(run: Any) -> None:
    pairs = [(2, 3), (3, 2), (10, 1)]
    assert await crawler.starmap(functions.power, pairs, run=run, limit=1, times=2) == [16, 18, 20]


async def test_awaited_starmap() -> None:
    async def add(one: int, other: int) -> int:
        return one + other

    assert await crawler.starmap(add, enumerate(range(5))) == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(
    ("wanted", "run"),
    [(functions.where, "thread"), (functions.where, "process")],
)
async def test_where_it_runs(wanted: Any, run: Any) -> None:
    import os

    found = await crawler.map(wanted, range(8), run=run, limit=2)
    assert ({pid for pid, _ in found} == {os.getpid()}) is (run == "thread")
    assert all(name != threading.current_thread().name for _, name in found) or run == "process"


VALUES = [
    None,
    0,
    1.5,
    "text",
    b"bytes",
    [1, [2, ()]],
    (1, (2, 3)),
    {"a": (1,)},
    {1, 2},
    functions.Point(1, 2),
]


@pytest.mark.parametrize("run", ["thread", "process"])
async def test_values_come_back_as_they_were(run: Any) -> None:
    found = await crawler.map(functions.same, VALUES, run=run, limit=1)
    assert found == VALUES
    assert [type(one) for one in found] == [type(one) for one in VALUES]


async def test_pages_travel_with_their_bodies() -> None:
    pages = [page(f"<h1>{word}</h1>") for word in ("one", "two")]
    assert await crawler.map(functions.title, pages, run="process", limit=1) == ["one", "two"]
    (back,) = await crawler.map(functions.same, pages[:1], run="process", limit=1)
    assert (back.url, back.body) == (pages[0].url, pages[0].body)
    both = await crawler.starmap(functions.titles, [(pages, "of: ")], run="process", limit=1)
    assert both == ["of: one, two"]


async def test_context_goes_along_to_threads_and_calls_do_not_share_it() -> None:
    functions.WHO.set("me")
    assert await crawler.map(functions.who, range(3), run="thread") == ["me"] * 3

    async def set_it(number: int) -> str:
        before: str = functions.WHO.get()
        functions.WHO.set(f"number {number}")
        await asyncio.sleep(0)
        return before

    assert await crawler.map(set_it, range(9), limit=2) == ["me"] * 9


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_an_endless_source_is_read_as_results_are_taken(ordered: bool, kind: str) -> None:
    read = 0

    def numbers() -> Iterator[int]:
        nonlocal read
        for number in count():
            read += 1
            yield number

    async def later() -> AsyncIterator[int]:
        for number in numbers():
            await asyncio.sleep(0)
            yield number

    taken, running, most = 0, 0, 0

    async def call(number: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return number

    source: Any = numbers() if kind == "plain" else later()
    async with crawler.map(call, source, limit=5, ordered=ordered) as results:
        async for _ in results:
            taken += 1
            await asyncio.sleep(0.001)
            assert read <= taken + 2 * 5
            if taken == 30:
                break
    assert most <= 5
    assert running == 0


async def test_the_first_slow_one_holds_all_others_back_when_they_are_to_be_in_order() -> None:
    read, first = [], asyncio.Event()

    def numbers() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    async def call(number: int) -> int:
        if number == 0:
            await first.wait()
        return number

    waiting = asyncio.ensure_future(anext(crawler.map(call, numbers(), limit=3)))
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(read) == 6
    first.set()
    assert await waiting == 0


@pytest.mark.parametrize("run", ["async", "thread", "process"])
async def test_errors_among_the_results(run: Any) -> None:
    async def fails(number: int) -> int:
        found: int = functions.fails(number)
        return found

    wanted: Any = fails if run == "async" else functions.fails
    found = await crawler.map(wanted, [1, 2], run=run, errors="return", limit=1)
    assert [type(one) for one in found] == [CallError if run == "process" else ValueError] * 2
    assert ["not 1" in str(found[0]), "not 2" in str(found[1])] == [True, True]


async def test_the_first_error_ends_it_all() -> None:
    ended: list[int] = []

    async def call(number: int) -> int:
        try:
            await asyncio.sleep(0.001 if number == 2 else 60)
        finally:
            ended.append(number)
        raise ValueError("two")

    with pytest.raises(ExceptionGroup, match="call failed") as raised:
        await crawler.map(call, count(), limit=4)
    (error,) = raised.value.exceptions
    assert str(error) == "two"
    assert sorted(ended) == [0, 1, 2, 3]


async def test_what_the_items_raise_comes_as_it_is() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyError("items")

    seen = []
    with pytest.raises(KeyError, match="items"):
        async for result in crawler.map(slow_square, broken(), errors="return"):
            seen.append(result)
    assert seen in ([], [1])


async def test_a_call_that_cancels_itself_loses_nothing() -> None:
    async def cancels(number: int) -> int:
        if number == 1:
            raise asyncio.CancelledError
        return number

    found = await crawler.map(cancels, range(4), errors="return")
    assert [found[0], found[2], found[3]] == [0, 2, 3]
    assert isinstance(found[1], CallError)
    with pytest.raises(ExceptionGroup) as raised:
        await crawler.map(cancels, range(4))
    assert isinstance(raised.value.exceptions[0], CallError)


async def test_a_process_that_dies_hangs_or_grows_costs_one_result() -> None:
    died = await crawler.map(functions.dies, range(6), run="process", limit=2, errors="return")
    assert [one for one in died if not isinstance(one, Exception)] == [0, 1, 2, 4, 5]
    assert isinstance(died[3], Quarantined)
    hung = await crawler.map(functions.hangs, range(6), run="process", limit=2, errors="return", timeout=0.5)
    assert isinstance(hung[3], CallTimeout)
    assert [hung[0], hung[5]] == [0, 5]
    grown = await crawler.map(
        functions.grows, [10, 10**9], run="process", limit=1, errors="return", memory=100_000_000
    )
    assert grown[0] == 10
    assert isinstance(grown[1], CallMemory)


async def test_time_limits_on_the_loop_and_in_threads() -> None:
    async def sleeps(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    fast, slow = await crawler.map(sleeps, [0, 60], timeout=0.05, errors="return")
    assert fast == 0
    assert isinstance(slow, CallTimeout)
    held = threading.Event()
    stuck, free = await crawler.map(
        lambda wait: held.wait(60 if wait else 0), [True, False], timeout=0.05, errors="return", limit=2
    )
    held.set()
    assert isinstance(stuck, CallTimeout)
    assert free is False

    async def times_out(number: int) -> int:
        raise TimeoutError("its own")

    (own,) = await crawler.map(times_out, [1], timeout=5, errors="return")
    assert (type(own), str(own)) == (TimeoutError, "its own")


@pytest.mark.parametrize("run", ["async", "thread", "process"])
async def test_cancelled_it_leaves_nothing_running(run: Any) -> None:
    tasks, threads = asyncio.all_tasks(), threading.active_count()
    wanted: Any = slow_square if run == "async" else functions.square
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(crawler.map(wanted, count(), run=run, limit=3), 1.0)
    assert asyncio.all_tasks() == tasks
    while threading.active_count() > threads:  # asyncio's own thread that waits for a process ends later
        await asyncio.sleep(0.01)


async def test_an_open_offload_is_used_as_it_is() -> None:
    async with crawler.offload.process(functions.where, workers=1) as call:
        first = await crawler.map(call, range(3))
        again = await crawler.map(call, range(3))
    assert len({pid for pid, _ in first + again}) == 1


async def test_a_bar_on_demand(capfd: pytest.CaptureFixture[str]) -> None:
    await crawler.map(slow_square, range(7), progress=True)
    shown = capfd.readouterr().err
    assert "slow_square" in shown
    assert "7/7" in shown
    await crawler.map(slow_square, iter(range(3)), progress=True)
    assert "3/?" in capfd.readouterr().err


@given(
    items=st.lists(st.integers(0, 9), max_size=30),
    limit=st.integers(1, 8),
    ordered=st.booleans(),
    bad=st.sets(st.integers(0, 9), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_each_item_has_one_result(items: list[int], limit: int, ordered: bool, bad: set[int]) -> None:
    async def call(number: int) -> int:
        for _ in range(number):
            await asyncio.sleep(0)
        if number in bad:
            raise ValueError(number)
        return number

    async def all_of_them() -> list[Any]:
        return await crawler.map(call, items, limit=limit, ordered=ordered, errors="return")

    found = [one if isinstance(one, int) else one.args[0] for one in asyncio.run(all_of_them())]
    assert found == items if ordered else sorted(found) == sorted(items)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: crawler.map(functions.square, [1], run="proces"), "did you mean 'process'"),  # type: ignore[call-overload]
        (lambda: crawler.map(functions.square, [1], errors="raises"), "did you mean 'raise'"),  # type: ignore[call-overload]
        (lambda: crawler.map(functions.square, [1], limit=0), "above 0"),
        (lambda: crawler.map(functions.square, 1), "not one 1"),  # type: ignore[call-overload]
        (lambda: crawler.map(1, [1]), "1 is none"),  # type: ignore[call-overload]
        (lambda: crawler.map(slow_square, [1], run="process"), "written `async def`"),
        (lambda: crawler.map(functions.square, [1], memory=1), "memory is for run='process'"),
    ],
)
def test_arguments_that_make_no_sense(wrong: Any, words: str) -> None:
    with pytest.raises(PluginError, match=words):
        wrong()


async def test_functions_that_cannot_run_there() -> None:
    with pytest.raises(PluginError, match="a lambda"):
        await crawler.map(lambda number: number, [1], run="process")
    plain: Any = functions.square
    with pytest.raises(ExceptionGroup) as raised:
        await crawler.map(plain, [1], run="async")
    assert "gave nothing to await" in str(raised.value.exceptions[0])
    (error,) = await crawler.map(functions.same, [object()], run="process", limit=1, errors="return")
    assert "cannot be sent to another process" in str(error)
