"""A crawl as a job, whatever the queue: the state file is the job, and the queue says when to work on it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from crawler import Crawl, Links, Page, Spider
from crawler.errors import StateInUse

FOLDER = Path(os.environ.get("CRAWLS", "crawls"))
AGAIN = 5  # seconds until a job is tried again whose crawl is under way elsewhere


class Later(Exception):
    """The crawl is not over: the job is to be tried again, after so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"the crawl is not over: once more after {seconds} s")
        self.seconds = seconds


class Titles(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Links | dict[str, Any]]:
        yield page.follow("a[href]")
        yield {"url": page.url, "title": page.text("h1")}


async def crawl_job(
    name: str, options: dict[str, Any], tell: Callable[[dict[str, int]], Awaitable[bool]]
) -> dict[str, int]:
    """Begin the crawl, or go on with it, or find that it is over; return its figures.

    `tell` gets the figures each second, and answers whether to stop here and go on later. Raises `Later`.
    """
    state, output = FOLDER / f"{name}.db", FOLDER / f"{name}.jsonl"
    try:
        async with Crawl(Titles, state=state, output=output, once=True, **options) as crawl:
            end = asyncio.create_task(crawl.wait())
            while not end.done():
                if await tell(figures(crawl)):
                    crawl.stop()
                await asyncio.wait({end}, timeout=1)
            await end
    except StateInUse as error:
        raise Later(AGAIN) from error
    if crawl.stats.cause == "stopped":
        raise Later(0)
    return figures(crawl)


def figures(crawl: Crawl) -> dict[str, int]:
    """How far the crawl is, with what earlier jobs did for it."""
    stats = crawl.stats
    return {
        "pages": stats.pages_before + stats.pages,
        "items": stats.items_before + stats.delivered,
        "pending": crawl.pending,
    }
