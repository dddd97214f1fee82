"""A spider made of rules: which links to follow, and which values each kind of page holds."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from crawler.errors import ConfigError, Problem
from crawler.extract.fields import MISSING, Field, Selectable, check_selector
from crawler.model import Dropped, LinkKind, Links
from crawler.model.items import NamedItem
from crawler.page import Page
from crawler.spider import Spider
from crawler.url import is_web, join


@dataclass(frozen=True, slots=True)
class FollowRule:
    """Which links to follow.

    Attributes:
        css: selector of the elements that carry the links; empty to go by `kinds`.
        match: regular expression that must be found in the link's URL; empty for any.
        priority: higher is fetched earlier within a host.
        kinds: which kinds of links are meant; without any, and without `css`, those that lead to pages.
    """

    css: str = ""
    match: str = ""
    priority: int = 0
    kinds: Sequence[LinkKind] = ()


@dataclass(frozen=True, slots=True)
class PageKind:
    """One kind of page and the items on it.

    Attributes:
        name: what its items are called.
        match: regular expression that must be found in the page's URL; empty for every page.
        each: selector of the elements that are an item each; empty for one item a page.
        fields: the values of an item, by name. Every item also has the page's `url`.
    """

    name: str
    match: str = ""
    each: str = ""
    fields: Mapping[str, Field] = field(default_factory=dict)


#: Items of one kind that are taken from a page; more would keep the event loop when they come back.
MOST_ITEMS = 20_000

#: Used where a configuration names no kind of page.
PLAIN_PAGE = PageKind("page", fields={"title": Field(css="title")})


class RuleSpider(Spider):
    """Crawls by rules.

    Args:
        follow: which links to follow.
        kinds: the kinds of pages; with more than one, each item says in `kind` which it is.

    Raises ConfigError for a selector that cannot be read.
    """

    def __init__(self, follow: Sequence[FollowRule] = (), kinds: Sequence[PageKind] = (PLAIN_PAGE,)) -> None:
        super().__init__()
        #: What it was made of, as data: another process can make it again.
        self.rules = {"follow": list(follow), "kinds": list(kinds)}
        self._follow = [(rule, re.compile(rule.match) if rule.match else None) for rule in follow]
        self._kinds = [(kind, re.compile(kind.match) if kind.match else None) for kind in kinds]
        _check(follow, kinds)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        """Yield the page's items, then the links to follow."""
        for output in self.read(page):
            yield output

    def read(self, page: Page) -> Iterator[Any]:
        """Yield the same where there is no event loop: in a worker process."""
        if not page.is_html:
            return
        for kind, pattern in self._kinds:
            if pattern is None or pattern.search(page.url):
                yield from self._items(kind, page)
        for rule, pattern in self._follow:
            yield _links(rule, pattern, page)

    def _items(self, kind: PageKind, page: Page) -> Iterator[dict[str, Any] | Dropped]:
        parts: Sequence[Selectable] = page.css(kind.each) if kind.each else [page.tree]
        for number, part in enumerate(parts):
            if number == MOST_ITEMS:
                yield Dropped(kind.name, f"more than {MOST_ITEMS:,} on one page")
                return
            item = NamedItem(kind.name, {"url": page.url})
            if len(self._kinds) > 1:
                item["kind"] = kind.name
            lacking = _fill(item, kind, part, page)
            yield Dropped(kind.name, f"no {lacking!r}") if lacking else item


def _fill(item: dict[str, Any], kind: PageKind, part: Selectable, page: Page) -> str:
    """Read an item's values; return the name of a required one that is missing, or nothing."""
    for name, rule in kind.fields.items():
        value = rule.read(part, page)
        if value is MISSING:
            if rule.required:
                return name
            value = [] if rule.many and rule.default is None else rule.default
        item[name] = value
    return ""


def _links(rule: FollowRule, pattern: re.Pattern[str] | None, page: Page) -> Links:
    links = page.follow(rule.css or None, kinds=rule.kinds or None, priority=rule.priority)
    if pattern is None:
        return links
    joined = ((href, join(links.base, href)) for href in links.hrefs)
    hrefs = {href: None for href, url in joined if url is not None and is_web(url) and pattern.search(url)}
    nofollow = [href for href in links.nofollow if href in hrefs]
    return msgspec.structs.replace(links, hrefs=list(hrefs), nofollow=nofollow)


def _check(follow: Sequence[FollowRule], kinds: Sequence[PageKind]) -> None:
    for number, rule in enumerate(follow):
        if rule.css:
            check_selector(rule.css, f"follow.{number}.css")
    for kind in kinds:
        if kind.each:
            check_selector(kind.each, f"pages.{kind.name}.each")
        for name, one in kind.fields.items():
            if name in ("url", "kind"):
                problem = Problem(
                    f"every item has its page's {name!r} already", f"pages.{kind.name}.fields.{name}"
                )
                raise ConfigError([problem])
            if one.css:
                check_selector(one.css, f"pages.{kind.name}.fields.{name}.css")
