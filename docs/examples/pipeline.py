"""A spider, three stages and a batch: each says in one word where it runs."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import msgspec

from crawler import Batch, Drop, Links, Page, Spider, batch, process, stage


class Article(msgspec.Struct, kw_only=True, frozen=True):
    url: str
    title: str
    words: dict[str, int] = {}


class Articles(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page: Page) -> AsyncIterator[Links]:  # on the loop
        yield page.follow(".articles a", self.article)
        yield page.follow(".next a")

    @process(timeout=10)  # in a process that is ended when it takes too long
    def article(self, page: Page) -> Iterator[Article]:
        words = Counter(page.text(".body").lower().split())
        yield Article(url=page.url, title=page.text("h1"), words=dict(words.most_common(5)))


@stage  # on the loop
async def titled(article: Article) -> Article:
    if not article.title:
        raise Drop("no title")
    return article


@stage(run="process")  # computes: in a process for each core
def without_short_words(article: Article) -> Article:
    words = {word: number for word, number in article.words.items() if len(word) > 3}
    return msgspec.structs.replace(article, words=words)


@batch(run="thread", size=100, max_wait=2.0)  # a blocking driver: in a thread of its own
class Save:
    def __init__(self, path: str = "articles.db") -> None:
        self.path = path

    def open(self) -> None:
        self.db = sqlite3.connect(self.path)
        self.db.execute("CREATE TABLE IF NOT EXISTS articles (url TEXT PRIMARY KEY, title TEXT)")

    def __call__(self, articles: Batch[Article]) -> None:
        rows = [(article.url, article.title) for article in articles]
        with self.db:
            self.db.executemany("INSERT OR REPLACE INTO articles VALUES (?, ?)", rows)

    def close(self) -> None:
        self.db.close()


Articles.pipeline = [titled, without_short_words, Save]
