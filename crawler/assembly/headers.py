"""Which headers of the configuration go to whom."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from crawler.errors import UrlError
from crawler.model import Request
from crawler.settings import Settings, secret_headers
from crawler.spider import Spider
from crawler.starts import Sitemap, UrlFile
from crawler.url import canonical, is_web, origin_of

_log = logging.getLogger("crawler")


@dataclass(frozen=True, slots=True)
class OwnHeaders:
    """The headers that a configuration adds: to all requests, and to those to an origin, by that."""

    everywhere: Mapping[str, str]
    at: Mapping[str, Mapping[str, str]]


def own_headers(settings: Settings, starts: Iterable[str | Request]) -> OwnHeaders:
    """Return which headers go where: those that may be secrets to the start URLs' origins alone.

    A login in a start URL goes to its origin, with every request.

    What is said of an origin counts more than what is said of all. The log says when a secret goes nowhere.

    Args:
        settings: a crawl's.
        starts: its start URLs, as far as they are known beforehand.
    """
    fetch, secret = settings.fetch, secret_headers(settings)
    everywhere = {name: value for name, value in fetch.headers.items() if name not in secret}
    bound = {name: fetch.headers[name] for name in fetch.headers if name in secret}
    starts = list(starts)
    at = {origin: dict(bound) for origin in _origins(starts)} if bound else {}
    for origin, login in _logins(starts):
        at.setdefault(origin, {}).setdefault("Authorization", login)
    if bound and not at and not fetch.origins:
        _log.warning(
            "%s may be a secret, and no start URL is known beforehand: it is sent nowhere; say under "
            "fetch.origins who gets it",
            ", ".join(bound),
        )
    for origin, own in fetch.origins.items():
        named = {name.lower() for name in own.headers}
        rest = {name: value for name, value in at.get(origin, {}).items() if name.lower() not in named}
        at[origin] = {**rest, **own.headers}
    return OwnHeaders(everywhere, at)


def known_starts(settings: Settings, spider: Spider | None = None) -> Iterator[str | Request]:
    """Yield the start URLs that settings and spider name beforehand: not those in a file or made up."""
    if settings.start is not None:
        yield from settings.start.urls
        yield from (url for url in (settings.start.sitemap, settings.start.feed) if url and is_web(url))
    start = spider.start if spider is not None else ()
    for one in [start] if isinstance(start, str | Sitemap | UrlFile) else start:
        if isinstance(one, Sitemap):
            yield one.url
        elif not isinstance(one, UrlFile):
            yield one


def _logins(starts: Iterable[str | Request]) -> Iterator[tuple[str, str]]:
    """Yield origin and Authorization header of the start URLs that hold a login."""
    for start in starts:
        url = start if isinstance(start, str) else start.url
        if "@" in url:
            try:
                request = Request(url).at(canonical(url))
            except UrlError:
                continue  # the crawl tells of it when it begins
            if "Authorization" in request.headers:
                yield origin_of(request.url), request.headers["Authorization"]


def _origins(starts: Iterable[str | Request]) -> Iterator[str]:
    for start in starts:
        try:
            yield origin_of(canonical(start if isinstance(start, str) else start.url))
        except UrlError:
            continue  # the crawl tells of it when it begins
