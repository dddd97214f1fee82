"""From lists to details: what the list says of an article travels with the request to its page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from crawler import Links, Page, Spider


class Article(msgspec.Struct, kw_only=True, frozen=True):
    url: str
    title: str
    author: str
    price: float | None
    tags: list[str]
    listed_on: str
    position: int


class Articles(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: Page) -> AsyncIterator[Links]:
        places = {a.attributes["href"]: place for place, a in enumerate(page.css(".articles a"), start=1)}
        yield page.follow(
            ".articles a",
            self.article,
            priority=5,
            data=lambda a: {"list": page.url, "place": places[a.attributes["href"]]},
        )
        yield page.follow(".next a")

    async def article(self, page: Page) -> AsyncIterator[Article]:
        yield Article(
            url=page.url,
            title=page.text("h1"),
            author=page.text(".author"),
            price=page.number(".price"),
            tags=page.texts(".tags a"),
            listed_on=page.data["list"],
            position=page.data["place"],
        )
