"""Stages on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from crawler import placement
from crawler.errors import CallError, CallTimeout, PluginError, SpiderError
from crawler.executors import loop as module
from crawler.executors.loop import LoopExecutor
from crawler.placement import Placement
from crawler.stages import Batch, Drop, batch, read_entry, stage


@asynccontextmanager
async def on_loop(entry: Any, *, last: bool = False, **placed: Any) -> AsyncIterator[LoopExecutor]:
    code = read_entry(entry, Placement(**placed))
    executor = LoopExecutor(code.name, code, code.placed, last)
    await executor.open()
    try:
        yield executor
    finally:
        await executor.close()


async def results_of(entry: Any, argument: Any, **options: Any) -> list[Any]:
    async with on_loop(entry, **options) as executor:
        return await executor.call("", argument, "https://a.test/")


# What a stage may be, and what it may return


@stage
async def same(item: Any) -> Any:
    return item


@stage
async def nothing(item: Any) -> None: ...


@stage
async def twice(item: Any) -> list[Any]:
    return [item, None, item]


@stage
async def doubled(item: Any) -> Any:
    for _ in range(2):
        await anyio.lowlevel.checkpoint()
        yield item


@stage
async def plain_generator(item: Any) -> Any:
    return (item for _ in range(2))


@stage
async def asynchronous_generator(item: Any) -> Any:
    async def several() -> AsyncIterator[Any]:
        for _ in range(2):
            yield item

    return several()


@stage
async def added(item: int, *, number: int) -> int:
    return item + number


@pytest.mark.parametrize(
    ("entry", "results"),
    [
        (same, [1]),
        (nothing, []),
        (twice, [1, 1]),
        (doubled, [1, 1]),
        (plain_generator, [1, 1]),
        (asynchronous_generator, [1, 1]),
        (partial(added, number=2), [3]),
    ],
)
def test_what_a_stage_may_return(run: Any, entry: Any, results: list[Any]) -> None:
    assert run(lambda: results_of(entry, 1)) == results


class Adds:
    """A stage that is a class."""

    log: list[str]

    def __init__(self, number: int) -> None:
        self.number = number
        self.log = []


@stage
class AddsPlainly(Adds):
    def open(self) -> None:
        self.log.append("open")

    async def __call__(self, item: int) -> list[Any]:
        return [item + self.number, self.log]

    def close(self) -> None:
        self.log.append("close")


@stage
class AddsAsync(Adds):
    async def open(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.log.append("open")

    async def __call__(self, item: int) -> AsyncIterator[Any]:
        yield item + self.number
        yield self.log

    async def close(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.log.append("close")


@pytest.mark.parametrize("kind", [AddsPlainly, AddsAsync])
def test_a_class_is_made_opened_and_closed_once(run: Any, kind: type) -> None:
    async def main() -> tuple[list[Any], list[Any]]:
        async with on_loop(partial(kind, number=2)) as executor:
            return await executor.call("", 1, ""), await executor.call("", 5, "")

    (three, log), (seven, same_log) = run(main)
    assert (three, seven) == (3, 7)
    assert log is same_log
    assert log == ["open", "close"]


@batch
async def reversed_batch(items: Batch[int]) -> list[Any]:
    return [items[1], None, [items[0], items[0]]]


@batch
async def batch_that_yields(items: Sequence[int]) -> AsyncIterator[Any]:
    for item in items:
        yield [item, item]


@batch
async def short_batch(items: Sequence[int]) -> list[int]:
    return [1]


def test_a_batch_in_the_middle_gives_a_list_for_each_item(run: Any) -> None:
    assert run(lambda: results_of(reversed_batch, Batch([1, 2, 3]))) == [[2], [], [1, 1]]
    assert run(lambda: results_of(batch_that_yields, Batch([1, 2]))) == [[1, 1], [2, 2]]
    with pytest.raises(SpiderError, match="short_batch was given 3 items and returned 1 entries"):
        run(lambda: results_of(short_batch, Batch([1, 2, 3])))


@batch
async def last_batch(items: Sequence[int]) -> None: ...


def test_a_batch_at_the_end_gives_nothing(run: Any) -> None:
    assert run(lambda: results_of(last_batch, Batch([1, 2, 3]), last=True)) == []
    with pytest.raises(SpiderError, match="short_batch stands at the end and returned a value"):
        run(lambda: results_of(short_batch, Batch([1, 2, 3]), last=True))


# Order and number


def test_at_most_so_many_calls_at_a_time_in_the_order_in_which_they_came(run: Any) -> None:
    @stage
    async def watched(item: tuple[list[int], int, anyio.Event]) -> None:
        begun, number, go_on = item
        begun.append(number)
        await go_on.wait()

    async def main() -> None:
        begun: list[int] = []
        go_on = [anyio.Event() for _ in range(5)]
        async with on_loop(watched, workers=2, queue=3) as executor:
            async with anyio.create_task_group() as tasks:
                for number in range(5):
                    assert executor.waiting == max(0, number - 2)
                    assert not executor.full
                    tasks.start_soon(executor.call, "", (begun, number, go_on[number]), "")
                    await anyio.wait_all_tasks_blocked()
                assert executor.full
                for number in range(5):
                    assert begun == list(range(min(number + 2, 5)))
                    go_on[number].set()
                    await anyio.wait_all_tasks_blocked()
            assert executor.waiting == 0
            assert not executor.full

    run(main)


def test_a_stage_that_never_waits_lets_others_run(run: Any) -> None:
    async def main() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await anyio.lowlevel.checkpoint()
                ticks += 1

        async with on_loop(same) as executor, anyio.create_task_group() as tasks:
            tasks.start_soon(tick)
            for number in range(20):
                await executor.call("", number, "")
            tasks.cancel_scope.cancel()
        return ticks

    assert run(main) >= 10


# Errors, time limits, cancelling


def fails_with(make: Callable[[], BaseException]) -> Any:
    @stage
    async def fails(item: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        raise make()

    return fails


@pytest.mark.parametrize(
    "make", [partial(ValueError, "no"), partial(Drop, "no"), partial(TimeoutError, "no")]
)
def test_what_a_stage_raises_comes_out(run: Any, make: Callable[[], Exception]) -> None:
    with pytest.raises(type(make()), match=r"^no$"):
        run(lambda: results_of(fails_with(make), 1))


@stage
async def hangs(item: Any) -> None:
    await anyio.sleep_forever()


@stage
async def yields_and_hangs(item: Any) -> AsyncIterator[Any]:
    yield item
    await anyio.sleep_forever()


@stage
async def makes_an_error_of_it(item: Any) -> None:
    try:
        await anyio.sleep_forever()
    except anyio.get_cancelled_exc_class():
        raise ValueError("interrupted") from None


@pytest.mark.parametrize("entry", [hangs, yields_and_hangs, makes_an_error_of_it])
def test_a_stage_that_takes_too_long_is_ended(run: Any, entry: Any) -> None:
    name = entry.__name__
    with pytest.raises(CallTimeout, match=rf"^{name} took longer than 0\.01 seconds$"):
        run(lambda: results_of(entry, 1, timeout=0.01))


@stage
async def waits_with_a_limit_of_its_own(item: Any) -> None:
    with anyio.fail_after(0.001):
        await anyio.sleep_forever()


def test_a_time_limit_of_the_stages_own_is_its_own_error(run: Any) -> None:
    with pytest.raises(TimeoutError):
        run(lambda: results_of(waits_with_a_limit_of_its_own, 1, timeout=20))


def test_a_cancelled_call_gives_its_turn_back(run: Any) -> None:
    async def main() -> bool:
        async with on_loop(hangs, workers=1) as executor:
            for _ in range(2):
                with anyio.move_on_after(0.01) as scope:
                    await executor.call("", 1, "")
                assert scope.cancelled_caught
            return executor.waiting == 0

    assert run(main)


async def strayed() -> None:
    """Await what somebody else has cancelled."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@stage
