"""A JSON API with paging: each answer says whether there is another page to ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from crawler import Page, Request, Spider


class Search(Spider):
    site: str = "https://demo.test"
    tag: str

    async def starts(self) -> AsyncIterator[Request]:
        yield self.ask(page=1)

    def ask(self, page: int) -> Request:
        question = {"tag": self.tag, "page": page, "size": 10}
        return Request(f"{self.site}/api/search", self.answer, method="POST", json=question)

    async def answer(self, page: Page) -> AsyncIterator[dict[str, Any] | Request]:
        answer = page.json()
        for found in answer["items"]:
            yield {"url": page.absolute(found["url"]), "title": found["title"], "price": found["price"]}
        if answer["next"]:
            yield self.ask(answer["next"])
