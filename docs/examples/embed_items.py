from collections.abc import AsyncIterator
from typing import Any

from crawler import Crawl, Page, Spider


class Titles(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "title": page.text("title")}
        yield page.follow("a[href*=articles]")


async def first_with(word: str) -> Any:
    async with Crawl(Titles, limits={"pages": 500}) as crawl:
        async for item in crawl.items():
            if word in item["title"]:
                return item
    return None
