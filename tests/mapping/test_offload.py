"""Threads and worker processes on their own: `offload.thread` and `offload.process`."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crawler import offload
from crawler.errors import CallError, CallMemory, CallTimeout, PluginError, Quarantined
from crawler.loading import load_file

functions = load_file(Path(__file__).with_name("functions.py"))


@pytest.mark.parametrize("place", [offload.thread, offload.process])
async def test_it_is_awaited_like_any_other(place: Any) -> None:
    async with place(functions.power, workers=1) as call:
        assert await call(2, 3) == 8
        assert await call(2, exponent=3, times=2) == 16
        assert await asyncio.gather(*(call(n, 2) for n in range(20))) == [n * n for n in range(20)]


async def test_errors_of_a_thread_are_the_functions_own_those_of_a_process_are_told() -> None:
    async with offload.thread(functions.fails) as call:
        with pytest.raises(ValueError, match="not 1"):
            await call(1)
    async with offload.process(functions.fails, workers=1) as call:
        with pytest.raises(CallError, match="ValueError: not 1") as raised:
            await call(1)
    assert "in fails" in raised.value.traceback


async def test_as_many_at_a_time_as_there_are_workers() -> None:
    running, most, lock = 0, 0, threading.Lock()
    full = threading.Barrier(3, timeout=20)

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        full.wait()
        with lock:
            running -= 1
        return number

    async with offload.thread(work, workers=3) as call:
        assert await asyncio.gather(*map(call, range(12))) == list(range(12))
    assert most == 3


async def test_a_process_may_hang_grow_or_die() -> None:
    async with offload.process(functions.hangs, workers=1, timeout=0.3) as call:
        with pytest.raises(CallTimeout):
            await call(3)
        assert await call(4) == 4
    async with offload.process(functions.dies, workers=1) as call:
        with pytest.raises(Quarantined):
            await call(3)
        assert await call(4) == 4
    async with offload.process(functions.grows, workers=1, memory=50_000_000) as call:
        with pytest.raises(CallMemory):
            await call(10**9)
        assert await call(10) == 10


async def test_a_thread_that_hangs_is_left_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    held = threading.Event()
    with caplog.at_level(logging.WARNING, "crawler"):
        async with offload.thread(held.wait, workers=1, timeout=0.1) as call:
            with pytest.raises(CallTimeout, match="left behind"):
                await call()
            assert await call(0.0) is False
    assert "wait" in caplog.text
    held.set()


async def test_a_call_that_is_cancelled() -> None:
    async with offload.process(functions.hangs, workers=2) as call:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(call(3), 0.2)
        assert await call(1) == 1
    assert workers() == []


def workers() -> list[str]:
    mine = [pid for pid in os.listdir("/proc") if pid.isdigit() and _parent(int(pid)) == os.getpid()]
    return [pid for pid in mine if b"crawler.executors" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


async def test_it_may_be_entered_by_one_task_left_by_another_and_entered_again() -> None:
    call = offload.process(functions.square, workers=1)
    for _ in range(2):
        await asyncio.create_task(call.__aenter__())
        assert await call(3) == 9
        await asyncio.create_task(call.__aexit__(None, None, None))
    with pytest.raises(PluginError, match=r"square is not open: `async with offload.process\(square\)"):
        await call(3)


@pytest.fixture
async def squared() -> AsyncIterator[Any]:
    async with offload.thread(functions.square) as call:
        yield call


async def test_in_a_fixture(squared: Any) -> None:
    assert await squared(5) == 25


async def test_the_decorator() -> None:
    assert functions.doubled.__name__ == "doubled"
    async with functions.doubled:
        assert await functions.doubled(21) == 42
        with pytest.raises(PluginError, match="open already"):
            await functions.doubled.__aenter__()
        assert await functions.doubled(1) == 2


async def test_what_cannot_be_opened_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    with pytest.raises(PluginError, match="a lambda"):
        async with offload.process(lambda number: number):
            pass
    assert asyncio.all_tasks() == before

    async def waits() -> None: ...

    with pytest.raises(PluginError, match="written `async def`"):
        offload.thread(waits)
    with pytest.raises(PluginError, match="memory is for run='process'"):
        offload.thread(functions.square, memory=10)  # type: ignore[call-overload]
    with pytest.raises(PluginError, match="above 0"):
        offload.process(functions.square, timeout=0)


async def test_left_while_calls_run() -> None:
    tasks: list[asyncio.Task[Any]] = []
    async with offload.process(functions.hangs, workers=1) as call:
        tasks += [asyncio.create_task(call(3)), asyncio.create_task(call(1))]
        await asyncio.sleep(0.1)
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in found] == [CallError, CallError]
