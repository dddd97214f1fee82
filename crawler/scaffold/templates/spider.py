"""The spider: from lists of articles to the articles, and from each article to one item."""

from collections.abc import AsyncIterator

import msgspec
from crawler import Dropped, Links, Page, Spider


class Article(msgspec.Struct, kw_only=True, frozen=True):
    """One item: one line of the output."""

    url: str
    title: str
    price: float | None
    tags: list[str]
    found_on: str | None


class ExampleSpider(Spider):
    """Reads every list of the site, and every article in it."""

    # An annotated attribute is a parameter: `params:` in config.yaml sets it, and so does
    # --set spider.params.max_price=5 on the command line. A value of another type is an error.
    max_price: float | None = None

    async def parse(self, page: Page) -> AsyncIterator[Links]:
        """Take a list of articles: the page at which the crawl starts, and each further list."""
        # Each article's page goes to `article`, and takes `data` along.
        yield page.follow(".articles a", self.article, data=page.url)
        # Without a callback, a page comes here again. A page is fetched once, however often it is linked.
        yield page.follow("nav a[href='/articles'], .next a")

    async def article(self, page: Page) -> AsyncIterator[Article | Dropped]:
        """Take one article."""
        price = page.number(".price")
        if self.max_price is not None and price is not None and price > self.max_price:
            yield Dropped("Article", "too expensive")  # counted in the summary
            return
        yield Article(
            url=page.url,
            title=page.text("h1"),
            price=price,
            tags=page.texts(".tags a"),
            found_on=page.data,  # None under `crawl parse`, where no list came before
        )
