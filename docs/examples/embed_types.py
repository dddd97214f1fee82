import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from crawler import Crawl, Page, Spider


class Article(msgspec.Struct):
    url: str
    title: str


class Author(msgspec.Struct):
    name: str


class Library(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow("a[href*=articles]", self.article)
        yield page.follow("a[href*='?page=']")

    async def article(self, page: Page) -> AsyncIterator[Any]:
        yield Article(page.url, page.text("h1"))
        yield Author(page.text("[rel=author]"))


async def collect() -> tuple[list[Article], set[str]]:
    """Return all articles, and the names of their authors."""
    articles: list[Article] = []
    names: set[str] = set()

    async def take_articles() -> None:
        async for article in crawl.items(Article):
            articles.append(article)

    async def take_authors() -> None:
        async for author in crawl.items(Author):
            names.add(author.name)

    async with Crawl(Library) as crawl, asyncio.TaskGroup() as group:
        group.create_task(take_articles())
        group.create_task(take_authors())
    return articles, names
