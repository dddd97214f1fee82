"""The queue: bounded, several producers and consumers, a clean end, nobody waits for ever; in threads too."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Queue, offload
from crawler.errors import QueueError
from crawler.queue import Producer

LOOPS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio"},
    "uvloop": {"backend": "asyncio", "backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}

Run = Callable[[Callable[[], Awaitable[None]]], None]


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a function on each kind of event loop, within bounds."""

    def bounded(main: Callable[[], Awaitable[None]]) -> None:
        async def timed() -> None:
            with anyio.fail_after(20):
                await main()

        anyio.run(timed, **LOOPS[request.param])

    return bounded


def begin(target: Callable[..., object], *args: object) -> threading.Thread:
    """Start a thread that does not outlive a failed test."""
    thread = threading.Thread(target=target, args=args, daemon=True)
    thread.start()
    return thread


async def ended(thread: threading.Thread) -> None:
    await anyio.to_thread.run_sync(thread.join, 10)
    assert not thread.is_alive()


async def take(queue: Queue[int], number: int) -> list[int]:
    """Take so many, then leave by `break`."""
    taken: list[int] = []
    async for item in queue:
        taken.append(item)
        if len(taken) == number:
            break
    return taken


async def produce(put: Producer[int], numbers: Iterable[int]) -> None:
    async with put:
        for number in numbers:
            await put(number)


async def consume(queue: Queue[int], taken: list[int]) -> None:
    async for number in queue:
        taken.append(number)
        await anyio.lowlevel.checkpoint()


