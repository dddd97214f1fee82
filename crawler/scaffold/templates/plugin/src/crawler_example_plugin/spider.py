"""The spider: from lists of articles to the articles, and from each article to one item."""

from collections.abc import AsyncIterator

from crawler import Links, Page, Spider

from crawler_example_plugin.items import Article


class ExamplePluginSpider(Spider):
    """Reads every list of the site, and every article in it."""

    async def parse(self, page: Page) -> AsyncIterator[Links]:
        """Take a list of articles: the page at which the crawl starts, and each further list."""
        yield page.follow(".articles a", self.article)
        yield page.follow("nav a[href='/articles'], .next a")

    async def article(self, page: Page) -> AsyncIterator[Article]:
        """Take one article."""
        yield Article(url=page.url, title=page.text("h1"), price=page.number(".price"))
