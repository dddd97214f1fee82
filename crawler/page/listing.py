"""Reads a sitemap or feed, whatever it is written in: XML, JSON or lines of text."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from xml.etree.ElementTree import Element

from crawler.errors import ContentError
from crawler.page import feed, sitemap
from crawler.page.branches import Branches
from crawler.page.entries import Entries, Reader
from crawler.page.feed import FeedEntry
from crawler.page.pieces import decoder_of, encoding_of
from crawler.page.sitemap import SitemapEntry

E = TypeVar("E")

# A JSON Feed is read as a whole.
_LONGEST_JSON = 4 * 1024 * 1024
_LONGEST_LINE = 16 * 1024
# What is needed to tell the kinds apart, and to find the name of an encoding.
_HEAD = 256
_SPACE = b" \t\r\n\f"
_BLANK = (codecs.BOM_UTF8, *(bytes([one]) for one in _SPACE))
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_LINE_END = re.compile(r"[\r\n]+")
# What stands in robots.txt beside sitemaps.
_FIELD = re.compile(r"#.*|[A-Za-z -]{1,40}:.*")


@dataclass(frozen=True, slots=True)
class Kind(Generic[E]):
    """What is read: sitemaps, or feeds.

    Attributes:
        roots: what the root of XML may be called.
        of_element, of_feed, of_line: make an entry, or None; the last is None where text is not read.
    """

    roots: frozenset[str]
    of_element: Callable[[Element, str], E | None]
    of_feed: Callable[[FeedEntry], E | None]
    of_line: Callable[[str, str], E | None] | None = None


def sitemap_entries(url: str, body: bytes, content_type: str) -> Entries[SitemapEntry]:
    """Return the entries of a sitemap; see `Page.sitemap`."""
    kind = Kind(sitemap.ROOTS, sitemap.sitemap_entry, sitemap.of_feed, sitemap.listed)
    return Entries(url, body, lambda: Document(kind, url, content_type))


def feed_entries(url: str, body: bytes, content_type: str) -> Entries[FeedEntry]:
    """Return the entries of a feed; see `Page.feed`."""
    kind = Kind(feed.ROOTS, feed.feed_entry, lambda entry: entry)
    return Entries(url, body, lambda: Document(kind, url, content_type))


class Document(Generic[E]):
    """A reader that looks at the beginning, and then leaves the work to the one for what that is.

    Args:
        kind: what is read.
        base: the URL of the document, which relative URLs are joined to.
        content_type: the header, for the encoding.
    """

    def __init__(self, kind: Kind[E], base: str, content_type: str) -> None:
        self.mends = False
        self._kind = kind
        self._base = base
        self._content_type = content_type
        self._head = b""
        self._reader: Reader[E] | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._reader is not None:
            self._reader.feed(piece)
            return
        self._head += piece
        while self._head.startswith(_BLANK):  # however it is cut into pieces
            self._head = self._head.removeprefix(codecs.BOM_UTF8).lstrip(_SPACE)
        if len(self._head) >= _HEAD:
            self._begin()

    def close(self) -> None:
        """Say that there is nothing more."""
        if self._reader is None:
            self._begin()
        if self._reader is not None:
            self._reader.close()

    def take(self) -> list[E]:
        """Return the entries that have been complete since this was last asked."""
        return self._reader.take() if self._reader is not None else []

    def _begin(self) -> None:
        head, kind, self._head = self._head, self._kind, b""
        if not head:
            raise ContentError("it is empty")
        if head.startswith((b"<", *_UTF_16)):
            encoding = encoding_of(head, self._content_type)
            self.mends = not head.startswith(_UTF_16) and encoding != "iso-2022-jp"
            self._reader = _Xml(kind, self._base, encoding)
        elif head.startswith(b"{"):
            self._reader = _Json(kind.of_feed, self._base)
        elif kind.of_line is not None:
            self._reader = _Lines(kind.of_line, self._base)
        else:
            raise ContentError("neither XML nor JSON")
        self._reader.feed(head)


class _Xml(Generic[E]):
    mends = True

    def __init__(self, kind: Kind[E], base: str, encoding: str | None) -> None:
        self._entries: list[E] = []
        self._of_element = kind.of_element
        self._decoder = decoder_of(encoding)
        known = encoding if self._decoder is None else "utf-8"
        self._branches = Branches(kind.roots, base, self._keep, known)

    def feed(self, piece: bytes) -> None:
        self._branches.feed(piece if self._decoder is None else self._decoder.decode(piece).encode())

    def close(self) -> None:
        self._branches.close()

    def take(self) -> list[E]:
        entries, self._entries = self._entries, []
        return entries

    def _keep(self, element: Element, base: str) -> None:
        entry = self._of_element(element, base)
        if entry is not None:
            self._entries.append(entry)


class _Json(Generic[E]):
    mends = False

    def __init__(self, of_feed: Callable[[FeedEntry], E | None], base: str) -> None:
        self._of_feed = of_feed
        self._base = base
        self._body = b""
        self._entries: list[E] = []

    def feed(self, piece: bytes) -> None:
        self._body += piece
        if len(self._body) > _LONGEST_JSON:
            raise ContentError(f"JSON of more than {_LONGEST_JSON // 1024**2} MB")

    def close(self) -> None:
        try:
            document = json.loads(self._body)
        except (ValueError, RecursionError) as error:
            raise ContentError(f"not JSON: {error}") from error
        found = (self._of_feed(entry) for entry in feed.json_entries(document, self._base))
        self._entries = [entry for entry in found if entry is not None]

    def take(self) -> list[E]:
        entries, self._entries = self._entries, []
        return entries


class _Lines(Generic[E]):
    mends = False

    def __init__(self, of_line: Callable[[str, str], E | None], base: str) -> None:
        self._of_line = of_line
        self._base = base
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._entries: list[E] = []
        self._found = self._strange = False

    def feed(self, piece: bytes) -> None:
        *lines, rest = _LINE_END.split(self._rest + self._decoder.decode(piece))
        # A line without end is no URL; what follows its end is looked at again.
        self._rest = rest[-_LONGEST_LINE - 1 :]
        self._keep(lines)

    def close(self) -> None:
        self._keep([self._rest + self._decoder.decode(b"", final=True)])
        if self._strange and not self._found:
            raise ContentError("neither XML nor a list of URLs")

    def take(self) -> list[E]:
        entries, self._entries = self._entries, []
        return entries

    def _keep(self, lines: list[str]) -> None:
        for line in filter(None, map(str.strip, lines)):
            entry = self._of_line(line, self._base)
            if entry is not None:
                self._found = True
                self._entries.append(entry)
            elif len(line) > _LONGEST_LINE or not _FIELD.fullmatch(line):
                self._strange = True
