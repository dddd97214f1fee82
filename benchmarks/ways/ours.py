"""The same with aiocrawl: `fetch_all`, and `map` in threads and in processes."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import crawler
from crawler import fetch_all
from crawler import map as crawler_map

Call = Callable[[Any], Any]
Items = Sequence[Any]


def fetched(urls: Sequence[str], at_a_time: int) -> list[bytes]:
    """Fetch all pages by `fetch_all`, as many at a time from their one host; on asyncio's own loop."""
    return asyncio.run(_all(urls, at_a_time))


def fetched_by_run(urls: Sequence[str], at_a_time: int) -> list[bytes]:
    """Fetch them by `crawler.run`: on uvloop, with Python looking for garbage less often."""
    return crawler.run(_all(urls, at_a_time))


def fetched_politely(urls: Sequence[str], at_a_time: int) -> list[bytes]:
    """Fetch them with no politeness set: as it comes."""
    return asyncio.run(_all(urls, at_a_time, politeness={}))


def in_threads(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """`crawler.map(..., run="thread")`."""

    async def results() -> list[Any]:
        return await crawler_map(call, items, run="thread", limit=at_a_time)

    return asyncio.run(results())


def in_processes(call: Call, items: Items, at_a_time: int) -> list[Any]:
    """`crawler.map(..., run="process")`."""

    async def results() -> list[Any]:
        return await crawler_map(call, items, run="process", limit=at_a_time)

    return asyncio.run(results())


def _all(
    urls: Sequence[str], at_a_time: int, politeness: dict[str, Any] | None = None
) -> Coroutine[Any, Any, list[bytes]]:
    if politeness is None:
        politeness = {"delay": 0, "per_host": at_a_time}

    async def bodies() -> list[bytes]:
        # One's own server on loopback has to be allowed by name: private addresses are not contacted unasked.
        pages = await fetch_all(urls, limit=at_a_time, politeness=politeness, fetch={"allow": ["127.0.0.1"]})
        return [page.body for page in pages]

    return bodies()
