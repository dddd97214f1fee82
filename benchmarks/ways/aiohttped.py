"""All pages by aiohttp alone: a session, a semaphore, `gather`. The yardstick."""

import asyncio
from collections.abc import Sequence

import aiohttp


def gathered(urls: Sequence[str], at_a_time: int) -> list[bytes]:
    """Fetch them on asyncio's own loop."""
    return asyncio.run(_all(urls, at_a_time))


def gathered_uvloop(urls: Sequence[str], at_a_time: int) -> list[bytes]:
    """Fetch them on uvloop."""
    import uvloop

    return uvloop.run(_all(urls, at_a_time))


async def _all(urls: Sequence[str], at_a_time: int) -> list[bytes]:
    turns = asyncio.Semaphore(at_a_time)

    async def one(url: str) -> bytes:
        async with turns, session.get(url) as response:
            response.raise_for_status()
            return await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        return await asyncio.gather(*(one(url) for url in urls))
