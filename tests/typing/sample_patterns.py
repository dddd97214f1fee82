"""The everyday patterns as their callers write them, with every type that comes back checked."""

from __future__ import annotations

from typing import Any, assert_type

import crawler
from crawler import Crawl, Queue, Spider, Stream, offload
from crawler.observe import Stats


def length(text: str, *, times: int = 1) -> int:
    return len(text) * times


async def ask(text: str) -> bytes:
    return text.encode()


@offload.process(workers=2, timeout=10, memory=10**8)
def heavy(number: int) -> float:
    return float(number)


async def mapped() -> None:
    assert_type(crawler.map(length, ["a"], times=2), Stream[int])
    assert_type(crawler.map(ask, ["a"]), Stream[bytes])
    assert_type(await crawler.map(length, ["a"], run="process"), list[int])
    assert_type(await crawler.map(ask, ["a"], errors="return"), list[bytes | Exception])
    assert_type(await crawler.starmap(length, [("a",)], errors="return", limit=3), list[int | Exception])
    async for one in crawler.starmap(ask, [("a",)]):
        assert_type(one, bytes)


async def offloaded() -> None:
    async with heavy, offload.thread(length) as call:
        assert_type(await heavy(1), float)
        assert_type(await call("a", times=2), int)
        assert_type(await crawler.map(heavy, [1, 2]), list[float])


async def queued() -> None:
    queue = Queue[int](3)
    async with queue.producer() as put:
        await put(1)
    async for number in queue:
        assert_type(number, int)


def ran(spider: type[Spider]) -> None:
    assert_type(crawler.run(crawler.map(length, ["a"])), list[int])
    assert_type(crawler.run(spider), list[Any])
    assert_type(crawler.run(spider, items=str), list[str])
    assert_type(crawler.run(Crawl(spider)), Stats)
    assert_type(crawler.run(ask("a")), bytes)
