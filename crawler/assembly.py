"""Settings in, an engine ready to run out: the one file that names concrete classes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from time import perf_counter

from crawler.contracts import Fetcher, Listener, Sink, Store
from crawler.engine import Engine, Plan
from crawler.errors import ConfigError, Problem
from crawler.export import JsonLinesSink, StdoutSink
from crawler.extract import PLAIN_PAGE, Field, FollowRule, PageKind, RuleSpider
from crawler.fetch import CookieFetcher, HttpFetcher, Limits
from crawler.frontier import Frontier, MemoryStore
from crawler.policy.address import AddressRule
from crawler.policy.budget import Budget
from crawler.policy.politeness import Politeness
from crawler.policy.retry import RetryRule
from crawler.policy.robots import robots_token
from crawler.policy.scope import Scope
from crawler.registry import find_spider
from crawler.settings import Settings
from crawler.settings.entries import ItemField
from crawler.spider import Sitemap, Spider, UrlFile, crawl_name
from crawler.version import __version__


@dataclass(slots=True)
class Parts:
    """What a crawl is made from; what is left out is made by the settings.

    Attributes:
        settings: the configuration.
        spider: a spider to use instead of the configured one.
        politeness: paces to share with other crawls.
        fetcher: something to fetch with instead of the real web.
        store: where requests are kept instead of in memory.
        sinks: outlets besides the configured outputs.
        listeners: who is told what happens.
        clock: gives seconds; what the duration of a fetch is measured by.
    """

    settings: Settings
    spider: Spider | None = None
    politeness: Politeness | None = None
    fetcher: Fetcher | None = None
    store: Store | None = None
    sinks: Sequence[Sink] = ()
    listeners: Sequence[Listener] = ()
    clock: Callable[[], float] = perf_counter


@asynccontextmanager
async def open_crawl(parts: Parts) -> AsyncIterator[Engine]:
    """Make everything that a crawl needs ready, lend it as an engine, and close it in reverse order.

    Raises ConfigError, PluginError or OutputError for what cannot be used as it is configured.
    """
    settings = parts.settings
    async with AsyncExitStack() as stack:
        spider = parts.spider or make_spider(settings)
        check_has_start(settings, spider)
        allow = list(settings.fetch.allow)
        if settings.start is not None and settings.start.demo is not None:
            spider.start, address = await _serve_demo(settings.start.demo.articles, stack)
            allow.append(address)
        if parts.fetcher is not None:
            fetcher = parts.fetcher
        else:
            fetcher = await stack.enter_async_context(make_fetcher(settings, allow))
        if settings.fetch.cookies:
            fetcher = CookieFetcher(fetcher)
        sinks = [*parts.sinks, *make_sinks(settings)]
        for sink in sinks:
            await sink.open()
            stack.push_async_exit(_closing(sink))
        yield Engine(_plan(parts, spider, fetcher, sinks))


def _closing(sink: Sink) -> Callable[..., Awaitable[None]]:
    async def close(kind: type[BaseException] | None, *_: object) -> None:
        await sink.close(failed=kind is not None)

    return close


def make_spider(settings: Settings) -> Spider:
    """Return the spider that the settings ask for, with its start requests and parameters."""
    if settings.spider is None:
        spider: Spider = RuleSpider(_follow_rules(settings), _page_kinds(settings) or (PLAIN_PAGE,))
    else:
        spider = find_spider(settings.spider.use, settings.folder)(**settings.spider.params)
    start = settings.start
    if start is not None:
        if start.file is not None:
            spider.start = UrlFile(settings.folder / start.file)
        elif start.sitemap is not None:
            spider.start = Sitemap(start.sitemap)
        elif start.urls:
            spider.start = list(start.urls)
    return spider


def check_has_start(settings: Settings, spider: Spider) -> None:
    """Raise ConfigError when nobody says where the crawl begins."""
    made_up = type(spider).starts is not Spider.starts
    if settings.start is None and not spider.start and not made_up:
        hint = "such as start: https://example.com/"
        raise ConfigError(
            [Problem("nothing to crawl: neither the settings nor the spider name a start", hint=hint)]
        )


def make_sinks(settings: Settings) -> list[Sink]:
    """Return the outputs that the settings name, not yet opened."""
    return [StdoutSink() if output.file == "-" else JsonLinesSink(output.file) for output in settings.output]


def make_scope(settings: Settings, spider: Spider) -> Scope:
    """Return the rule which URLs belong to the crawl; it does not know the start URLs yet."""
    scope = settings.scope
    return Scope(scope.hosts or spider.hosts, scope.include, scope.exclude, settings.limits.depth)


def user_agent(settings: Settings) -> str:
    """Return what the crawler calls itself, with the contact that the settings name."""
    name = settings.fetch.user_agent or f"aiocrawl/{__version__}"
    return f"{name} (+{settings.fetch.contact})" if settings.fetch.contact else name


def _plan(parts: Parts, spider: Spider, fetcher: Fetcher, sinks: Sequence[Sink]) -> Plan:
    settings = parts.settings
    polite = settings.politeness
    store = parts.store or MemoryStore()
    politeness = parts.politeness or Politeness(polite.delay, polite.per_host, polite.max_delay)
    limits = settings.limits
    return Plan(
        name=settings.name if settings.name != "crawl" else crawl_name(spider),
        spider=spider,
        store=store,
        frontier=Frontier(store, politeness, robots=polite.robots),
        fetcher=fetcher,
        scope=make_scope(settings, spider),
        retry=RetryRule(polite.retries, longest=polite.max_delay),
        budget=Budget(limits.pages, limits.bytes),
        sinks=sinks,
        listeners=list(parts.listeners),
        concurrency=settings.fetch.concurrency,
        hops=limits.hops,
        seconds=limits.time,
        robots_agent=robots_token(user_agent(settings)),
        clock=parts.clock,
    )


def make_fetcher(settings: Settings, allow: Sequence[str]) -> HttpFetcher:
    """Return the fetcher that the settings describe, not yet entered; `allow` are networks it may contact."""
    fetch, times = settings.fetch, settings.fetch.timeouts
    limits = Limits(
        connect=times.connect, tls=times.tls, read=times.read, total=times.total, body=fetch.max_body
    )
    return HttpFetcher(
        limits,
        user_agent=user_agent(settings),
        headers=fetch.headers,
        address=AddressRule([ip_network(network) for network in allow]),
        concurrency=fetch.concurrency,
    )


async def _serve_demo(articles: int, stack: AsyncExitStack) -> tuple[list[str], str]:
    from crawler.demo import serve  # a web server: loaded only when it is asked for

    site = await stack.enter_async_context(serve(articles))
    return [site.url + "/"], "127.0.0.1/32"


def _follow_rules(settings: Settings) -> list[FollowRule]:
    return [FollowRule(rule.css, rule.match or "", rule.priority) for rule in settings.follow]


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
