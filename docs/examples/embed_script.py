from collections.abc import AsyncIterator
from typing import Any

import crawler


class Titles(crawler.Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: crawler.Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "title": page.text("title")}
        yield page.follow("a[href*=articles]")


if __name__ == "__main__":
    for item in crawler.run(Titles, limits={"pages": 20}):
        print(item["title"])
