import asyncio
import queue
import threading

from crawler import Queue
from crawler.queue import Producer

WORKERS = 3


def before(words: list[str]) -> list[str]:
    waiting: queue.Queue[str | None] = queue.Queue(10)
    shouted: list[str] = []

    def work() -> None:
        while (word := waiting.get()) is not None:
            shouted.append(word.upper())

    threads = [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for word in words:
        waiting.put(word)  # waits for ever when the workers have died
    for _ in threads:
        waiting.put(None)  # a sentinel for each; one too few, and the next line waits for ever
    for thread in threads:
        thread.join()
    return sorted(shouted)


async def now(words: list[str]) -> list[str]:
    waiting, shouted = Queue[str](10), list[str]()

    async def give(put: Producer[str]) -> None:
        async with put:  # the end of the block is the end of the queue
            for word in words:
                await put(word)

    async def work() -> None:
        async for word in waiting:
            shouted.append(word.upper())

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(give(waiting.producer()))
        for _ in range(WORKERS):
            tasks.create_task(work())
    return sorted(shouted)
