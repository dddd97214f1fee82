"""Streams: results one by one or as a list; whoever leaves, in whatever way, leaves nothing running."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from crawler.errors import CrawlerError
from crawler.stream import Pipe, Stream


class Counting:
    """Work that counts up, and knows how far it is and whether it still runs."""

    def __init__(self, to: int, error: Exception | None = None) -> None:
        self.to = to
        self.error = error
        self.made = 0
        self.running = False

    async def __call__(self, pipe: Pipe[int]) -> None:
        self.running = True
        try:
            for number in range(self.to):
                await pipe.place()
                self.made += 1
                pipe.offer(number)
                await asyncio.sleep(0)
            if self.error is not None:
                raise self.error
        finally:
            await asyncio.sleep(0.01)  # whoever waits for its end must really wait
            self.running = False


def stream_of(work: Counting, places: int = 3) -> Stream[int]:
    return Stream(work, places=places, name="counting")


@pytest.fixture(autouse=True)
async def nothing_is_left() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() - before - {asyncio.current_task()} == set()


async def test_awaited_it_is_a_list() -> None:
    assert await stream_of(Counting(10)) == list(range(10))
    assert await stream_of(Counting(0)) == []


async def test_iterated_it_keeps_its_consumers_pace() -> None:
    work, seen = Counting(1000), []
    async with stream_of(work, places=3) as stream:
        async for number in stream:
            seen.append(number)
            for _ in range(10):
                await asyncio.sleep(0)
            assert work.made <= len(seen) + 3
            if len(seen) == 20:
                break
    assert seen == list(range(20))
    assert not work.running


async def test_nothing_begins_before_somebody_wants_it() -> None:
    work = Counting(5)
    stream = stream_of(work)
    await asyncio.sleep(0.01)
    assert work.made == 0
    await stream.aclose()
    assert [number async for number in stream] == []
    assert work.made == 0


async def test_an_error_comes_once_after_the_results_before_it() -> None:
    seen, stream = [], stream_of(Counting(5, ValueError("no more")))
    with pytest.raises(ValueError, match="no more"):
        async for number in stream:
            seen.append(number)
    assert seen == list(range(5))
    assert [number async for number in stream] == []


async def test_left_without_a_word_it_is_cancelled() -> None:
    work = Counting(1000)
    async for number in stream_of(work):
        if number == 3:
            break
    gc.collect()
    assert vars(work)["running"]  # nobody has waited for its end
    while work.running:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    assert work.made < 20


async def test_left_by_an_error_it_is_gone_when_the_block_is_left() -> None:
    work = Counting(1000)

    async def consume() -> None:
        async with stream_of(work) as stream:
            async for number in stream:
                assert 1 // (3 - number) < 2

    with pytest.raises(ZeroDivisionError):
        await consume()
    assert work.running is False


async def test_a_consumer_that_is_cancelled_while_it_waits_leaves_nothing_behind() -> None:
    async def endless(pipe: Pipe[int]) -> None:
        await work(pipe)

    class Waiting(Counting):
        async def __call__(self, pipe: Pipe[int]) -> None:
            self.running = True
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(0.01)
                self.running = False

    work = Waiting(0)
    for wanted in (stream_of(work), Stream(endless, places=1, name="endless")):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(wanted), 0.02)
        assert not work.running
        with pytest.raises(CrawlerError, match="results are missing"):
            await anext(wanted)


async def test_a_list_that_is_not_waited_for_to_the_end() -> None:
    work = Counting(10**9)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await stream_of(work)
    assert not work.running


async def test_two_consumers_share_the_results() -> None:
    stream, seen = stream_of(Counting(100)), []

    async def consume() -> None:
        async for number in stream:
            seen.append(number)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(consume())
        tasks.create_task(consume())
    assert sorted(seen) == list(range(100))


async def test_one_task_may_begin_and_another_end_it() -> None:
    work = Counting(1000)
    stream = stream_of(work)
    assert await asyncio.create_task(anext(stream)) == 0
    assert await asyncio.create_task(anext(stream)) == 1
    await asyncio.create_task(stream.aclose())
    assert not work.running


async def test_other_consumers_of_a_cancelled_stream_do_not_take_it_for_complete() -> None:
    async def slow(pipe: Pipe[int]) -> None:
        await asyncio.sleep(3600)

    stream = Stream(slow, places=1, name="slow")
    waiting = [asyncio.create_task(anext(stream)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in found] == [asyncio.CancelledError, CrawlerError, CrawlerError]


async def test_cancelled_by_somebody_else_it_is_not_complete() -> None:
    stream = stream_of(Counting(1000))
    assert await anext(stream) == 0
    (work,) = [task for task in asyncio.all_tasks() if task.get_name() == "counting"]
    work.cancel()
    with pytest.raises(CrawlerError, match="by somebody else"):
        async for _ in stream:
            await asyncio.sleep(0)


def test_continued_on_another_loop_it_is_not_complete() -> None:
    stream = stream_of(Counting(1000))

    async def some() -> int:
        return await anext(stream)

    assert asyncio.run(some()) == 0
    asyncio.run(asyncio.wait_for(_drained(stream), 5))


async def _drained(stream: Stream[int]) -> None:
    with pytest.raises(CrawlerError, match="results are missing"):
        async for _ in stream:
            pass


async def test_awaited_twice() -> None:
    stream = stream_of(Counting(3))
    assert await stream == [0, 1, 2]
    with pytest.raises(CrawlerError, match="over"):
        await stream
