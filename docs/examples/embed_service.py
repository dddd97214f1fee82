import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from crawler import Crawl, Page, Request, Spider


class Titles(Spider):
    hosts = ["demo.test"]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "title": page.text("title"), "asked by": page.data}


Save = Callable[[Any], Awaitable[None]]


class Service:
    """Fetches what it is asked for, in one crawl for as long as the program runs."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl

    async def ask(self, url: str, who: str) -> str:
        """Let a URL be fetched; return how it stands."""
        await self._crawl.add(Request(url, data=who))
        return str(await self._crawl.why(url))


@asynccontextmanager
async def service(save: Save) -> AsyncIterator[Service]:
    async with Crawl(Titles, keep_open=True, state="service.db") as crawl, asyncio.TaskGroup() as group:
        group.create_task(pass_on(crawl, save))
        yield Service(crawl)
        crawl.finish()  # what was asked for is fetched; `await crawl.close()` would leave it for next time


async def pass_on(crawl: Crawl, save: Save) -> None:
    async for item in crawl.items():
        await save(item)
