"""The kinds of single values a configuration holds: how each is written, checked and understood."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from crawler.nearest import nearest
from crawler.settings.addresses import (
    ROBOTS,
    contact,
    host,
    network,
    origin,
    proxy,
    sitemap_url,
    start_url,
)
from crawler.settings.amounts import seconds, size
from crawler.settings.shown import Shown
from crawler.settings.words import listing, short
from crawler.settings.wrong import wrong

FORMATS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".db": "sqlite",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
}

#: Characters that the name of a crawl may have.
LONGEST_NAME = 100

#: What counts as a page unless it is said: text, and what is read as such.
PAGE_TYPES = (
    "text/*",
    "application/xhtml+xml",
    "application/xml",
    "application/*+xml",
    "application/json",
    "application/*+json",
    "application/x-ndjson",
    "application/javascript",
)

#: How a hint on suffixes ends; a command line has other ways, or none.
ANY_SUFFIX = "; or write {file: ..., format: jsonl}"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_PLUGIN = re.compile(r"[\w.-]+|.+\.py|.+:[^\W\d]\w*")


def pattern(text: str) -> str:
    """Return a regular expression, unchanged, once it is known to compile."""
    try:
        re.compile(text)
    # A person may have turned warnings into errors: a doubtful expression is then a wrong one.
    except (re.error, OverflowError, RecursionError, Warning) as error:
        hint = "to match a dot or a star write \\. or \\*" if text.startswith(("*", "+", "?")) else ""
        raise wrong(f"{short(text)!r} is not a regular expression: {error}", hint) from error
    return text


def selector(text: str) -> str:
    """Return a CSS selector, unchanged, once the parser is known to take it."""
    # Imported at the first selector, since it brings the parser with it.
    from crawler.errors import ConfigError
    from crawler.extract.fields import check_selector

    try:
        check_selector(text, "")
    except (ConfigError, UnicodeError) as error:
        raise wrong(f"{short(text)!r} is not a CSS selector", _instead(text)) from error
    return text


def _instead(text: str) -> str:
    """Return how to write what looks like the selector of another tool."""
    attribute = re.fullmatch(r"(.+)::attr\(([\w:.-]+)\)", text)
    if attribute:
        return f"an attribute is {{css: {attribute[1]}, attr: {attribute[2]}}}"
    if text.endswith("::text"):
        return f"the text is what a field takes: {text.removesuffix('::text')}"
    attribute = re.fullmatch(r"([^'\"]*[^'\"\s])\s*@([A-Za-z_:][\w:.-]*)", text)
    if attribute:
        return f"in a field, write css: {attribute[1]} and attr: {attribute[2]}"
    return "this is XPath; write it in CSS" if text.startswith(("/", "./", "(/")) else ""


def header_name(text: str) -> str:
    """Return the name of a header field (RFC 9110, section 5.1)."""
    if not _TOKEN.fullmatch(text):
        raise wrong(f"{short(text)!r} cannot be the name of a header")
    return text


def header_value(text: str) -> str:
    """Return a header's value: one line without control characters (RFC 9110, section 5.5)."""
    if _CONTROL.search(text):
        raise wrong("must be one line without control characters", "a header cannot hold a line break")
    return text


def media_type(text: str) -> str:
    """Return a media type in lower case; `*` stands for any part of it, as in text/* or */*+xml."""
    major, slash, minor = text.partition("/")
    if not (slash and _TOKEN.fullmatch(major) and _TOKEN.fullmatch(minor)):
        raise wrong(f"{short(text)!r} is not a media type", "such as text/html, text/* or */*+xml")
    return text.lower()


def crawl_name(text: str) -> str:
    """Return the name of a crawl, which its files are called by: it cannot lead into another folder."""
    if "/" in text or "\\" in text:
        hint = "files are called by it; folders are named under 'output' and 'state'"
        raise wrong(f"{short(text)!r} holds a path separator", hint)
    if re.search(r"[\x00-\x1f\x7f-\x9f]", text):
        raise wrong(f"{short(text)!r} holds a control character", "files are called by it")
    if text.startswith("."):
        raise wrong(f"{short(text)!r} begins with a dot", "files are called by it, and would be hidden")
    if len(text) > LONGEST_NAME:
        raise wrong(f"has {len(text)} characters, and may have {LONGEST_NAME}", "files are called by it")
    return text


