"""Which wishes of a page the crawl follows: links that it asks not to follow, items it asks not to index."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from crawler.model import Links
from crawler.page import Page, ParseRefused
from crawler.page.directives import EVERYBODY

# A meta element that may deny the index; what stands between its name and the word holds no other tag.
_MAY_DENY = re.compile(rb"<meta\b[^<>]{0,1000}(?:noindex|none|unavailable_after)", re.IGNORECASE)

# No head that means well is longer.
_HEAD_WITHIN = 500_000


class PageWishes:
    """Answers what becomes of a page's links and items by what the page itself says.

    Args:
        agent: our product token, see `robots_token`.
        nofollow: links marked nofollow are not followed.
        noindex: pages marked noindex give no items.
    """

    def __init__(self, agent: str = "aiocrawl", *, nofollow: bool = True, noindex: bool = False) -> None:
        self._agent = agent.lower()
        self._nofollow = nofollow
        self._noindex = noindex

    def unwanted(self, links: Links) -> Collection[str]:
        """Return those of the hrefs that the page asks us not to follow."""
        if not self._nofollow:
            return ()
        if links.nofollow_for and not {EVERYBODY, self._agent}.isdisjoint(links.nofollow_for):
            return links.hrefs
        return links.nofollow

    def keeps_no_items(self, page: Page, now: datetime | None = None) -> bool:
        """Say whether the items of a page are to be dropped.

        A page is taken at the worst that it may say when its markup could hurt the parser.

        Args:
            page: the page.
            now: the time to go by; the clock's unless it is given.
        """
        if not self._noindex:
            return False
        if "X-Robots-Tag" not in page.headers and not _may_deny(page):
            return False
        try:
            directives = page.robots_for(self._agent)
        except ParseRefused:
            return True
        return not directives.indexed_at(now or datetime.now(UTC))


def _may_deny(page: Page) -> bool:
    """Say whether it is worth while to parse a page, which a callback elsewhere has left unparsed here."""
    if not page.is_html:
        return False
    return page.encoding.startswith("utf-16") or _MAY_DENY.search(page.body, 0, _HEAD_WITHIN) is not None
