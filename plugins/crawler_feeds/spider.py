"""The spider: from a page to its feeds, from a feed to its entries."""

from __future__ import annotations

from collections.abc import AsyncIterator

from crawler import Links, Page, Spider
from crawler_feeds.entry import Entry, entry_of

_NAMED = "link[rel~=alternate][type='application/rss+xml'], link[rel~=alternate][type='application/atom+xml']"


class Feeds(Spider):
    """Yields an `Entry` for each entry of the feeds it is given, or finds on the pages it is given."""

    newest: int = 0
    """At most so many entries a feed, as they stand in it; 0 for all."""

    async def parse(self, page: Page) -> AsyncIterator[Entry | Links]:
        """Read a feed, or follow a page to its feeds."""
        if page.is_html:
            yield page.follow(_NAMED, self.parse)
            return
        read = 0
        async for found in page.feed():
            entry = entry_of(found, page.url)
            if entry is not None:
                yield entry
            read += 1
            if read == self.newest:
                return
