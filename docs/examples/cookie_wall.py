"""A cookie wall: every page leads round by a page that sets a cookie, and back to the same address.

Nothing to do but to keep cookies: `fetch: {cookies: true}`. A redirect back to an address that is known
is followed when a cookie was set on the way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler import Links, Page, Spider


class BehindTheWall(Spider):
    start = ["https://demo.test/wall/"]

    async def parse(self, page: Page) -> AsyncIterator[dict[str, str] | Links]:
        yield {"url": page.url, "heading": page.text("h1"), "came_by": " ".join(page.request.history)}
        yield page.follow("a[href^='/wall/']")
