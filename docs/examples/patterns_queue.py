import asyncio

from crawler import Queue
from crawler.queue import Producer


async def read(name: str, put: Producer[str]) -> None:
    async with put:  # leaving the block, this producer leaves the queue
        for number in range(3):
            await put(f"{name}{number}")


async def shout(words: Queue[str], put: Producer[str]) -> None:
    async with put:
        async for word in words:  # ends when both readers have left and nothing waits
            await put(word.upper())


async def main() -> None:
    words, loud = Queue[str](10), Queue[str](10)
    async with asyncio.TaskGroup() as tasks:
        for name in ("a", "b"):
            tasks.create_task(read(name, words.producer()))
        for put in [loud.producer() for _ in range(4)]:
            tasks.create_task(shout(words, put))
        print(sorted([word async for word in loud]))


if __name__ == "__main__":
    asyncio.run(main())
