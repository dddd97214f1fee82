"""From settings to the spider that they ask for."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from crawler.errors import ConfigError, Problem
from crawler.extract import PLAIN_PAGE, Field, FollowRule, PageKind, RuleSpider
from crawler.making.named import named_at
from crawler.making.params import fitted, made
from crawler.model import Request
from crawler.registry import find_spider
from crawler.settings import Settings, SpiderRef
from crawler.settings.addresses import ROBOTS
from crawler.settings.entries import ItemField, Start
from crawler.spider import Spider
from crawler.starts import Sitemap, UrlFile
from crawler.url import join


def make_spider(settings: Settings, given: Spider | None = None) -> Spider:
    """Return the spider that the settings ask for, with its parameters, or else the one that is given.

    Start URLs that the settings name take the place of the spider's own.
    """
    if given is not None:
        spider: Spider = given
    elif settings.spider is None:
        spider = RuleSpider(_follow_rules(settings), _page_kinds(settings) or (PLAIN_PAGE,))
    else:
        spider = _configured_spider(settings, settings.spider)
    start = settings.start
    if start is not None:
        if start.file is not None:
            spider.start = UrlFile(settings.folder / start.file)
        elif start.demo is None:
            spider.start = _starts(start) or spider.start  # a crawl that is kept open names none
    return spider


def _starts(start: Start) -> Sitemap | list[str | Request | UrlFile | Sitemap]:
    """Return the start URLs, and what is to be read for others."""
    since = None if start.since is None else timedelta(seconds=start.since)
    listing = partial(Sitemap, since=since, match=start.match or "")
    if start.sitemap == ROBOTS:
        robots = dict.fromkeys(join(url, "/robots.txt") or "" for url in start.urls)
        return [*start.urls, *map(listing, robots)]
    listed = start.sitemap or start.feed
    return list(start.urls) if listed is None else listing(listed)


def _configured_spider(settings: Settings, named: SpiderRef) -> Spider:
    """Return the spider that a class makes with the parameters; errors tell where the settings name it."""
    with named_at(settings, "spider"):
        kind = find_spider(named.use, settings.folder)
        return made(kind, fitted(kind, named.params))


def check_has_start(settings: Settings, spider: Spider) -> None:
    """Raise ConfigError when nobody says where the crawl begins."""
    made_up = type(spider).starts is not Spider.starts
    if settings.start is None and not spider.start and not made_up:
        hint = "such as start: https://example.com/"
        raise ConfigError(
            [Problem("nothing to crawl: neither the settings nor the spider name a start", hint=hint)]
        )


def _follow_rules(settings: Settings) -> list[FollowRule]:
    return [
        FollowRule(rule.css or "", rule.match or "", rule.priority, rule.kinds) for rule in settings.follow
    ]


def _page_kinds(settings: Settings) -> list[PageKind]:
    return [
        PageKind(
            name,
            kind.match or "",
            kind.each or "",
            {key: _field(field) for key, field in kind.fields.items()},
        )
        for name, kind in settings.pages.items()
    ]


def _field(field: ItemField) -> Field:
    return Field(
        css=field.css or "",
        attr=field.attr or "",
        many=field.many,
        unique=field.unique,
        type=field.type,
        page=field.page or "",
        default=field.default,
        required=field.required,
    )