async def strays(item: Any) -> None:
    await strayed()


def test_a_cancellation_of_the_stages_own_is_an_error(run_on: Any) -> None:
    async def main() -> list[str]:
        said = []
        async with on_loop(strays, workers=1) as executor:
            for _ in range(2):
                with pytest.raises(CallError) as raised:
                    await executor.call("", 1, "")
                said.append(raised.value.detail)
        return said

    assert run_on(main()) == ["what it awaited was cancelled"] * 2


def test_asyncios_own_cancelling_comes_through(run_on: Any) -> None:
    async def main() -> None:
        async with on_loop(hangs, workers=1) as executor:
            for _ in range(2):
                call = asyncio.create_task(executor.call("", 1, ""))
                await asyncio.sleep(0.005)
                call.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await call

    run_on(main())


# Setting up and tearing down


@stage
class Unmade:
    def __init__(self) -> None:
        raise OSError("no such host")

    async def __call__(self, item: Any) -> Any: ...


@stage
class Unopened:
    async def open(self) -> None:
        raise OSError("no such host")

    async def __call__(self, item: Any) -> Any: ...

    def close(self) -> None:
        raise AssertionError("it was never open")


@pytest.mark.parametrize("kind", [Unmade, Unopened])
def test_an_error_on_opening_names_code_and_place(run: Any, kind: Any) -> None:
    code = read_entry(kind)
    executor = LoopExecutor("look", code, code.placed)

    async def main() -> None:
        words = rf"^look cannot be set up: OSError: no such host \({__file__}:\d+\)$"
        with pytest.raises(PluginError, match=words):
            await executor.open()
        await executor.close()
        with pytest.raises(PluginError, match="look is not open"):
            await executor.call("", 1, "")

    run(main)


