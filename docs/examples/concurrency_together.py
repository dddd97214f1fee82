import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing

from crawler import fetch_each, map, offload


def price(text: str) -> list[int]:
    """Heavy: stands for a model, or a page of regular expressions."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return [len(text), sum(int(digit) for digit in digits)]


def save(path: str, rows: list[list[int]]) -> int:
    """Blocking: a database."""
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table prices (length integer, price integer)")
        database.executemany("insert into prices values (?, ?)", rows)
    return len(rows)


async def main(path: str, *urls: str) -> int:
    async def texts() -> AsyncIterator[str]:
        own, here = {"delay": 0, "per_host": 8}, {"allow": ["127.0.0.1"]}
        async with fetch_each(urls, limit=8, politeness=own, fetch=here) as pages:  # on the loop
            async for page in pages:
                yield page.text("body")

    rows = await map(price, texts(), run="process", limit=2)  # reads no further than it comes
    async with offload.thread(save) as call:
        return await call(path, rows)


if __name__ == "__main__":
    print(asyncio.run(main(*sys.argv[1:])))
