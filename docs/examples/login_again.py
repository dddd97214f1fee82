"""A login before anything else, and once more whenever the site has ended the session; no page is lost by it.

Each step is a request like any other, so a crawl that is killed goes on with it; what a page was asked
for travels as `data`. Needs `fetch: {cookies: true}`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crawler import Links, Page, Request, Spider

FORM = "form[action='/login']"
FIRST = 100  # before the pages that wait on the same host
MOST = 5


class Members(Spider):
    site: str = "https://demo.test"
    user: str = "demo"
    password: str = "demo"
    _session = 0  # counts the logins of this run

    async def starts(self) -> AsyncIterator[Request]:
        yield self.log_in(f"{self.site}/members/")

    def log_in(self, back: str, tries: int = 0) -> Request:
        data = {"back": back, "tries": tries}
        return Request(f"{self.site}/login", self.fill_in, priority=FIRST, again=True, data=data)

    async def fill_in(self, page: Page) -> AsyncIterator[Request]:
        values = {"user": self.user, "password": self.password}
        request = page.submit(FORM, values, self.enter, data=page.data)
        request.priority, request.again = FIRST, True
        yield request

    async def enter(self, page: Page) -> AsyncIterator[Request]:
        self._session += 1
        yield self.ask(page.data["back"], page.data["tries"])

    def ask(self, url: str, tries: int) -> Request:
        data = {"session": self._session, "tries": tries}
        return Request(url, again=True, priority=FIRST - 1, data=data)

    def once_more(self, page: Page) -> Request:
        asked = page.data or {"session": None, "tries": 0}
        if asked["tries"] == MOST:
            raise PermissionError(f"still logged out after {MOST} tries")
        url, tries = [*page.request.history, page.url][0], asked["tries"] + 1
        if asked["session"] == self._session:  # this session is over; any other page may be from before it
            return self.log_in(url, tries)
        return self.ask(url, tries)

    async def parse(self, page: Page) -> AsyncIterator[dict[str, Any] | Links | Request]:
        if page.css_first(FORM) is not None:  # what the site shows to strangers
            yield self.once_more(page)
            return
        yield {"url": page.url, "heading": page.text("h1")}
        yield page.follow("main a[href^='/members/']")
