import asyncio
import sqlite3
import threading

from crawler import offload

_here = threading.local()


def find(path: str, key: int) -> str:
    """A blocking driver: it waits for a database; each thread has its own connection."""
    if not hasattr(_here, "database"):
        _here.database = sqlite3.connect(path)
    ((value,),) = _here.database.execute("select value from rows where key = ?", (key,))
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
