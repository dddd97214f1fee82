"""A spider as its author writes it, with every annotation checked strictly."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from crawler import Crawl, Dropped, Failure, Links, Page, Request, Sitemap, Spider, UrlFile


class Book(msgspec.Struct, kw_only=True, frozen=True):
    """A book, as a msgspec struct."""

    url: str
    title: str
    price: float | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelf, as a dataclass."""

    url: str
    titles: list[str] = field(default_factory=list)


class Books(Spider):
    """Lists and literals where the framework says sequence, parameters, callbacks, items of all kinds."""

    name = "books"
    start = ["https://books.test/", Request("https://books.test/new", priority=5)]  # noqa: RUF012
    hosts = ["books.test", "*.books.test"]  # noqa: RUF012

    category: str
    order: Literal["asc", "desc"] = "asc"
    limit: int | None = None

    async def parse(self, page: Page) -> AsyncIterator[Links | Request | Shelf]:
        yield page.follow(".next a")
        yield page.follow(
            "article a", self.book, priority=5, data=lambda node: {"rank": node.attributes.get("rank")}
        )
        yield page.follow("article a", "book", data={"rank": 1})
        yield Request(
            "https://api.books.test/",
            self.prices,
            method="POST",
            json={"category": self.category},
            accept=(404,),
            on_error=self.failed,
        )
        yield Shelf(page.url, page.texts("h2"))

    async def book(self, page: Page) -> AsyncIterator[Book | Dropped]:
        title: str = page.text("h1")
        if not title:
            yield Dropped("book", "no title")
            return
        price: float | None = page.number(".price")
        stars: float = page.number(".stars", 0.0)
        rank: Any = page.data["rank"]
        first = page.css_first("p")
        yield Book(url=page.url, title=title, price=price, rank=int(rank or stars) + (first is not None))

    async def prices(self, page: Page) -> AsyncIterator[dict[str, Any]]:
        for row in page.json():
            yield {"kind": "price", **row}

    async def failed(self, failure: Failure) -> None:
        assert failure.request.url


class FromFile(Spider):
    start = UrlFile("urls.txt")


class FromSitemap(Spider):
    start = Sitemap("https://books.test/sitemap.xml")


class One(Spider):
    start = ("https://books.test/",)
    hosts = ("books.test",)


class MadeUp(Spider):
    async def starts(self) -> AsyncIterator[str | Request]:
        for number in range(3):
            yield f"https://books.test/{number}"
        yield Request("https://books.test/x")


async def embedded() -> list[Book]:
    found: list[Book] = []
    async with Crawl(Books(category="art"), limits={"pages": 5}) as crawl:
        async for book in crawl.items(Book):
            found.append(book)
        stats = await crawl.wait()
    assert stats is crawl.stats
    return found