@stage
class NeverOpened(Unopened):
    async def open(self) -> None:
        await anyio.sleep_forever()


@stage
class MakesAnErrorOfIt(Unopened):
    async def open(self) -> None:
        await makes_an_error_of_it(1)


@pytest.mark.parametrize("kind", [NeverOpened, MakesAnErrorOfIt])
def test_setting_up_takes_a_bounded_time(
    run: Any, monkeypatch: pytest.MonkeyPatch, kind: type[Unopened]
) -> None:
    monkeypatch.setattr(placement, "SETUP", 0.01)
    with pytest.raises(PluginError, match=rf"^{kind.__name__} was not ready within 0\.02 s: give what its"):
        run(lambda: results_of(kind, 1, timeout=0.02))


@stage
class Unclosed:
    async def __call__(self, item: Any) -> Any: ...

    async def close(self) -> None:
        raise OSError("disk full")


@stage
class NeverClosed(Unclosed):
    async def close(self) -> None:
        await anyio.sleep_forever()


def test_an_error_on_closing_is_told(run: Any) -> None:
    with pytest.raises(PluginError, match="Unclosed cannot be closed: OSError: disk full"):
        run(lambda: results_of(Unclosed, 1))


def test_closing_takes_a_bounded_time(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.01)
    with pytest.raises(PluginError, match=r"NeverClosed cannot be closed: that took longer than 0\.01 s"):
        run(lambda: results_of(NeverClosed, 1))


def test_a_stage_is_torn_down_when_the_crawl_is_cancelled(run: Any) -> None:
    closed: list[str] = []

    @stage
    class Closes(Unclosed):
        async def close(self) -> None:
            await anyio.sleep(0.001)
            closed.append("closed")

    async def main() -> None:
        with anyio.CancelScope() as scope:
            async with on_loop(Closes):
                scope.cancel()
                await anyio.lowlevel.checkpoint()

    run(main)
    assert closed == ["closed"]


@stage
class StraysOnClosing(Unclosed):
    async def open(self) -> None:
        if self.when == "open":
            await strayed()

    async def close(self) -> None:
        await strayed()

    def __init__(self, when: str) -> None:
        self.when = when


@pytest.mark.parametrize(("when", "words"), [("open", "set up"), ("close", "closed")])
def test_a_stray_cancellation_in_open_or_close_is_an_error(run_on: Any, when: str, words: str) -> None:
    with pytest.raises(PluginError, match=f"cannot be {words}: what it awaited was cancelled"):
        run_on(results_of(partial(StraysOnClosing, when=when), 1))
