from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import anyio

from crawler import Page, Request, Spider
from crawler.model import Lease
from crawler.store import MemoryStore
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"


class ShortLeases(MemoryStore):
    """A store whose leases end after five seconds, whatever was asked for."""

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        return await super().claim(wanted, owner=owner, now=now, ttl=5.0)


class Everything(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()


def test_a_page_whose_lease_ran_out_is_fetched_again_and_counted_once() -> None:
    async def slow_at_first(request: Request) -> Answer:
        if web.asked(request.url) == 1:
            await anyio.sleep(10.0)
        return Answer("".join(f"<a href=/{number}>" for number in range(5)))

    web = PretendWeb()
    web.handler(f"{A}/slow", slow_at_first)
    web.page(f"{A}/", "<a href=/slow></a>")
    for number in range(5):
        web.page(f"{A}/{number}")
    crawled = virtual(
        Everything,
        web,
        store=ShortLeases(),
        politeness={"delay": 0.0, "robots": False},
        limits={"pages": 100},
    )
    assert web.asked(f"{A}/slow") == 2
    assert sorted(item["url"] for item in crawled.items) == sorted(
        [f"{A}/", f"{A}/slow", *(f"{A}/{number}" for number in range(5))]
    )
    assert crawled.stats.pages == len(crawled.items) == crawled.stats.items["dict"]
