"""Where a crawl begins, when that is not a list of URLs: a file of them, or what a sitemap or feed lists."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import ContentError
from crawler.model import Dropped, Links, Request
from crawler.page import Page, SitemapEntry
from crawler.url import join

#: Indexes of sitemaps within one another. The protocol knows one level; some sites have two.
MOST_LEVELS = 5

_ROBOTS = re.compile(r"https?://[^/?#]+/robots\.txt(?:[?#].*)?", re.IGNORECASE)
# Links in one batch: some milliseconds of work for the crawl.
_AT_ONCE = 250
# A site without a robots.txt may have a sitemap all the same.
_MISSING = (400, 401, 402, 403, 404, 405, 406, 410)


@dataclass(frozen=True, slots=True)
class UrlFile:
    """Start URLs in a text file, one a line; blank lines and lines that begin with # do not count."""

    path: str | Path


@dataclass(frozen=True, slots=True)
class Sitemap:
    """The pages that a sitemap lists (sitemaps.org), plain or as a gzip file.

    What it may be instead: an index of sitemaps, a feed (RSS, Atom, JSON Feed), a list of URLs, or a site's
    robots.txt, whose sitemaps are read; where that names none, `/sitemap.xml` is.

    Args:
        url: where it is.
        since: only pages that changed so long ago at most; those of which that is not said are taken.
        match: a regular expression that must be found in a page's URL.
    """

    url: str
    since: timedelta | None = None
    match: str = ""

    def __post_init__(self) -> None:
        re.compile(self.match)

    def request(self) -> Request:
        """Return the request for it; its callback is the spider's `sitemap`."""
        after = None if self.since is None else (datetime.now(UTC) - self.since).timestamp()
        accept = _MISSING if is_robots(self.url) else ()
        return Request(self.url, "sitemap", data=Listing(after, self.match).data(), accept=accept)


class Listing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is taken of a sitemap, as the request for it carries it.

    Attributes:
        after: pages that changed before this moment (seconds since 1970) are left out; None for none.
        match: a regular expression that must be found in a page's URL.
        level: how many indexes led to it.
    """

    after: float | None = None
    match: str = ""
    level: int = 0

    @classmethod
    def of(cls, data: Any) -> Listing:
        """Return the one in a request's data; whatever else that holds is the spider's."""
        own = data.get("sitemap") if isinstance(data, Mapping) else None
        return msgspec.convert(own, cls) if isinstance(own, Mapping) else cls()

    def data(self) -> dict[str, Any] | None:
        """Return what the request for a sitemap carries."""
        plain = msgspec.to_builtins(self)
        return {"sitemap": plain} if plain else None

    def deeper(self) -> Listing:
        """Return the one for a sitemap that this one lists."""
        return msgspec.structs.replace(self, level=self.level + 1)

    def takes(self, entry: SitemapEntry) -> bool:
        """Say whether an entry is taken. A sitemap is as old as the latest change of its pages."""
        if self.after is not None and entry.lastmod is not None and _end(entry.lastmod) < self.after:
            return False
        return entry.is_sitemap or not self.match or re.search(self.match, entry.url) is not None


async def pages_of(page: Page) -> AsyncIterator[Links | Dropped]:
    """Yield what a sitemap lists, as deep as it is itself: pages for `parse`, sitemaps for `sitemap`."""
    listing = Listing.of(page.data)
    robots = is_robots(page.asked)
    if page.status >= 400:  # there is no robots.txt
        yield _followed(page, [_usual(page)], listing)
        return
    entries = page.sitemap()
    batch: list[SitemapEntry] = []
    found = False
    try:
        async for entry in entries:
            found = True
            if not listing.takes(entry):
                continue
            if batch and (len(batch) == _AT_ONCE or batch[-1].is_sitemap is not entry.is_sitemap):
                yield _followed(page, batch, listing)
                batch = []
            batch.append(entry)
    except ContentError:
        if not robots:  # whatever answers for robots.txt, it names no sitemap
            raise
    if batch:
        yield _followed(page, batch, listing)
    if entries.trouble:
        yield Dropped("sitemap", f"read only in part: {entries.trouble.partition(':')[0]}")
    if robots and not found:
        yield _followed(page, [_usual(page)], listing)


def _usual(page: Page) -> SitemapEntry:
    """Return the sitemap of a site that names none."""
    return SitemapEntry(join(page.asked, "/sitemap.xml") or "", is_sitemap=True)


def _followed(page: Page, batch: Sequence[SitemapEntry], listing: Listing) -> Links | Dropped:
    """Return what becomes of entries of one kind."""
    urls = [entry.url for entry in batch]
    if not batch[0].is_sitemap:
        return Links(page.url, urls, "parse", step=0)
    if listing.level >= MOST_LEVELS:
        return Dropped("sitemap", f"not followed: listed by indexes more than {MOST_LEVELS} deep")
    return Links(page.url, urls, "sitemap", data=[listing.deeper().data()] * len(urls), step=0)


def is_robots(url: str) -> bool:
    """Say whether a URL is that of a site's robots.txt."""
    return _ROBOTS.fullmatch(url) is not None


def _end(moment: datetime) -> float:
    """Return the last second (since 1970) that a date may mean: one without a time is the whole day."""
    day = not (moment.hour or moment.minute or moment.second)
    return moment.timestamp() + (86_400 if day else 0)
