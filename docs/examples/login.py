"""A login: asked for a page, the site shows its form; once sent, it leads back to that page.

Needs `fetch: {cookies: true}`, so that the session is kept: in the state too, for a crawl that goes on later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler import Failure, Links, Page, Request, Spider


class Members(Spider):
    start = ["https://demo.test/members/"]
    user: str = "demo"
    password: str = "demo"

    async def parse(self, page: Page) -> AsyncIterator[dict[str, str] | Links | Request]:
        form = page.css_first("form[action='/login']")
        if form is None:
            yield {"url": page.url, "heading": page.text("h1")}
            yield page.follow("main a[href^='/members/']")
        else:
            request = page.submit("form[action='/login']", {"user": self.user, "password": self.password})
            request.on_error = "refused"
            yield request

    async def refused(self, failure: Failure) -> AsyncIterator[dict[str, str]]:
        yield {"url": failure.request.url, "error": f"the login was refused: {failure.detail}"}
