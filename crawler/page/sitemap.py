"""Sitemaps (sitemaps.org protocol 0.9) and what stands in for them: feeds, lists of URLs, robots.txt."""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree.ElementTree import Element

import msgspec

from crawler.page.dates import parse_date
from crawler.page.feed import FeedEntry, feed_entry
from crawler.url import is_web, join

#: What the root of a sitemap in XML may be called; feeds may serve as sitemaps.
ROOTS = frozenset({"urlset", "sitemapindex", "rss", "feed", "rdf"})

_LINE = re.compile(r"(?:(?P<map>site-?maps?)\s*:\s*)?(?P<url>\S{1,4000})", re.IGNORECASE)


class Image(msgspec.Struct, frozen=True):
    """An image on a page (Google's image extension)."""

    url: str
    title: str = ""
    caption: str = ""


class Video(msgspec.Struct, frozen=True):
    """A video on a page (Google's video extension).

    Attributes:
        content: the URL of the file; `player` that of a page that plays it.
        thumbnail: the URL of a still.
        seconds: how long it is; None where that is not said.
    """

    title: str = ""
    description: str = ""
    content: str = ""
    player: str = ""
    thumbnail: str = ""
    seconds: float | None = None
    published: datetime | None = None


class News(msgspec.Struct, frozen=True):
    """An article of a newspaper (Google's news extension); `name` and `language` are the paper's."""

    title: str = ""
    published: datetime | None = None
    name: str = ""
    language: str = ""


class Alternate(msgspec.Struct, frozen=True):
    """The same page in another language; `language` is such as `de-CH` or `x-default`."""

    language: str
    url: str


class SitemapEntry(msgspec.Struct, frozen=True):
    """What a sitemap says of one page, or of another sitemap.

    Attributes:
        url: as it is written; made absolute where it is relative.
        lastmod: when the page changed, with a time zone; None where that is not said.
        changefreq: such as `daily`, in lower case.
        priority: 0.0 to 1.0; None where it is not said.
        is_sitemap: it is another sitemap, not a page.
        images, videos, news, alternates: what the extensions say.
    """

    url: str
    lastmod: datetime | None = None
    changefreq: str = ""
    priority: float | None = None
    is_sitemap: bool = False
    images: tuple[Image, ...] = ()
    videos: tuple[Video, ...] = ()
    news: News | None = None
    alternates: tuple[Alternate, ...] = ()


def sitemap_entry(element: Element, base: str) -> SitemapEntry | None:
    """Return the entry in a child of a sitemap's root, or of a feed; None when it names no URL."""
    tag = element.tag
    if tag in ("item", "entry"):
        found = feed_entry(element, base)
        return None if found is None else of_feed(found)
    if tag not in ("url", "sitemap"):
        return None
    texts: dict[str, str] = {}
    others: list[Element] = []
    for child in element:
        if len(child) or child.attrib or ":" in child.tag:
            others.append(child)
        elif child.text and child.tag not in texts:
            texts[child.tag] = child.text.strip()
    url = texts.get("loc") or _text(element, "loc")
    if not url:
        return None
    entry = SitemapEntry(
        absolute(base, url),
        parse_date(texts.get("lastmod", "")),
        texts.get("changefreq", "").lower(),
        _number(texts.get("priority", "")),
        tag == "sitemap",
    )
    return _extended(entry, others, base) if others else entry


def listed(line: str, base: str) -> SitemapEntry | None:
    """Return the entry in a line of text: a URL, or `Sitemap: URL` as in robots.txt; None for others."""
    match = _LINE.fullmatch(line.partition("#")[0].strip()) if len(line) < 5_000 else None
    if match is None:
        return None
    url = absolute(base, match["url"]) if match["map"] else match["url"]
    return SitemapEntry(url, is_sitemap=bool(match["map"])) if is_web(url.lower()) else None


def absolute(base: str, url: str) -> str:
    """Return a URL as it is written, and a relative one made absolute; the rules of links come later."""
    if url.startswith(("https://", "http://")):
        return url
    return join(base, url) or url


def of_feed(entry: FeedEntry) -> SitemapEntry | None:
    """Return what a feed says of one page; None when it names no URL."""
    return SitemapEntry(entry.url, entry.updated or entry.published) if entry.url else None


def _extended(entry: SitemapEntry, others: list[Element], base: str) -> SitemapEntry:
    """Return an entry with what the extensions say."""
    images, videos, alternates = [], [], []
    news = None
    for other in others:
        if other.tag == "image:image":
            if url := _text(other, "image:loc"):
                title, caption = _text(other, "image:title"), _text(other, "image:caption")
                images.append(Image(absolute(base, url), title, caption))
        elif other.tag == "video:video":
            videos.append(_video(other, base))
        elif other.tag == "news:news":
            news = _news(other)
        elif other.tag == "xhtml:link" and (href := other.get("href")):
            alternates.append(Alternate(other.get("hreflang", ""), absolute(base, href.strip())))
    return msgspec.structs.replace(
        entry, images=tuple(images), videos=tuple(videos), news=news, alternates=tuple(alternates)
    )


def _video(element: Element, base: str) -> Video:
    def url(name: str) -> str:
        written = _text(element, f"video:{name}")
        return absolute(base, written) if written else ""

    return Video(
        title=_text(element, "video:title"),
        description=_text(element, "video:description"),
        content=url("content_loc"),
        player=url("player_loc"),
        thumbnail=url("thumbnail_loc"),
        seconds=_number(_text(element, "video:duration")),
        published=parse_date(_text(element, "video:publication_date")),
    )


def _news(element: Element) -> News:
    paper = next((child for child in element if child.tag == "news:publication"), element)
    return News(
        title=_text(element, "news:title"),
        published=parse_date(_text(element, "news:publication_date")),
        name=_text(paper, "news:name"),
        language=_text(paper, "news:language"),
    )


def _text(parent: Element, tag: str) -> str:
    return next((child.text.strip() for child in parent if child.tag == tag and child.text), "")


def _number(text: str) -> float | None:
    try:
        number = float(text) if len(text) < 20 else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 1e9 else None
