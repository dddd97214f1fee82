"""One entry of a feed, whichever format it came in."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from crawler.page import FeedEntry


class Entry(msgspec.Struct, kw_only=True, frozen=True):
    """What a feed says of one article.

    Attributes:
        url: where the article is.
        title: its headline.
        summary: what the feed tells of it; may hold HTML.
        author: who wrote it, where the feed says.
        published: when, in UTC; None where the feed does not say it in a way that can be read.
        feed: the URL of the feed.
    """

    url: str
    title: str = ""
    summary: str = ""
    author: str = ""
    published: datetime | None = None
    feed: str


def entry_of(found: FeedEntry, feed: str) -> Entry | None:
    """Return the entry as an item, or None when it links to nothing."""
    if not found.url:
        return None
    moment = found.published or found.updated
    return Entry(
        url=found.url,
        title=found.title,
        summary=found.summary,
        author=found.author,
        published=moment.astimezone(UTC) if moment is not None else None,
        feed=feed,
    )