@given(
    size=st.integers(1, 5),
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
    for size in (0, -1, 1.5, True):
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


def test_on_the_event_loop_the_words_for_threads_are_an_error_and_no_deadlock(run: Run) -> None:
    async def main() -> None:
        queue = Queue[int](1)
        put = queue.producer()
        with pytest.raises(QueueError, match=r"here: `await put\(item\)`"):
            put.in_thread(1)
        with pytest.raises(QueueError, match="here: `async with`"), put:
            pass
        with pytest.raises(QueueError, match="here: `async for"):
            next(queue.in_thread())
        await put(1)
        put.leave()
        assert await take(queue, 2) == [1]

    run(main)


def test_an_iteration_begun_in_a_thread_may_be_dropped_on_the_event_loop(run: Run) -> None:
    async def main() -> None:
        queue, kept = Queue[int](3), list[Any]()
        put = queue.producer()
        for number in range(3):
            await put(number)

        def begun() -> None:
            kept.append(queue.in_thread())
            assert next(kept[0]) == 0

        await anyio.to_thread.run_sync(begun)
        with pytest.raises(QueueError, match="here: `async for"):
            next(kept[0])
        kept.clear()
        gc.collect()
        with pytest.raises(QueueError, match="last consumer has left"):
            await put(3)

    run(main)


def test_a_producer_that_a_thread_drops_leaves(run: Run) -> None:
    """Nobody calls `leave`, and the loop sleeps by then: it has to be woken from the thread."""

    async def main() -> None:
        queue, first = Queue[int](1), threading.Event()

        def source(put: Producer[int]) -> None:
            put.in_thread(1)
            first.wait(10)

        thread = begin(source, queue.producer())
        taken: list[int] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(consume, queue, taken)
            while not taken:
                await anyio.sleep(0.01)
            await anyio.wait_all_tasks_blocked()
            first.set()
        assert taken == [1]
        await ended(thread)

    run(main)


def test_a_consumer_that_a_thread_drops_leaves(run: Run) -> None:
    async def main() -> None:
        queue = Queue[int](1)
        put = queue.producer()
        consumers: list[Any] = [aiter(queue)]
        await put(1)
        async with anyio.create_task_group() as tasks:

            async def blocked() -> None:
                with pytest.raises(QueueError, match="last consumer has left"):
                    await put(2)

            tasks.start_soon(blocked)
            await anyio.wait_all_tasks_blocked()
            await ended(begin(consumers.clear))

    run(main)


@pytest.mark.parametrize("name", LOOPS)
def test_what_is_dropped_after_the_event_loop_has_ended_is_no_error(name: str) -> None:
    kept: list[Any] = []

    async def main() -> None:
        queue = Queue[int](1)
        kept.extend([queue.producer(), aiter(queue), queue])

    for drop in (kept.clear, lambda: begin(kept.clear).join(10)):
        anyio.run(main, **LOOPS[name])
        with pytest.raises(QueueError, match="has ended"):
            begin_and_raise(kept[0])
        drop()
        gc.collect()  # an error in `__del__` is a warning, and that an error


def begin_and_raise(put: Producer[int]) -> None:
    raised: list[Exception] = []

    def source() -> None:
        try:
            put.in_thread(1)
        except Exception as error:
            raised.append(error)

    begin(source).join(10)
    raise raised[0]


def test_what_waits_after_a_break_is_for_the_next_consumer(run: Run) -> None:
    async def main() -> None:
        queue = Queue[int](5)
        await produce(queue.producer(), range(5))
        assert await take(queue, 2) == [0, 1]
        assert queue.waiting == 3
        assert await take(queue, 5) == [2, 3, 4]

    run(main)


def test_putting_fails_only_while_nobody_takes(run: Run) -> None:
    async def main() -> None:
        queue = Queue[int](5)
        put = queue.producer()
        await put(1)
        await put(2)
        assert await take(queue, 1) == [1]
        with pytest.raises(QueueError, match="last consumer has left"):
            await put(3)
        later = aiter(queue)
        await put(4)
        put.leave()
        assert [number async for number in later] == [2, 4]

    run(main)


def test_a_closed_queue(run: Run) -> None:
    async def main() -> None:
        queue = Queue[int](2)
        put = queue.producer()
        await put(1)
        queue.close()
        queue.close()
        assert queue.waiting == 0
        with pytest.raises(QueueError, match="is closed"):
            await put(2)
        with pytest.raises(QueueError, match="is closed"):
            queue.producer()
        assert await take(queue, 1) == []

    run(main)


@pytest.mark.parametrize("in_thread", [False, True])
def test_closing_lets_go_all_that_wait(run: Run, in_thread: bool) -> None:
    async def main() -> None:
        full, empty = Queue[int](1), Queue[int](1)
        put, other = full.producer(), empty.producer()
        await put(0)
        ends: list[object] = []

        def source() -> None:
            try:
                put.in_thread(1)
            except QueueError as error:
                ends.append(str(error))

        threads = [begin(source), begin(lambda: ends.append(list(empty.in_thread())))]

        async def blocked() -> None:
            with pytest.raises(QueueError, match="is closed"):
                await put(1)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(blocked)
            tasks.start_soon(take, empty, 1)
            await anyio.wait_all_tasks_blocked()
            for queue in (full, empty):
                if in_thread:
                    await ended(begin(queue.close))
                else:
                    queue.close()
        for thread in threads:
            await ended(thread)
        assert sorted(ends, key=str) == [[], "the queue is closed"]
        other.leave()

    run(main)


async def test_a_cancelled_program_that_closes_its_queue_leaves_no_thread_behind() -> None:
    """The pool of threads waits for its thread, and that for room in the queue."""
    ends: list[str] = []

    def source(put: Producer[int]) -> None:
        with put, pytest.raises(QueueError, match="is closed"):
            for number in range(10):
                put.in_thread(number)
        ends.append("let go")

    async def main() -> None:
        queue = Queue[int](2)
        async with offload.thread(source) as read:
            try:
                await read(queue.producer())
            finally:
                queue.close()

    program = asyncio.create_task(main())
    await asyncio.sleep(0.05)
    program.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(program, 10)
    while not ends:
        await asyncio.sleep(0.01)


def test_a_queue_where_no_event_loop_runs() -> None:
    with pytest.raises(QueueError, match="no event loop runs here"):
        Queue[int](5)


async def test_the_words_of_other_queues() -> None:
    queue: Any = Queue[int](1)
    with pytest.raises(AttributeError, match=r"queue\.producer\(\)"):
        queue.put(1)
    with pytest.raises(AttributeError, match="async for item in queue"):
        queue.get()
    with pytest.raises(AttributeError, match=r"a Queue has no 'got'$"):
        _ = queue.got


def test_producers_take_turns(run: Run) -> None:
    """One that puts for ever does not keep the others out."""

    async def main() -> None:
        queue, seen = Queue[int](1), set[int]()
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(produce, queue.producer(), itertools.repeat(number))
            async for item in queue:
                seen.add(item)
                if len(seen) == 4:
                    tasks.cancel_scope.cancel()

    run(main)


@pytest.mark.parametrize("woken", [False, True])
async def test_a_cancelled_wait_loses_neither_an_item_nor_a_turn(woken: bool) -> None:
    queue = Queue[int](1)
    put = queue.producer()
    first, second = aiter(queue), aiter(queue)
    gives_up = asyncio.create_task(anext(first))
    stays = asyncio.create_task(anext(second))
    await anyio.wait_all_tasks_blocked()
    if woken:
        await put(1)
        gives_up.cancel()
    else:
        gives_up.cancel()
        await put(1)
    assert await asyncio.wait_for(stays, 10) == 1
    assert gives_up.cancelled()
