import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from crawler import Crawl, Page, Spider


class Titles(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "title": page.text("title")}
        yield page.follow("a[href*=articles]")


async def search(word: str, site: str) -> Any:
    async with Crawl(Titles, start=site) as crawl:
        async for item in crawl.items():
            if word in item["title"]:
                return item
    return None


async def first_with(word: str, sites: Sequence[str]) -> Any:
    """Search several sites at once; return the first article found. The other crawls are gone then."""
    async with asyncio.TaskGroup() as group:
        searches = [group.create_task(search(word, site)) for site in sites]
        for ended in asyncio.as_completed(searches):
            found = await ended
            if found is not None:
                for other in searches:
                    other.cancel()
                return found
    return None
