"""The shape of a URL: what it has in common with the others that one template of its site makes."""

from __future__ import annotations

import re

#: Paths with more segments have the shape of their first one: what grows deeper and deeper is one pattern.
DEEP = 8

_DIGIT = re.compile("[0-9]")
# A word that holds a digit: numbers, ids, digests, random names.
_NUMBERED = re.compile(r"\b[A-Za-z_]*+[0-9]\w*+", re.ASCII)
# Where letters may be written as %C3%A4.
_NUMBERED_SLOWLY = re.compile(
    r"(?<![A-Za-z0-9_%])(?:[A-Za-z_]|%[0-9A-F]{2})*+[0-9](?:[A-Za-z0-9_]|%[0-9A-F]{2})*+", re.IGNORECASE
)
_DATE = re.compile(r"\b[12][0-9]{3}([-/])(?:0?[1-9]|1[0-2])(?:\1(?:0?[1-9]|[12][0-9]|3[01]))?\b", re.ASCII)
_RUN = re.compile(r"(?:/<n>){3,}(?:/?(?=\?|\Z)|(?=/))")
# What leads from page to page of one thing: dates, pages of a list, ever deeper folders.
_STEP = re.compile(
    r"<date>|<deep>|(?<=/)page[/-]<n>"
    r"|(?<=[?&])(?:page|paged|pg|pageno|page_no|pagenum|offset|start|skip|from"
    r"|year|yr|month|mon|week|day|date|yyyy|mm|dd)=<n>",
    re.IGNORECASE,
)


def shape_of(url: str) -> str:
    """Return a canonical URL with `<n>` for each word that holds a digit, `<date>` and `<deep>`.

    `<` and `>` stand in no canonical URL, so that no URL can look like a shape.
    """
    start = url.find("/", 8)
    rest = url[start:]
    if rest.count("/") > DEEP and rest.partition("?")[0].count("/") > DEEP:
        return f"{family_of(url).rstrip('/')}/<deep>"
    if _DIGIT.search(rest) is None:
        return url
    numbered = _NUMBERED if "%" not in rest else _NUMBERED_SLOWLY
    shape = numbered.sub("<n>", rest)
    if "<n>/<n>" in shape or "<n>-<n>" in shape:
        shape = numbered.sub("<n>", _DATE.sub("<date>", rest))
        shape = _RUN.sub("/<deep>", shape)
    return url[:start] + shape


def is_walk(shape: str) -> bool:
    """Say whether only steps tell the URLs of a shape apart: dates, pages of a list, deeper folders."""
    if "<n>" in shape and "=<n>" not in shape and "page" not in shape.lower():
        return False  # as nearly always, and soon seen
    rest, steps = _STEP.subn("", shape)
    return steps > 0 and "<n>" not in rest


def family_of(url: str) -> str:
    """Return origin and first segment of a URL or shape: what a calendar's month and day views share.

    Where the path has no second segment, or the first one is a number, it is the origin and a slash.
    """
    start = url.find("/", 8)
    path = url[start:].partition("?")[0]
    first = path[: max(path.find("/", 1), 0)]
    return url[:start] + ("/" if "<" in first or _NUMBERED.search(first) else first or "/")