def plugin(noun: str, example: str = "name") -> Callable[[str], str]:
    """Return the check of a plugin's name: a registered one, package.module:name or file.py:name.

    Args:
        noun: what kind of plugin it is.
        example: what stands for the name in its module.
    """

    def check(text: str) -> str:
        if not _PLUGIN.fullmatch(text):
            hint = f"write a name, package.module:{example} or {noun}s.py:{example}"
            raise wrong(f"{short(text)!r} names no {noun}", hint)
        return text

    return check


def suffix(file: str) -> str:
    """Return the suffix of a path in lower case, with its dot, or "" where there is none."""
    name = re.split(r"[/\\]", file)[-1]
    return name[name.rfind(".") :].lower() if "." in name.lstrip(".") else ""


def format_of(file: str) -> str:
    """Return the format that a file's suffix stands for; "-" is standard output, in JSON Lines."""
    if file == "-":
        return "jsonl"
    ending = suffix(file)
    if ending in FORMATS:
        return FORMATS[ending]
    message = (
        f"no format is known for the suffix {short(ending)!r}" if ending else f"{short(file)!r} has no suffix"
    )
    guess = nearest(ending, list(FORMATS))
    raise wrong(message, f"{guess + ' ' if guess else ''}known are {listing(FORMATS)}{ANY_SUFFIX}")


_DURATION = r"^[0-9]+(\.[0-9]+)? ?([mM][sS]|[sSmMhHdD])$"
_SIZE = r"^[0-9]+(\.[0-9]+)? ?([kKmMgG][iI]?)?[bB]$"
_NAME = rf"^(?!\.)[^/\\\x00-\x1f\x7f-\x9f]{{0,{LONGEST_NAME}}}$|\$\{{"
URL_PATTERN = r"^[hH][tT][tT][pP][sS]?://|\$\{"

Text = Annotated[str, Field(min_length=1)]
CrawlName = Annotated[
    str, Field(min_length=1), AfterValidator(crawl_name), Shown("text", "the file's stem", pattern=_NAME)
]
Seconds = Annotated[float, BeforeValidator(seconds), Field(ge=0), Shown("duration", pattern=_DURATION)]
PositiveSeconds = Annotated[
    float, BeforeValidator(seconds), Field(gt=0), Shown("duration", pattern=_DURATION)
]
Size = Annotated[int, BeforeValidator(size), Field(gt=0), Shown("size", pattern=_SIZE)]
# None of something, or so many bytes of it.
Amount = Annotated[int, BeforeValidator(size), Field(ge=0), Shown("size", pattern=_SIZE)]
MediaType = Annotated[str, AfterValidator(media_type), Shown("media type")]
Proxy = Annotated[str, AfterValidator(proxy), Shown("URL")]
Pattern = Annotated[str, AfterValidator(pattern), Shown("regex")]
Selector = Annotated[str, Field(min_length=1), AfterValidator(selector), Shown("selector")]
Host = Annotated[str, AfterValidator(host), Shown("host")]
StartUrl = Annotated[str, AfterValidator(start_url), Shown("URL", pattern=URL_PATTERN)]
SitemapUrl = Annotated[
    str, AfterValidator(sitemap_url), Shown("URL or robots", pattern=rf"^{ROBOTS}$|{URL_PATTERN}")
]
Network = Annotated[str, AfterValidator(network), Shown("network")]
Origin = Annotated[str, AfterValidator(origin), Shown("origin")]
HeaderName = Annotated[str, AfterValidator(header_name)]
HeaderValue = Annotated[str, Field(min_length=1), AfterValidator(header_value), Shown("text")]
Contact = Annotated[str, AfterValidator(contact), Shown("URL or mail address")]
SpiderName = Annotated[str, AfterValidator(plugin("spider", "Class")), Shown("name of a spider")]
StageName = Annotated[str, AfterValidator(plugin("stage")), Shown("name of a stage")]
SinkName = Annotated[str, AfterValidator(plugin("sink")), Shown("name of a sink")]
FetcherName = Annotated[str, AfterValidator(plugin("fetcher")), Shown("name of a fetcher")]
StoreName = Annotated[str, AfterValidator(plugin("store")), Shown("name of a store")]
ListenerName = Annotated[str, AfterValidator(plugin("listener")), Shown("name of a listener")]
