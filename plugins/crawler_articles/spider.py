"""The spider: follows links, and hands each page on to the stage that looks for an article in it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

from crawler import Dropped, Links, Page, Spider
from crawler.errors import ParameterError
from crawler.page import ParseRefused
from crawler.stages import Entry
from crawler_articles.extract import Extract
from crawler_articles.rawpage import RawPage
from crawler_articles.unique import Unique


class Articles(Spider):
    """Yields a `RawPage` for each HTML page; the stages make articles of those that hold one."""

    links: str = "a[href]"
    """A CSS selector: which links are followed, within the crawl's scope."""

    match: str = ""
    """A regular expression that the URLs of articles have in them; all pages are looked at unless set."""

    pipeline: Sequence[Entry] = (Extract, Unique)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        try:
            self._match = re.compile(self.match)
        except re.error as error:
            raise ParameterError(
                f"match: {self.match!r} is not a regular expression: {error}", "match"
            ) from None

    async def parse(self, page: Page) -> AsyncIterator[RawPage | Links | Dropped]:
        """Hand a page on, and follow its links."""
        if not page.is_html:
            return
        if self._match.search(page.url):
            language = page.headers.get("Content-Language", "")
            yield RawPage(url=page.url, html=page.source, language=language)
        try:
            yield page.follow(self.links, self.parse)
        except ParseRefused:
            # Not to be parsed here; the stage reads it in a process that may be killed.
            yield Dropped("Links", "parse_guard")
