"""An API that gives a token for a name and a password; the token goes along as a header.

A request keeps its headers to its origin, in redirects too, and in the state. When the token is no longer
taken, a new one is asked for, and the page is asked for again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crawler import Page, Request, Spider

MOST = 3


class Orders(Spider):
    api: str = "https://api.demo.test"
    user: str = "demo"
    password: str = "demo"

    async def starts(self) -> AsyncIterator[Request]:
        yield self.log_in(f"{self.api}/orders?page=1")

    def log_in(self, wanted: str, tries: int = 1) -> Request:
        who = {"user": self.user, "password": self.password}
        data = {"wanted": wanted, "tries": tries}
        return Request(f"{self.api}/token", self.enter, method="POST", json=who, again=True, data=data)

    async def enter(self, page: Page) -> AsyncIterator[Request]:
        yield self.ask(page.data["wanted"], page.json()["token"], page.data["tries"])

    def ask(self, url: str, token: str, tries: int = 0) -> Request:
        headers = {"Authorization": f"Bearer {token}"}
        data = {"token": token, "tries": tries}
        return Request(url, self.orders, headers=headers, accept=(401,), again=tries > 0, data=data)

    async def orders(self, page: Page) -> AsyncIterator[dict[str, Any] | Request]:
        if page.status == 401:
            if page.data["tries"] == MOST:
                raise PermissionError("no token is taken")
            yield self.log_in(page.url, page.data["tries"] + 1)
            return
        found = page.json()
        for order in found["orders"]:
            yield order
        if found["next"]:
            yield self.ask(page.absolute(found["next"]), page.data["token"])
