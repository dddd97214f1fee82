"""A crawl inside a program, with its state in a file: on asyncio and uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler import Crawl, Page, Spider
from crawler.errors import StateInUse
from crawler.testing import PretendWeb

A = "https://a.test"


class Number(msgspec.Struct):
    url: str
    n: int


class Numbers(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow()
        if page.url != f"{A}/":
            yield Number(page.url, int(page.url.rpartition("/")[2]))


def web_of(pages: int) -> PretendWeb:
    web = PretendWeb()
    web.page(f"{A}/", "".join(f"<a href=/{n}>" for n in range(pages)))
    for n in range(pages):
        web.page(f"{A}/{n}")
    return web


def options(path: Path) -> dict[str, Any]:
    return {"state": str(path), "politeness": {"delay": 0, "per_host": 4, "robots": False}}


def test_what_was_not_taken_is_given_in_the_next_run(run_on: Any, nothing_left: Any, tmp_path: Path) -> None:
    path, web = tmp_path / "state.db", web_of(40)

    async def main() -> None:
        first: list[Number] = []
        with nothing_left():
            async with Crawl(Numbers, fetcher=web, **options(path)) as crawl:
                async for number in crawl.items(Number):
                    first.append(number)
                    if len(first) == 10:
                        break
            async with Crawl(Numbers, fetcher=web, **options(path)) as crawl:
                rest = [number async for number in crawl.items(Number)]
        assert {type(number) for number in first + rest} == {Number}
        assert {number.n for number in first + rest} == set(range(40))
        # The one in the consumer's hands when it left comes again, and no other.
        assert sorted(number.n for number in first + rest) == sorted([*range(40), first[-1].n])

    run_on(main())


def test_a_state_is_used_by_one_crawl_at_a_time(run_on: Any, nothing_left: Any, tmp_path: Path) -> None:
    path, web = tmp_path / "state.db", web_of(3)

    async def main() -> None:
        with nothing_left():
            async with Crawl(Numbers, fetcher=web, **options(path)) as crawl:
                with pytest.raises(StateInUse, match="in use by process"):
                    async with Crawl(Numbers, fetcher=web, **options(path)):
                        pass
                await crawl.wait()

    run_on(main())


def test_a_crawl_that_is_over_begins_anew(run_on: Any, tmp_path: Path) -> None:
    path, web = tmp_path / "state.db", web_of(3)

    async def main() -> None:
        for _ in range(2):
            async with Crawl(Numbers, fetcher=web, **options(path)) as crawl:
                assert len([number async for number in crawl.items()]) == 3
        assert web.asked(f"{A}/1") == 2

    run_on(main())


def test_what_was_put_off_is_not_hurried_by_a_new_run(run_on: Any, tmp_path: Path) -> None:
    web = web_of(1)
    web.page(f"{A}/0", status=503, headers={"Retry-After": "3600"})
    waits = options(tmp_path / "state.db") | {"politeness": {"delay": 0, "robots": False, "max_delay": 7_200}}

    async def main() -> None:
        for _ in range(2):
            async with Crawl(Numbers, fetcher=web, **waits) as crawl:
                while not web.asked(f"{A}/0"):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.2)
                assert not crawl.stats.cause
        assert web.asked(f"{A}/0") == 1

    run_on(main())
