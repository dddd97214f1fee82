"""What fetches, made as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from ipaddress import ip_network
from pathlib import Path

from crawler.assembly.headers import known_starts, own_headers
from crawler.assembly.parts import Parts
from crawler.contracts import Fetcher, Store
from crawler.events import Event
from crawler.fetch import (
    CacheFiles,
    CachingFetcher,
    CookieFetcher,
    Folder,
    HttpFetcher,
    Limits,
    Others,
    nobody,
)
from crawler.fetch.suffixes import load_one_owner
from crawler.making import make_fetcher_plugin
from crawler.model import Request
from crawler.policy.address import AddressRule
from crawler.settings import Settings
from crawler.settings.files import Cache
from crawler.spider import Spider
from crawler.version import __version__


async def open_fetcher(
    parts: Parts,
    spider: Spider,
    allow: Sequence[str],
    store: Store,
    stack: AsyncExitStack,
    tell: Callable[[Event], None],
) -> Fetcher:
    """Return what fetches, outermost first: cookies, which the store keeps; a plugin; a cache; the web.

    Args:
        parts: what the crawl is made from.
        spider: whose start URLs say where headers with secrets may go.
        allow: networks that may be contacted.
        store: keeps the cookies.
        stack: closes it.
        tell: told what listeners should know.
    """
    settings = parts.settings
    inner: Fetcher
    if parts.fetcher is not None:
        inner = parts.fetcher
    else:
        starts = known_starts(settings, spider)
        inner = await stack.enter_async_context(make_fetcher(settings, allow, starts, tell))
    if settings.fetch.cache is not None:
        inner = _cached(settings, settings.fetch.cache, spider, inner)
    fetcher = make_fetcher_plugin(settings, inner)
    if fetcher is not inner and isinstance(fetcher, AbstractAsyncContextManager):
        await stack.enter_async_context(fetcher)
    if settings.fetch.cookies:
        return CookieFetcher(fetcher, store, one_owner=load_one_owner())
    return fetcher


def _cached(settings: Settings, cache: Cache, spider: Spider, inner: Fetcher) -> Fetcher:
    files = CacheFiles(Path(cache.folder), cache.max_size)
    own = own_headers(settings, known_starts(settings, spider))
    sent = {"User-Agent": user_agent(settings), **own.everywhere}
    return CachingFetcher(inner, files, sent=sent, sent_at=own.at, always=cache.mode == "always")


def make_fetcher(
    settings: Settings,
    allow: Sequence[str],
    starts: Iterable[str | Request],
    tell: Callable[[Event], None] = nobody,
) -> HttpFetcher:
    """Return the fetcher that the settings describe, not yet entered.

    Args:
        settings: a crawl's.
        allow: networks that are not public and may be contacted.
        starts: start URLs, to whose origins headers with secrets may go.
        tell: told what listeners should know.
    """
    fetch, times = settings.fetch, settings.fetch.timeouts
    limits = Limits(
        connect=times.connect,
        tls=times.tls,
        read=times.read,
        total=times.total,
        body=fetch.max_body,
        file=fetch.max_file,
        rate=fetch.min_rate,
    )
    own = own_headers(settings, starts)
    return HttpFetcher(
        limits,
        user_agent=user_agent(settings),
        headers=own.everywhere,
        headers_at=own.at,
        address=AddressRule([ip_network(network) for network in allow]),
        concurrency=fetch.concurrency,
        others=_make_others(settings),
        proxies=fetch.proxy,
        tell=tell,
    )


def _make_others(settings: Settings) -> Others | None:
    fetch = settings.fetch
    if fetch.other == "keep":
        return None
    return Others(fetch.page_types, Folder(Path(fetch.files)) if fetch.other == "save" else None)


def user_agent(settings: Settings) -> str:
    """Return what the crawler calls itself, with the contact that the settings name."""
    name = settings.fetch.user_agent or f"aiocrawl/{__version__}"
    return f"{name} (+{settings.fetch.contact})" if settings.fetch.contact else name
