"""Fields: how one value of an item is read from a page, said in data instead of code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from crawler.errors import ConfigError, Problem
from crawler.page import Node, Page, node_text, parse_number
from crawler.url import is_web, join

MISSING: Any = object()


class Selectable(Protocol):
    """What fields are read from: a whole document, or one element of it."""

    def css(self, selector: str, /) -> list[Node]: ...

    def css_first(self, selector: str, /) -> Node | None: ...


@dataclass(frozen=True, slots=True)
class Field:
    """How one value is found and what it is made into.

    Attributes:
        css: selector of the elements; empty when `page` is used.
        attr: attribute to read instead of the text.
        many: a list of all matches instead of the first.
        unique: with `many`, each value once.
        type: "text", "number", "url" (absolute, without fragment) or "html".
        page: a property of the page: "url", "status", "depth", "title" or "content_type".
        default: what stands in for a missing value.
        required: a missing value drops the item.
    """

    css: str = ""
    attr: str = ""
    many: bool = False
    unique: bool = False
    type: str = "text"
    page: str = ""
    default: Any = None
    required: bool = False

    def read(self, part: Selectable, page: Page) -> Any:
        """Return the value found in a part of a page, or MISSING."""
        if self.page:
            return page.text("title") if self.page == "title" else getattr(page, self.page)
        if self.many:
            found = (self._value(node, page) for node in part.css(self.css))
            values = [value for value in found if value is not MISSING]
            return (list(dict.fromkeys(values)) if self.unique else values) or MISSING
        node = part.css_first(self.css)
        return MISSING if node is None else self._value(node, page)

    def _value(self, node: Node, page: Page) -> Any:
        if self.type == "html":
            return node.html or MISSING
        raw = node.attributes.get(self.attr) if self.attr else node_text(node)
        if raw is None:
            return MISSING
        value = _MAKE[self.type](raw, page)
        return MISSING if value is None else value


def _url(raw: str, page: Page) -> str | None:
    url = join(page.base, raw)
    return url if url is not None and is_web(url) else None


_MAKE: dict[str, Callable[[str, Page], Any]] = {
    "text": lambda raw, page: raw,
    "number": lambda raw, page: parse_number(raw),
    "url": _url,
}


def check_selector(selector: str, path: str) -> None:
    """Raise ConfigError, naming the place in the configuration, when a CSS selector cannot be read."""
    try:
        LexborHTMLParser(b"").css(selector)
    except SelectolaxError:
        raise ConfigError([Problem(f"{selector!r} is not a CSS selector", path)]) from None
