import asyncio
import time
from collections.abc import Iterator

from crawler import Queue, offload
from crawler.queue import Producer


def rows() -> Iterator[int]:
    for number in range(20):
        time.sleep(0.001)  # a cursor that blocks
        yield number


def read(put: Producer[int]) -> None:
    with put:
        for row in rows():
            put.in_thread(row)


def save(queue: Queue[int]) -> int:
    return sum(queue.in_thread())  # each thread takes its share


async def main() -> None:
    queue = Queue[int](5)
    async with offload.thread(read) as reading, offload.thread(save, workers=2) as saving:
        _, *sums = await asyncio.gather(reading(queue.producer()), saving(queue), saving(queue))
    print(sum(sums))


if __name__ == "__main__":
    asyncio.run(main())
