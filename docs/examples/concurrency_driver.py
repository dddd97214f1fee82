import asyncio
import sqlite3
from contextlib import closing

from crawler import offload


def find(path: str, key: int) -> str:
    """A blocking driver: it waits for a database."""
    with closing(sqlite3.connect(path)) as database:
        ((value,),) = database.execute("select value from rows where key = ?", (key,))
    return str(value)


async def before(path: str, keys: list[int]) -> list[str]:
    turns = asyncio.Semaphore(8)

    async def one(key: int) -> str:
        async with turns:
            return await asyncio.to_thread(find, path, key)

    return await asyncio.gather(*(one(key) for key in keys))


async def now(path: str, keys: list[int]) -> list[str]:
    async with offload.thread(find, workers=8, timeout=5) as call:
        return await asyncio.gather(*(call(path, key) for key in keys))
