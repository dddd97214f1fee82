"""The parts of a configuration that have a short form: start, spider, links, pages and fields.

Each short form is turned into the long one before it is checked, so the tree knows only the long ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from crawler.model import LinkKind
from crawler.settings.section import Many, Named, Section, nothing
from crawler.settings.shown import Shown
from crawler.settings.values import (
    URL_PATTERN,
    Pattern,
    PositiveSeconds,
    Selector,
    SitemapUrl,
    SpiderName,
    StartUrl,
    Text,
)
from crawler.settings.words import describe
from crawler.settings.wrong import wrong

_TEXT = {"type": "string", "minLength": 1}
_URL = {"type": "string", "pattern": URL_PATTERN}
_ATTRIBUTE = re.compile(r"(.*)@([A-Za-z_:][\w:.-]*)", re.DOTALL)


class Demo(Section):
    """The site that comes with the package, served on this machine."""

    articles: int = Field(default=200, ge=1, description="How many articles the site has.")


class Start(Section):
    """Where the crawl begins: one of `urls`, `file`, `sitemap`, `feed` and `demo` is set."""

    urls: Many[StartUrl] = Field(default=(), description="One or more http or https URLs.")
    file: Text | None = Field(
        default=None, description="A file with one URL a line, its path relative to the configuration."
    )
    sitemap: SitemapUrl | None = Field(
        default=None,
        description="The URL of a sitemap; each page it lists is a start. `robots`, beside `urls`: the "
        "sitemaps that the robots.txt of these sites name, or else their `/sitemap.xml`.",
    )
    feed: StartUrl | None = Field(
        default=None, description="The URL of a feed (RSS, Atom, JSON Feed); each page it lists is a start."
    )
    since: PositiveSeconds | None = Field(
        default=None,
        description="Of a sitemap or feed, only pages that changed so long ago at most, and those of which "
        "it is not said.",
    )
    match: Pattern | None = Field(
        default=None, description="Of a sitemap or feed, only pages in whose URLs this is found."
    )
    demo: Demo | None = Field(
        default=None,
        description="Serve the site that comes with the package on a free port, and start there.",
    )


class SpiderRef(Section):
    """Which spider to use, and its parameters."""

    use: SpiderName = Field(
        description="An installed spider's name, `package.module:Class`, or `spiders.py:Class` with a path "
        "relative to the configuration. The class may be left out where a file holds just one spider."
    )
    params: Named[str, Any] = Field(
        default_factory=nothing, description="Values for the spider's parameters."
    )


class Follow(Section):
    """Links to follow."""

    css: Selector | None = Field(default=None, description="Selects the elements that hold the links.")
    kinds: Many[LinkKind] = Field(
        default=(),
        description="Which kinds of links are meant, instead of `css`. Left out: those that lead to pages.",
    )
    match: Pattern | None = Field(
        default=None, description="Must be found in the URL that the link leads to."
    )
    priority: int = Field(
        default=0, description="Links with a higher number are fetched earlier within their host."
    )


class ItemField(Section):
    """One value of an item: text or an attribute of elements, or a property of the page."""

    css: Selector | None = Field(default=None, description="Selects the elements that hold the value.")
    attr: Text | None = Field(default=None, description="Take this attribute instead of the text.")
    many: bool = Field(default=False, description="Take all matches, as a list, instead of the first.")
    unique: bool = Field(default=False, description="With `many`: drop repetitions.")
    type: Literal["text", "number", "url", "html"] = Field(
        default="text",
        description="What the value is: text as it stands, a number, an absolute URL, or the element's HTML.",
    )
    default: Any = Field(default=None, description="The value when nothing matches.")
    required: bool = Field(default=False, description="Drop the item when nothing matches.")
    page: Literal["url", "status", "depth", "title", "content_type"] | None = Field(
        default=None, description="Take this property of the page; instead of `css`."
    )


def _field(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    match = _ATTRIBUTE.fullmatch(value)
    if match is None:
        return {"css": value}
    if not match[1].strip():
        raise wrong(f"{describe(value)} has no selector before the '@'", f"such as img@{match[2]}")
    return {"css": match[1].rstrip(), "attr": match[2]}


FieldUse = Annotated[ItemField, BeforeValidator(_field), Shown("selector or mapping", short=(_TEXT,))]


class PageKind(Section):
    """A kind of pages and the items they yield."""

    match: Pattern | None = Field(
        default=None, description="Must be found in the page's URL. Left out: every page."
    )
    each: Selector | None = Field(
        default=None, description="Selects elements; each yields one item. Left out: one item a page."
    )
    fields: Named[Text, FieldUse] = Field(default_factory=nothing, description="The item's fields, by name.")


def _spider(value: Any) -> Any:
    return {"use": value} if isinstance(value, str) else value


def _start(value: Any) -> Any:
    if isinstance(value, str):
        return {"urls": [value]}
    if isinstance(value, list | tuple):
        return {"urls": value}
    if not isinstance(value, Mapping):
        raise wrong(
            f"must be a URL, a list of URLs or a mapping, not {describe(value)}",
            "such as https://example.com/",
        )
    return value


SpiderUse = Annotated[SpiderRef, BeforeValidator(_spider), Shown("name or mapping", short=(_TEXT,))]
StartUse = Annotated[
    Start,
    BeforeValidator(_start),
    Shown("URL, list or mapping", short=(_URL, {"type": "array", "items": _URL, "minItems": 1})),
]
