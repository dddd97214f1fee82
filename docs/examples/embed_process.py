import asyncio
from collections.abc import AsyncIterator
from typing import Any

from crawler import Crawl, Page, Spider, stage


@stage(run="process")
def counted(item: dict[str, Any]) -> dict[str, Any]:
    return item | {"vowels": sum(letter in "aeiou" for letter in item["text"])}


class Texts(Spider):
    start = ["https://demo.test/articles"]
    pipeline = [counted]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "text": page.text("body")}
        yield page.follow("a[href*=articles]")


async def main() -> None:
    async with Crawl(Texts, limits={"pages": 20}) as crawl:
        async for item in crawl.items():
            print(item["vowels"], item["url"])


if __name__ == "__main__":
    asyncio.run(main())
