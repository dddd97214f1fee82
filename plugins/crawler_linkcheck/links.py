"""Where links stand in HTML: which elements and attributes are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from crawler.page import Page
from crawler.page.page import Node

#: Elements and their attributes that hold a URL which a browser, or a reader, goes to with GET.
ATTRIBUTES: dict[str, Sequence[str]] = {
    "a": ("href",),
    "area": ("href",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "script": ("src",),
    "iframe": ("src",),
    "frame": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
}
#: Kinds of `link` that lead to something. Others name a host to connect to, or a service that takes no GET.
RELATIONS = frozenset(
    (
        "alternate",
        "apple-touch-icon",
        "author",
        "help",
        "icon",
        "license",
        "manifest",
        "mask-icon",
        "modulepreload",
        "next",
        "preload",
        "prev",
        "search",
        "stylesheet",
    )
)
#: Here an empty value means the page itself; elsewhere it means nothing.
_HYPERLINKS = frozenset({"a", "area"})

LONGEST_TEXT = 80
_SPACE = " \t\n\f\r"
_CANDIDATE = re.compile(rf"[{_SPACE},]*+([^{_SPACE}]+)")
# What is said of a candidate goes to the next comma that is in no parentheses.
_DESCRIPTORS = re.compile(r"(?:\([^)]*+\)?|[^,(])*+")


class Found(NamedTuple):
    """One link as it stands on a page."""

    href: str
    element: str
    attribute: str
    node: Node

    @property
    def text(self) -> str:
        """The beginning of what a reader sees of it, white space collapsed."""
        text = self.node.attributes.get("alt") or self.node.text() if self.element != "script" else ""
        text = " ".join(text.split())
        return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def links_of(page: Page) -> Iterator[Found]:
    """Yield the links of a page, element by element.

    Raises ParseRefused when the page is not parsed.
    """
    for element, attributes in ATTRIBUTES.items():
        for node in page.tree.tags(element):
            for attribute in attributes:
                for href in _values(node, element, attribute):
                    yield Found(href, element, attribute, node)


def candidates(srcset: str) -> list[str]:
    """Return the URLs in a `srcset` attribute (HTML standard, "parse a srcset attribute")."""
    found: list[str] = []
    place = 0
    while candidate := _CANDIDATE.match(srcset, place):
        place = candidate.end()
        if not candidate[1].endswith(","):  # else that was all of this candidate
            described = _DESCRIPTORS.match(srcset, place)
            place = described.end() if described else place
        found.append(candidate[1].rstrip(","))
    return found


def _values(node: Node, element: str, attribute: str) -> Sequence[str]:
    held = node.attributes
    if attribute not in held:
        return ()
    value = held[attribute] or ""
    if element == "link" and not RELATIONS.intersection((held.get("rel") or "").lower().split()):
        return ()
    if element == "input" and (held.get("type") or "").lower() != "image":
        return ()
    if attribute == "srcset":
        return candidates(value)
    return (value,) if value.strip() or element in _HYPERLINKS else ()
