"""Blocking code in threads."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import sniffio

from crawler import placement
from crawler.errors import CallError, CallTimeout, PluginError
from crawler.events import ThreadStuck
from crawler.executors import thread as module
from crawler.executors.thread import MOST_STUCK, ThreadExecutor
from crawler.executors.work import StageWork
from crawler.placement import Placement
from crawler.stages import Drop, read_entry, stage


class Calls:
    """A work that calls what it is given, and writes down what happens to it."""

    def __init__(self, log: list[tuple[str, str]] | None = None) -> None:
        self._log = log if log is not None else []

    def open(self) -> None:
        self._note("open")

    def call(self, name: str, argument: Any) -> list[Any]:
        self._note("call")
        return [argument()]

    def close(self) -> None:
        self._note("close")

    def _note(self, what: str) -> None:
        self._log.append((what, threading.current_thread().name))


class Opened:
    """A gate that threads wait at, and tell the loop when they have come to it."""

    def __init__(self) -> None:
        self._come = threading.Semaphore(0)
        self._gate = threading.Event()

    def wait(self) -> str:
        self._come.release()
        assert self._gate.wait(30)
        return "waited"

    async def come(self, number: int = 1) -> None:
        for _ in range(number):
            while not self._come.acquire(blocking=False):
                await anyio.sleep(0.001)

    def let_go(self) -> None:
        self._gate.set()


@asynccontextmanager
async def threads(
    make: Callable[[], Any] = Calls,
    tell: Callable[[ThreadStuck], None] = lambda event: None,
    name: str = "look",
    **placed: Any,
) -> AsyncIterator[ThreadExecutor]:
    executor = ThreadExecutor(name, make, Placement(run="thread", **placed).full(), tell)
    try:
        await executor.open()
        yield executor
    finally:
        await executor.close()


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():
            await anyio.sleep(0.001)


def named(prefix: str) -> list[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith(prefix))


@pytest.fixture(autouse=True)
def threads_of_its_own() -> Iterator[None]:
    """Let threads that a test has left behind, and then let go, end before the next one counts threads."""
    yield
    deadline = time.monotonic() + 10
    while named("crawler look") and time.monotonic() < deadline:
        time.sleep(0.001)


# What it is for


def test_each_thread_has_a_work_of_its_own_from_beginning_to_end(run: Any) -> None:
    log: list[tuple[str, str]] = []
    gate = Opened()

    async def main() -> list[Any]:
        results: list[Any] = []

        async def one(executor: ThreadExecutor) -> None:
            results.extend(await executor.call("", gate.wait, ""))

        async with threads(lambda: Calls(log), workers=3) as executor, anyio.create_task_group() as tasks:
            assert named("crawler look") == [f"crawler look {number}" for number in (1, 2, 3)]
            for _ in range(3):
                tasks.start_soon(one, executor)
            await gate.come(3)
            gate.let_go()
        return results

    assert run(main) == ["waited"] * 3
    assert sorted(log) == sorted(
        (what, f"crawler look {number}") for what in ("open", "call", "close") for number in (1, 2, 3)
    )
    assert named("crawler look") == []


@stage(run="thread")
class Remember:
    def __init__(self, path: str) -> None:
        self._path = path

    def open(self) -> None:
        self._database = sqlite3.connect(self._path)

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        return {**item, "known": self._database.execute("select 1").fetchone()[0]}

    def close(self) -> None:
        self._database.close()


def test_a_connection_that_belongs_to_one_thread_works(run: Any, tmp_path: Path) -> None:
    code = read_entry(Remember, params={"path": str(tmp_path / "known.db")})

    async def main() -> list[Any]:
        async with threads(lambda: StageWork(code), workers=2) as executor:
            return [await executor.call("", {"number": number}, "") for number in range(4)]

    assert run(main) == [[{"number": number, "known": 1}] for number in range(4)]


def test_calls_begin_in_the_order_in_which_they_came(run: Any) -> None:
    begun: list[int] = []
    gate = Opened()

    async def main() -> None:
        async def one(number: int) -> None:
            await executor.call("", lambda: begun.append(number) if number else gate.wait(), "")

        async with threads(workers=1, queue=5) as executor, anyio.create_task_group() as tasks:
            for number in range(6):
                assert executor.waiting == max(0, number - 1)
                tasks.start_soon(one, number)
                await anyio.wait_all_tasks_blocked()
            assert executor.full
            await gate.come()
            gate.let_go()
        assert executor.waiting == 0
        assert not executor.full

    run(main)
    assert begun == [1, 2, 3, 4, 5]


def test_context_variables_of_the_caller_are_carried(run: Any) -> None:
    page = contextvars.ContextVar("page", default="none")

    async def main() -> tuple[list[Any], str]:
        async with threads(workers=1) as executor:
            page.set("https://a.test/")
            return await executor.call("", lambda: [page.get(), page.set("changed")][0], ""), page.get()

    assert run(main) == (["https://a.test/"], "https://a.test/")


def test_code_in_a_thread_may_run_an_event_loop_of_its_own(run: Any) -> None:
    async def inner() -> str:
        return sniffio.current_async_library()

    async def main() -> list[Any]:
        async with threads(workers=1) as executor:
            return [
                *await executor.call("", lambda: asyncio.run(inner()), ""),
                *await executor.call("", lambda: anyio.run(inner, backend="trio"), ""),
            ]

    assert run(main) == ["asyncio", "trio"]


# What code raises


def raising(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def test_what_the_code_raises_comes_out_and_the_thread_goes_on(run: Any) -> None:
    async def main() -> None:
        async with threads(workers=1) as executor:
            with pytest.raises(ValueError, match="broken") as raised:
                await executor.call("", raising(ValueError("broken")), "")
            assert raised.traceback[-1].name == "fail"
            with pytest.raises(Drop, match="empty"):
                await executor.call("", raising(Drop("empty")), "")
            assert await executor.call("", lambda: 1, "") == [1]
            assert named("crawler look") == ["crawler look 1"]

    run(main)


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()]
)
def test_what_would_end_the_loop_is_an_error_of_the_call(run: Any, error: BaseException) -> None:
    async def main() -> None:
        async with threads(workers=1) as executor:
            with pytest.raises(CallError, match=type(error).__name__) as raised:
                await executor.call("", raising(error), "")
            assert "in fail" in raised.value.traceback
            assert await executor.call("", lambda: 1, "") == [1]

    run(main)


def test_the_end_of_an_iterator_is_an_error_of_the_call(run: Any) -> None:
    async def main() -> None:
        async with threads(workers=1) as executor:
            with pytest.raises(RuntimeError, match="raised StopIteration"):
                await executor.call("", lambda: next(iter([])), "")
            assert await executor.call("", lambda: 1, "") == [1]

    run(main)


# Cancelling


def test_a_call_that_waits_and_is_cancelled_never_begins(run: Any) -> None:
    begun: list[int] = []
    gate = Opened()

    async def main() -> None:
        async with threads(workers=1) as executor, anyio.create_task_group() as tasks:
            tasks.start_soon(executor.call, "", gate.wait, "")
            await gate.come()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await executor.call("", lambda: begun.append(1), "")
            assert scope.cancelled_caught
            assert executor.waiting == 0
            gate.let_go()

    run(main)
    assert begun == []


def test_a_call_that_is_cancelled_keeps_its_thread_until_it_ends(run: Any) -> None:
    gate = Opened()
    told: list[ThreadStuck] = []

    async def main() -> None:
        async with threads(tell=told.append, workers=1) as executor:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(executor.call, "", gate.wait, "")
                await gate.come()
                tasks.cancel_scope.cancel()
            results: list[Any] = []

            async def next_one() -> None:
                results.append(await executor.call("", lambda: "next", ""))

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(next_one)
                await anyio.wait_all_tasks_blocked()
                assert executor.waiting == 1
                gate.let_go()
            assert results == [["next"]]
            assert named("crawler look") == ["crawler look 1"]

    run(main)
    assert told == []


@pytest.mark.parametrize("waiting", [False, True])
def test_asyncios_own_cancelling(run_on: Any, waiting: bool) -> None:
    gate = Opened()

    async def main() -> None:
        async with threads(workers=1) as executor:
            first = asyncio.create_task(executor.call("", gate.wait, ""))
            await gate.come()
            second = asyncio.create_task(executor.call("", lambda: "second", ""))
            await asyncio.sleep(0)
            victim, other = (second, first) if waiting else (first, second)
            victim.cancel()
            with pytest.raises(asyncio.CancelledError):
                await victim
            assert executor.waiting == (0 if waiting else 1)
            gate.let_go()
            assert await other == ["waited" if waiting else "second"]

    run_on(main())


async def test_closing_is_not_cut_short_by_asyncios_own_cancelling() -> None:
    gate = Opened()
    log: list[tuple[str, str]] = []
    executor = ThreadExecutor("look", lambda: Calls(log), Placement(run="thread", workers=1).full(), print)
    await executor.open()
    call = asyncio.create_task(executor.call("", gate.wait, ""))
    await gate.come()
    closing = asyncio.create_task(executor.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.sleep(0)
    assert not closing.done()
    gate.let_go()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert [what for what, _ in log] == ["open", "call", "close"]
    assert await call == ["waited"]
    assert named("crawler look") == []


# Time limits


def test_a_thread_that_takes_too_long_is_left_behind_and_replaced(run: Any) -> None:
    gate = Opened()
    told: list[ThreadStuck] = []
    log: list[tuple[str, str]] = []

    async def main() -> None:
        async with threads(lambda: Calls(log), told.append, workers=1, timeout=0.3) as executor:
            with pytest.raises(CallTimeout, match=r"^look took longer than 0\.3 seconds") as raised:
                await executor.call("", gate.wait, "https://a.test/")
            assert raised.value.reason == "call_timeout"
            assert await executor.call("", lambda: "next", "") == ["next"]
            assert named("crawler look") == ["crawler look 1", "crawler look 2"]
            gate.let_go()
            await until(lambda: named("crawler look") == ["crawler look 2"])
            assert ("close", "crawler look 1") in log

    run(main)
    assert [(event.where, event.url) for event in told] == [("look", "https://a.test/")]
    assert 0.3 <= told[0].seconds < 20
    assert [entry for entry in log if entry[1] == "crawler look 2"] == [
        (what, "crawler look 2") for what in ("open", "call", "close")
    ]


def test_a_callback_is_named_and_not_the_spider(run: Any) -> None:
    gate = Opened()
    told: list[ThreadStuck] = []

    async def main() -> None:
        async with threads(tell=told.append, name="Books", workers=1, timeout=0.05) as executor:
            with pytest.raises(CallTimeout, match=r"^book took longer"):
                await executor.call("book", gate.wait, "https://a.test/")
            gate.let_go()

    run(main)
    assert [event.where for event in told] == ["book"]


def test_time_in_the_queue_does_not_count(run: Any) -> None:
    gate = Opened()
    results: list[Any] = []

    async def main() -> None:
        async def one() -> None:
            results.append(await executor.call("", lambda: "after", ""))

        async with threads(workers=1, timeout=0.5) as executor, anyio.create_task_group() as tasks:
            tasks.start_soon(fails_late, executor)
            await gate.come()
            tasks.start_soon(one)
            tasks.start_soon(one)

    async def fails_late(executor: ThreadExecutor) -> None:
        with pytest.raises(CallTimeout):
            await executor.call("", gate.wait, "")

    run(main)
    gate.let_go()
    assert results == [["after"], ["after"]]


def test_a_result_that_came_in_time_is_not_lost_to_a_loop_that_was_late(run: Any) -> None:
    gate = Opened()

    async def main() -> list[Any]:
        results: list[Any] = []

        async def one() -> None:
            results.append(await executor.call("", gate.wait, ""))

        async with threads(workers=1, timeout=0.5) as executor, anyio.create_task_group() as tasks:
            tasks.start_soon(one)
            await gate.come()
            [worker] = executor._workers
            assert worker.call is not None
            gate.let_go()
            stop = time.monotonic() + 0.6
            while not worker.call.over or time.monotonic() < stop:
                pass  # the loop stands still, past the time limit
        return results

    assert run(main) == [["waited"]]


def test_too_many_stuck_threads_are_an_error_that_says_what_to_do(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_STUCK", 2)
    gate = Opened()

    async def main() -> None:
        refused: list[str] = []

        async def hang() -> None:
            try:
                await executor.call("", gate.wait, "")
            except CallTimeout:
                pass
            except PluginError as error:
                refused.append(str(error))

        async with threads(workers=1, timeout=0.4) as executor:
            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(hang)
            assert len(refused) == 2
            assert all(words.startswith("look: 2 of its threads hang") for words in refused)
            with pytest.raises(PluginError, match=r'run="process"'):
                await executor.call("", lambda: 1, "")
            gate.let_go()
            await until(lambda: not executor._stuck)
            assert named("crawler look") == []
            assert await executor.call("", lambda: 1, "") == [1]

    run(main)
    assert MOST_STUCK == 50


# Setting up and tearing down


class Broken(Calls):
    """A work that cannot be set up from the given thread on."""

    def __init__(self, log: list[tuple[str, str]], first: int) -> None:
        super().__init__(log)
        self._first = first

    def open(self) -> None:
        super().open()
        if int(threading.current_thread().name.rsplit(" ", 1)[1]) >= self._first:
            raise OSError("no such host")


@pytest.mark.parametrize("first", [1, 2])
def test_an_error_on_opening_names_code_and_place_and_leaves_no_thread(run: Any, first: int) -> None:
    log: list[tuple[str, str]] = []
    executor = ThreadExecutor(
        "look", lambda: Broken(log, first), Placement(run="thread", workers=3).full(), print
    )

    async def main() -> None:
        with pytest.raises(
            PluginError, match=rf"^look cannot be set up: OSError: no such host \({__file__}:\d+\)$"
        ):
            await executor.open()
        assert named("crawler look") == []
        await executor.close()

    run(main)
    closed = {name for what, name in log if what == "close"}
    assert closed == {f"crawler look {number}" for number in range(1, first)}


def test_a_replacement_that_cannot_be_set_up_is_tried_again_with_each_call(run: Any) -> None:
    gate = Opened()
    log: list[tuple[str, str]] = []

    async def main() -> None:
        async with threads(lambda: Broken(log, 2), workers=1, timeout=0.05) as executor:
            with pytest.raises(CallTimeout):
                await executor.call("", gate.wait, "")
            for _ in range(2):
                with pytest.raises(PluginError, match="cannot be set up: OSError: no such host"):
                    await executor.call("", lambda: 1, "")
            gate.let_go()

    run(main)


class Hanging(Calls):
    """A work whose setting up hangs, from the given thread on, until the gate is opened."""

    def __init__(self, log: list[tuple[str, str]], gate: Opened, first: int) -> None:
        super().__init__(log)
        self._gate = gate
        self._first = first

    def open(self) -> None:
        if int(threading.current_thread().name.rsplit(" ", 1)[1]) >= self._first:
            self._gate.wait()
        super().open()


@pytest.mark.parametrize("first", [1, 2])
def test_setting_up_takes_a_bounded_time(run: Any, monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    monkeypatch.setattr(placement, "SETUP", 0.05)
    monkeypatch.setattr(module, "GRACE", 20)  # what hangs is not waited for again
    gate = Opened()
    log: list[tuple[str, str]] = []
    told: list[ThreadStuck] = []
    placed = Placement(run="thread", workers=3, timeout=0.01).full()
    executor = ThreadExecutor("look", lambda: Hanging(log, gate, first), placed, told.append)

    async def main() -> None:
        with anyio.fail_after(10), pytest.raises(PluginError, match=r"^look was not ready within 0\.05 s: "):
            await executor.open()
        assert [what for what, _ in log] == ["open", "close"] * (first - 1)
        await executor.close()
        gate.let_go()
        await until(lambda: named("crawler look") == [])

    run(main)
    assert [(event.where, event.url) for event in told] == [("look", "")] * (4 - first)
    assert all(0.04 < event.seconds < 10 for event in told)
    assert sorted(what for what, _ in log) == ["close"] * 3 + ["open"] * 3  # once they could


def test_setting_up_may_take_as_long_as_a_call(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placement, "SETUP", 0.001)
    gate = Opened()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:

            async def later() -> None:
                await gate.come()
                await anyio.sleep(0.02)
                gate.let_go()

            tasks.start_soon(later)
            async with threads(lambda: Hanging([], gate, 1), workers=1, timeout=20) as executor:
                assert await executor.call("", lambda: 1, "") == [1]

    run(main)


def test_a_replacement_that_hangs_on_opening_does_not_stop_the_crawl_for_ever(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "SETUP", 0.05)
    gate = Opened()
    told: list[ThreadStuck] = []

    async def main() -> None:
        make = lambda: Hanging([], gate, 2)  # noqa: E731
        async with threads(make, told.append, workers=1, timeout=0.05) as executor:
            with pytest.raises(CallTimeout):
                await executor.call("", gate.wait, "https://a.test/")
            with pytest.raises(PluginError, match=r"^look was not ready within 0\.05 s: "):
                await executor.call("", lambda: 1, "https://a.test/2")
            gate.let_go()
            assert await executor.call("", lambda: 1, "https://a.test/3") == [1]

    run(main)
    assert [event.url for event in told] == ["https://a.test/"] + [""] * module.MOST_TRIES


class Unclosed(Calls):
    def close(self) -> None:
        raise OSError("disk full")


def test_an_error_on_closing_is_told(run: Any) -> None:
    async def main() -> None:
        with pytest.raises(PluginError, match="look cannot be closed: OSError: disk full"):
            async with threads(Unclosed, workers=2) as executor:
                assert await executor.call("", lambda: 1, "") == [1]
        assert named("crawler look") == []

    run(main)


def test_a_thread_that_does_not_end_delays_closing_by_the_grace_time_only(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE", 0.05)
    gate = Opened()
    told: list[ThreadStuck] = []
    log: list[tuple[str, str]] = []

    async def main() -> None:
        executor = ThreadExecutor(
            "look", lambda: Calls(log), Placement(run="thread", workers=2).full(), told.append
        )
        await executor.open()
        async with anyio.create_task_group() as tasks:

            async def hang() -> None:
                with pytest.raises(CallError, match="had not ended when the crawl was closed"):
                    await executor.call("", gate.wait, "https://a.test/")

            tasks.start_soon(hang)
            await gate.come()
            await executor.close()
        with pytest.raises(PluginError, match="look is closed"):
            await executor.call("", lambda: 1, "")
        assert [(event.where, event.url) for event in told] == [("look", "https://a.test/")]
        gate.let_go()
        await until(lambda: named("crawler look") == [])

    run(main)
    assert sorted(what for what, _ in log) == ["call", "close", "close", "open", "open"]


def test_calls_that_wait_when_it_is_closed_end_in_an_error(run: Any) -> None:
    gate = Opened()

    async def main() -> None:
        async with anyio.create_task_group() as tasks, threads(workers=1) as executor:
            tasks.start_soon(executor.call, "", gate.wait, "")
            await gate.come()

            async def refused() -> None:
                with pytest.raises(PluginError, match="look is closed"):
                    await executor.call("", lambda: 1, "")
                gate.let_go()

            tasks.start_soon(refused)
            await anyio.wait_all_tasks_blocked()

    run(main)


def test_a_thread_that_outlives_the_event_loop_tears_down_its_work(run: Any) -> None:
    gate = Opened()
    log: list[tuple[str, str]] = []

    async def main() -> None:
        executor = ThreadExecutor(
            "look", lambda: Calls(log), Placement(run="thread", workers=1).full(), print
        )
        await executor.open()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(executor.call, "", gate.wait, "")
            await gate.come()
            tasks.cancel_scope.cancel()

    run(main)
    thread = next(one for one in threading.enumerate() if one.name == "crawler look 1")
    gate.let_go()
    thread.join(20)
    assert not thread.is_alive()
    assert [what for what, _ in log] == ["open", "call", "close"]


_HANGS = """
import sys, time
import anyio
from crawler.executors import thread
from crawler.executors.thread import ThreadExecutor
from crawler.placement import Placement

hanging = []
thread.GRACE = 0.1  # they will not end in any time

class Hangs:
    def open(self): pass
    def call(self, name, argument):
        print("hangs", flush=True)
        hanging.append(1)
        time.sleep(3600)
    def close(self): pass

async def main():
    executor = ThreadExecutor("look", Hangs, Placement(run="thread", workers=1, timeout=0.05).full(), print)
    await executor.open()
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            try:
                await executor.call("", None, "https://a.test/")
            except Exception as error:
                print(error)
        tasks.start_soon(executor.call, "", None, "https://a.test/3")
        while len(hanging) < 3:
            await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    await executor.close()
    print("closed", flush=True)

anyio.run(main, backend=sys.argv[1])
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_threads_that_hang_do_not_keep_the_process_alive(backend: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _HANGS, backend], capture_output=True, text=True, timeout=60, check=True
    )
    assert ended.stderr == ""
    assert ended.stdout.count("hangs") == 3
    assert ended.stdout.count("ThreadStuck(where='look'") == 3
    assert ended.stdout.endswith("closed\n")
