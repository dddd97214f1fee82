"""The ways that Python brings along: a function, called with many items, so many at a time."""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import Pool
from multiprocessing.pool import ThreadPool
from typing import Any

Call = Callable[[Any], Any]
Items = Sequence[Any]


def loop(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """One after the other."""
    return [call(item) for item in items]


def thread_pool(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """`multiprocessing.pool.ThreadPool.map`."""
    with ThreadPool(at_a_time) as pool:
        return pool.map(call, items, chunksize=1)


def process_pool(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """`multiprocessing.Pool.map`, with chunks of its own choice."""
    with Pool(at_a_time) as pool:
        results = pool.map(call, items)
        pool.close()
        pool.join()  # or else what its processes have cost is not known yet
    return results


def executor_threads(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """`concurrent.futures.ThreadPoolExecutor.map`."""
    with ThreadPoolExecutor(at_a_time) as pool:
        return list(pool.map(call, items))


def executor_processes(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """`concurrent.futures.ProcessPoolExecutor.map`, an item at a time as it is unless told otherwise."""
    with ProcessPoolExecutor(at_a_time) as pool:
        return list(pool.map(call, items))


def queued_threads(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """Threads that take from a queue until each has met its sentinel."""
    waiting: queue.Queue[tuple[int, Any] | None] = queue.Queue(2 * at_a_time)
    results: list[Any] = [None] * len(items)

    def work() -> None:
        while (taken := waiting.get()) is not None:
            number, item = taken
            results[number] = call(item)

    threads = [threading.Thread(target=work) for _ in range(at_a_time)]
    for thread in threads:
        thread.start()
    for numbered in enumerate(items):
        waiting.put(numbered)
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return results


def to_thread(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """Raw asyncio: `gather` over `asyncio.to_thread`, behind a semaphore."""

    async def all_of_them() -> list[Any]:
        turns = asyncio.Semaphore(at_a_time)

        async def one(item: Any) -> Any:
            async with turns:
                return await asyncio.to_thread(call, item)

        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(at_a_time))
        return await asyncio.gather(*(one(item) for item in items))

    return asyncio.run(all_of_them())
