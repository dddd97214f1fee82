"""One entry of a feed, whichever format it came in."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element

import msgspec


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


def read_entry(element: Element, feed: str) -> Entry | None:
    """Return the entry in an RSS `item` or Atom `entry` element, or None when it links to nothing."""
    url = _link(element)
    if not url:
        return None
    return Entry(
        url=url,
        title=_text(element, "title"),
        summary=_text(element, "description", "summary", "content"),
        author=_text(element, "creator", "author/{*}name", "author"),
        published=_date(_text(element, "pubDate", "published", "updated", "date")),
        feed=feed,
    )


def _text(element: Element, *names: str) -> str:
    for name in names:
        text = element.findtext(f"{{*}}{name}", "").strip()
        if text:
            return text
    return ""


def _link(element: Element) -> str:
    # RSS writes the URL as text, Atom as an attribute; of several Atom links the plain one is the article.
    for link in element.iterfind("{*}link"):
        if link.get("rel", "alternate") == "alternate":
            return (link.get("href") or link.text or "").strip()
    return ""


def _date(text: str) -> datetime | None:
    # RSS dates are those of mail (RFC 5322), Atom dates those of RFC 3339.
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
        except ValueError:
            continue
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return None
