"""Work in a thread of its own."""

from __future__ import annotations

import asyncio
import threading

import anyio
import anyio.lowlevel
import pytest
import trio

from crawler.export.thread import _Job, in_thread


def work() -> str:
    return threading.current_thread().name


async def test_it_returns_what_the_function_returns() -> None:
    assert await in_thread(work) == "output"


def test_it_works_on_trio() -> None:
    assert trio.run(in_thread, work) == "output"


def no_more_threads(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


async def test_where_there_can_be_no_more_threads_it_is_done_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_more_threads)
        done = await in_thread(work)
    assert done == threading.current_thread().name


async def test_it_raises_what_the_function_raises() -> None:
    def fail() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await in_thread(fail)


async def test_the_event_loop_goes_on_meanwhile() -> None:
    release = threading.Event()
    waiting = asyncio.create_task(in_thread(release.wait))
    await asyncio.sleep(0)
    release.set()
    assert await waiting


async def test_a_cancelled_scope_gets_the_result_all_the_same() -> None:
    release = threading.Event()
    results = []

    async def let_go() -> None:
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        release.set()

    with anyio.CancelScope() as scope:
        task = asyncio.create_task(let_go())
        results.append(await in_thread(release.wait))
    await task
    assert scope.cancel_called
    assert results == [True]


async def test_a_cancelled_task_waits_for_the_thread() -> None:
    release, ended = threading.Event(), threading.Event()

    def slow() -> None:
        release.wait()
        ended.set()

    task = asyncio.create_task(in_thread(slow))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


def test_an_event_loop_that_has_ended_is_no_error() -> None:
    async def made() -> _Job:
        return _Job(work)

    job = anyio.run(made)
    job.run()
    assert job.result == threading.current_thread().name
