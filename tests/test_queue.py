"""The queue: bounded, several producers and consumers, a clean end, nobody waits for ever; in threads too."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Queue, offload
from crawler.errors import QueueError
from crawler.queue import Producer


async def produce(put: Producer[int], numbers: Iterable[int]) -> None:
    async with put:
        for number in numbers:
            await put(number)


async def consume(queue: Queue[int], taken: list[int]) -> None:
    async for number in queue:
        taken.append(number)
        await asyncio.sleep(0)


@given(
    size=st.integers(0, 5),
    loads=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    consumers=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_every_item_is_taken_once_and_all_end(size: int, loads: list[int], consumers: int) -> None:
    taken: list[int] = []

    async def main() -> None:
        queue = Queue[int](size)
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            for number, load in enumerate(loads):
                numbers = range(100 * number, 100 * number + load)
                tasks.create_task(produce(queue.producer(), numbers))
            for _ in range(consumers):
                tasks.create_task(consume(queue, taken))

    asyncio.run(main())
    assert sorted(taken) == [100 * n + i for n, load in enumerate(loads) for i in range(load)]


async def test_it_is_bounded() -> None:
    queue = Queue[int](3)
    put = queue.producer()
    for number in range(3):
        await put(number)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(put(3), 0.02)
    assert queue.waiting == 3
    put.leave()
    assert [number async for number in queue] == [0, 1, 2]


async def test_consumers_wait_for_the_first_producer() -> None:
    queue, taken = Queue[int](3), list[int]()
    consumer = asyncio.create_task(consume(queue, taken))
    await asyncio.sleep(0.01)
    assert not consumer.done()
    await produce(queue.producer(), range(5))
    await consumer
    assert taken == list(range(5))


async def test_putting_where_nobody_takes_any_more_is_an_error_and_no_endless_wait() -> None:
    queue = Queue[int](1)

    async def take_two() -> None:
        number = 0
        async for _ in queue:
            number += 1
            if number == 2:
                break

    async with asyncio.timeout(20):
        with pytest.raises(ExceptionGroup) as raised:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(produce(queue.producer(), range(100)))
                tasks.create_task(take_two())
    assert isinstance(raised.value.exceptions[0], QueueError)
    assert "last consumer has left" in str(raised.value.exceptions[0])


async def test_a_producer_that_fails_leaves() -> None:
    queue, taken = Queue[int](10), list[int]()

    async def fails(put: Producer[int]) -> None:
        async with put:
            await put(1)
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await fails(queue.producer())
    await consume(queue, taken)
    assert taken == [1]


async def test_a_producer_that_nobody_used_does_not_keep_the_others_waiting() -> None:
    queue, taken = Queue[int](10), list[int]()
    forgotten: Any = queue.producer()
    await produce(queue.producer(), [1, 2])
    del forgotten
    gc.collect()
    await asyncio.wait_for(consume(queue, taken), 5)
    assert taken == [1, 2]


async def test_used_wrongly() -> None:
    queue = Queue[int](1)
    put = queue.producer()
    put.leave()
    put.leave()
    with pytest.raises(QueueError, match="this producer has left"):
        await put(1)
    with pytest.raises(QueueError, match="make every producer"):
        queue.producer()
    for size in (-1, 1.5, True):
        with pytest.raises(QueueError, match="whole number"):
            Queue[int](size)  # type: ignore[arg-type]


async def test_threads_take_part() -> None:
    """A blocking source in one thread, a blocking consumer in two others; all end."""
    queue, doubled, taken = Queue[int](2), Queue[int](2), list[int]()

    def source(put: Producer[int]) -> None:
        with put:
            for number in range(50):
                put.in_thread(number)

    def double(put: Producer[int]) -> None:
        with put:
            for number in queue.in_thread():
                put.in_thread(2 * number)

    async with (
        offload.thread(source) as read,
        offload.thread(double, workers=2) as work,
        asyncio.timeout(20),
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(read(queue.producer()))
        for put in (doubled.producer(), doubled.producer()):
            tasks.create_task(work(put))
        del put
        tasks.create_task(consume(doubled, taken))
    assert sorted(taken) == [2 * number for number in range(50)]


async def test_a_thread_whose_consumers_have_left() -> None:
    queue = Queue[int](1)

    def source(put: Producer[int]) -> int:
        with put:
            for number in range(50):
                try:
                    put.in_thread(number)
                except QueueError:
                    return number
        return -1

    async with offload.thread(source) as read:
        reading = asyncio.create_task(read(queue.producer()))
        async for number in queue:
            if number == 4:
                break
        assert 5 <= await asyncio.wait_for(reading, 20) <= 8
