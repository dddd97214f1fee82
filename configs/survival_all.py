"""A spider that uses all that a kill may hit, for survival-all.yaml."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin

from crawler import Batch, Links, Page, Request, Spider, batch, stage

#: Pages that are refused the first time, each for itself.
FLAKY = 6


class Everything(Spider):
    """Crawls the demo site, its members' pages and its cookie wall."""

    user: str = "demo"
    password: str = "demo"

    async def parse(self, page: Page) -> AsyncIterator[dict[str, str] | Links | Request]:
        if page.css_first("form[action='/login']") is not None:
            yield page.submit("form[action='/login']", {"user": self.user, "password": self.password})
            return
        yield {"url": page.url, "title": page.text("title"), "heading": page.text("h1")}
        # The way to the form is by a members' page alone, so that each crawl logs in in the same way.
        yield page.follow("a[href]:not([href='/login'])")
        if page.url.endswith("/tags"):
            for number in range(FLAKY):
                yield Request(urljoin(page.url, f"/trouble/flaky?id={number}"))
        if "/authors/" in page.url and "?" not in page.url:
            yield Request(page.url, self.once_more, again=True)

    async def once_more(self, page: Page) -> AsyncIterator[dict[str, str]]:
        yield {"url": page.url, "title": "", "heading": "once more"}


@stage(run="process")
def loud(item: dict[str, str]) -> dict[str, str]:
    """Computes, in a process."""
    return {**item, "title": item["title"].upper()}


@batch(run="thread")
class Listed:
    """Appends what it is handed to a file: a line for each item, the id of the batch first.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, items: Batch[dict[str, str]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{items.id} {item['heading']!r} {item['url']}\n" for item in items)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(lines)  # in one piece, when the file is closed
