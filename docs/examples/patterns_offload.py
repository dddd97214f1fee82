import asyncio
import sqlite3
from functools import cache

from crawler import offload
from crawler.errors import CallTimeout


@offload.process(workers=2, timeout=1.0, memory=200_000_000)
def factor(number: int) -> list[int]:
    """Work for a processor: a worker that takes too long, or too much, is ended, and replaced."""
    found, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found


@cache
def database() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", check_same_thread=False)


@offload.thread(workers=1)
def ask(query: str) -> list[tuple[int]]:
    """A blocking driver: it waits in a thread, and not on the event loop."""
    return database().execute(query).fetchall()


async def main() -> None:
    async with factor, ask:
        print(await asyncio.gather(factor(1001), factor(1024)))
        print(await ask("select 6 * 7"))
        try:
            await factor(1_000_000_007 * 1_000_000_009)
        except CallTimeout:
            print("too long; the next call has a new worker:", await factor(6))


if __name__ == "__main__":
    asyncio.run(main())
