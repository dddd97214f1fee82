from collections.abc import AsyncIterator
from typing import Any

from crawler import Crawl, Page, Spider
from crawler.events import Event, Visited
from crawler.model import Done


class Titles(Spider):
    start = ["https://demo.test/"]

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "title": page.text("title")}
        yield page.follow()


async def troubles() -> list[str]:
    """Return what could not be fetched, and why."""
    found: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Visited) and not isinstance(event.outcome, Done):
            found.append(f"{event.lease.request.url}: {event.outcome.reason}")

    async with Crawl(Titles, listeners=[listen]) as crawl:
        await crawl.wait()
    return found
