# mypy: ignore-errors
from crawler import Crawl, Spider


class Titles(Spider):
    start = ["https://demo.test/articles"]

    async def parse(self, page):
        yield {"url": page.url, "title": page.text("title")}
        yield page.follow("a[href*=articles]")


async with Crawl(Titles, limits={"pages": 20}) as crawl:
    items = [item async for item in crawl.items()]

print(len(items), "pages,", f"{crawl.stats.rate:.0f} a second")
