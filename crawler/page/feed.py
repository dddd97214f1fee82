"""Entries of feeds: RSS 0.9x, 1.0 and 2.0, Atom (RFC 4287) and JSON Feed 1."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from crawler.errors import ContentError
from crawler.page.branches import base_of
from crawler.page.dates import parse_date
from crawler.url import is_web, join

#: What the root of a feed may be called.
ROOTS = frozenset({"rss", "feed", "rdf"})

_PUBLISHED = ("pubdate", "published", "issued", "dc:date", "atom:published", "date")
_UPDATED = ("updated", "modified", "atom:updated", "dcterms:modified")
_SUMMARY = ("description", "summary", "itunes:summary", "media:description")
_CONTENT = ("content:encoded", "content")
_TITLE = ("title", "dc:title", "media:title")
_LINKS = ("link", "atom:link")


class Enclosure(msgspec.Struct, frozen=True):
    """A file that comes with an entry, such as a podcast's; `length` in bytes, None where it is not said."""

    url: str
    type: str = ""
    length: int | None = None


class FeedEntry(msgspec.Struct, frozen=True):
    """What a feed says of one article.

    Attributes:
        url: where the article is, absolute; empty where the feed does not say.
        title: its headline.
        published, updated: when, with a time zone; None where the feed does not say it legibly.
        summary: what the feed tells of it, or else its content; may hold HTML.
        id: what the feed knows it by; its URL where the feed says nothing else.
        author: who wrote it.
        enclosures: files that come with it.
    """

    url: str = ""
    title: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    id: str = ""
    author: str = ""
    enclosures: tuple[Enclosure, ...] = ()


def feed_entry(element: Element, base: str) -> FeedEntry | None:
    """Return the entry in an RSS `item` or Atom `entry`; None for any other element, and for an empty one."""
    if element.tag not in ("item", "entry"):
        return None
    base = base_of(element.attrib, base)
    children: dict[str, list[Element]] = {}
    for child in element:
        children.setdefault(child.tag, []).append(child)
    identity = _text(children, ("guid", "id", "atom:id")) or element.get("rdf:about", "")
    url = _link(children, base) or _permanent(children, identity)
    title = _text(children, _TITLE)
    if not (url or title or identity):
        return None
    return FeedEntry(
        url=url,
        title=title,
        published=_date(children, _PUBLISHED),
        updated=_date(children, _UPDATED),
        summary=_text(children, _SUMMARY) or _text(children, _CONTENT),
        id=identity or url,
        author=_author(children),
        enclosures=_enclosures(children, base),
    )


def json_entries(document: Any, base: str) -> list[FeedEntry]:
    """Return the entries of a JSON Feed; what is not as it should be counts as missing.

    Raises ContentError when it has no items.
    """
    items = document.get("items") if isinstance(document, Mapping) else None
    if not isinstance(items, list):
        raise ContentError("JSON without items")
    found = [_of_json(item, base) for item in items if isinstance(item, Mapping)]
    return [entry for entry in found if entry.url or entry.title or entry.id]


def _of_json(item: Mapping[str, Any], base: str) -> FeedEntry:
    def text(*keys: str) -> str:
        return next((value.strip() for key in keys if isinstance(value := item.get(key), str) and value), "")

    url = _joined(base, text("url", "external_url"))
    identity = item.get("id")
    authors = item.get("authors")
    author = next(iter(authors), None) if isinstance(authors, list) else item.get("author")
    name = author.get("name") if isinstance(author, Mapping) else None
    files = item.get("attachments")
    return FeedEntry(
        url=url,
        title=text("title"),
        published=parse_date(text("date_published")),
        updated=parse_date(text("date_modified")),
        summary=text("summary", "content_html", "content_text"),
        id=str(identity) if isinstance(identity, str | int | float) else url,
        author=name.strip() if isinstance(name, str) else "",
        enclosures=tuple(
            Enclosure(
                _joined(base, file["url"]), str(file.get("mime_type") or ""), _size(file.get("size_in_bytes"))
            )
            for file in (files if isinstance(files, list) else ())
            if isinstance(file, Mapping) and isinstance(file.get("url"), str)
        ),
    )


def _link(children: Mapping[str, list[Element]], base: str) -> str:
    # RSS writes the URL as text, Atom as an attribute; of several Atom links the plain one is the article.
    for link in (link for name in _LINKS for link in children.get(name, ())):
        written = (link.get("href") or link.text or "").strip()
        if written and link.get("rel", "alternate") == "alternate":
            return _joined(base_of(link.attrib, base), written)
    return ""


def _permanent(children: Mapping[str, list[Element]], identity: str) -> str:
    """Return the identity of an RSS item where that is its URL (RSS 2.0, `guid`)."""
    guid = children.get("guid")
    permanent = guid is not None and guid[0].get("isPermaLink", "true").lower() == "true"
    return identity if permanent and is_web(identity) else ""


def _text(children: Mapping[str, list[Element]], names: tuple[str, ...]) -> str:
    for name in names:
        for element in children.get(name, ()):
            # XHTML within Atom is elements, and its text is what can be kept of it.
            text = "".join(element.itertext()).strip() if len(element) else (element.text or "").strip()
            if text:
                return text
    return ""


def _date(children: Mapping[str, list[Element]], names: tuple[str, ...]) -> datetime | None:
    found = (parse_date(child.text or "") for name in names for child in children.get(name, ()))
    return next((date for date in found if date is not None), None)


def _author(children: Mapping[str, list[Element]]) -> str:
    for element in (found for name in ("author", "atom:author") for found in children.get(name, ())):
        # A person in Atom is an element with a name; RSS writes who it is.
        name = next((child.text for child in element if child.tag.endswith("name")), element.text)
        if name and name.strip():
            return name.strip()
    return _text(children, ("dc:creator", "itunes:author"))


def _enclosures(children: Mapping[str, list[Element]], base: str) -> tuple[Enclosure, ...]:
    files = [
        (file, file.get("url")) for name in ("enclosure", "media:content") for file in children.get(name, ())
    ]
    files += [
        (link, link.get("href")) for name in _LINKS for link in children.get(name, ()) if _encloses(link)
    ]
    return tuple(
        Enclosure(_joined(base, url.strip()), file.get("type", ""), _size(file.get("length")))
        for file, url in files
        if url
    )


def _encloses(link: Element) -> bool:
    return link.get("rel") == "enclosure"


def _joined(base: str, url: str) -> str:
    return (join(base, url) or url) if url else ""


def _size(value: object) -> int | None:
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
