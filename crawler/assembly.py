"""Settings in, an engine ready to run out: the one file that names concrete classes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from time import perf_counter

import msgspec

from crawler.contracts import Fetcher, Listener, Mark, Recalled, Sink, Store
from crawler.engine import Engine, Plan
from crawler.engine.batches import BatchFeed, wanted_by
from crawler.engine.delivery import Outlet, marks_of
from crawler.errors import StateError
from crawler.events import Event, Opened
from crawler.export import make_sink
from crawler.fetch import CookieFetcher, HttpFetcher, Limits
from crawler.frontier import Frontier
from crawler.making import (
    check_has_start,
    make_fetcher_plugin,
    make_listeners,
    make_pipeline,
    make_plugin_sinks,
    make_spider,
    make_store_plugin,
    placements_of_callbacks,
)
from crawler.making.named import named_at
from crawler.observe.watchdog import Watchdog
from crawler.offload.process.inside import refuse_in_worker
from crawler.pipeline import name_of
from crawler.places import Checked, Last, Opening, check_callbacks, check_lines
from crawler.policy.address import AddressRule
from crawler.policy.again import Beginning
from crawler.policy.budget import Budget
from crawler.policy.politeness import Politeness
from crawler.policy.retry import RetryRule
from crawler.policy.robots import robots_token
from crawler.policy.scope import Scope
from crawler.settings import Settings
from crawler.spider import Spider, crawl_name
from crawler.state import OpenState, open_state
from crawler.version import __version__


@dataclass(slots=True)
class Parts:
    """What a crawl is made from; what is left out is made by the settings.

    Attributes:
        settings: the configuration.
        spider: a spider to use instead of the configured one.
        politeness: paces to share with other crawls.
        fetcher: something to fetch with instead of the real web.
        store: where requests are kept instead of in the state that the settings name.
        sinks: outlets besides the configured outputs.
        listeners: who is told what happens.
        fresh: throw away what the state holds.
        overwrite: outputs may take the place of files that this crawl did not write.
        inline: run all plugins' code on the loop: for virtual time, which threads and processes do not have.
        watched: let a watchdog look whether somebody's code keeps the event loop waiting.
        clock: gives seconds; what the duration of a fetch is measured by.
    """

    settings: Settings
    spider: Spider | None = None
    politeness: Politeness | None = None
    fetcher: Fetcher | None = None
    store: Store | None = None
    sinks: Sequence[Sink] = ()
    listeners: Sequence[Listener] = ()
    fresh: bool = False
    overwrite: bool = False
    inline: bool = False
    watched: bool = False
    clock: Callable[[], float] = perf_counter


@asynccontextmanager
async def open_crawl(parts: Parts) -> AsyncIterator[Engine]:
    """Make everything that a crawl needs ready, lend it as an engine, and close it in reverse order.

    Raises ConfigError, PluginError, StateError or OutputError for what cannot be used as it is configured.
    """
    refuse_in_worker()
    settings = parts.settings
    async with AsyncExitStack() as stack:
        spider = make_spider(settings, parts.spider)
        check_has_start(settings, spider)
        checked = check_plugins(settings, spider, inline=parts.inline)
        listeners = [*parts.listeners, *make_listeners(settings)]
        sinks = [*parts.sinks, *make_sinks(parts), *make_plugin_sinks(settings)]
        allow = list(settings.fetch.allow)
        state = await stack.enter_async_context(_state(parts, spider))
        running = await stack.enter_async_context(_noted(state))
        # The state is not touched before plugins and outputs are known to be usable.
        tell = _telling(listeners)
        places = await Opening(stack, tell, inline=parts.inline).places(checked, spider)
        recalled = await state.marks()
        lines = [name_of(kind) for kind in checked.lines]
        feeds = make_feeds(places.last, lines, state, recalled)
        outlets = await _open_sinks(sinks, state, recalled, feeds, stack)
        await state.begin()
        await state.store.mark(marks_of([*outlets, *feeds]))
        await state.note()  # so that it is on the disk before an output is touched again
        if settings.start is not None and settings.start.demo is not None:
            spider.start, address = await _serve_demo(settings.start.demo.articles, state, stack)
            allow.append(address)
        fetcher = await _open_fetcher(parts, allow, stack)
        frontier = make_frontier(parts, state.store)
        plan = _plan(parts, spider, state, frontier, fetcher, outlets, await frontier.recall())
        plan.listeners, plan.feeds, plan.pipeline = listeners, feeds, places.pipeline
        plan.placed, plan.parser = places.callbacks, places.parser
        plan.beside = [Watchdog(tell).run] if parts.watched else []
        engine = Engine(plan)
        running.append(engine)
        yield engine


@asynccontextmanager
async def _state(parts: Parts, spider: Spider) -> AsyncIterator[OpenState]:
    if parts.store is not None:
        yield OpenState(parts.store, Beginning.RESUMED)  # what is in it is wanted
        return
    plugin = make_store_plugin(parts.settings)
    if plugin is not None:
        async with plugin as store:
            yield OpenState(store, Beginning.RESUMED)
        return
    async with open_state(parts.settings, spider, fresh=parts.fresh) as state:
        yield state


@asynccontextmanager
async def _noted(state: OpenState) -> AsyncIterator[list[Engine]]:
    """Write down why the crawl ended, once its outputs are complete."""
    engines: list[Engine] = []
    yield engines
    for engine in engines:
        await state.note(ended=engine.cause)


def check_plugins(settings: Settings, spider: Spider, *, inline: bool = False) -> Checked:
    """Return stages and placements, once they are known to fit together. Raises PluginError, ConfigError."""
    lines = {kind: line for kind, line in make_pipeline(settings, spider).items() if line}
    with named_at(settings, "spider" if settings.pipeline is None else "pipeline", ""):
        check_lines(lines, spider, inline=inline)
    over = placements_of_callbacks(settings, spider)
    with named_at(settings, "spider", ""):
        return Checked(lines, check_callbacks(spider, over, inline=inline))


def _telling(listeners: Sequence[Listener]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell


def make_feeds(
    last: Sequence[Last], lines: Sequence[str], state: OpenState, recalled: Recalled
) -> list[BatchFeed]:
    """Return what feeds the batches at the ends of pipelines, from where an earlier run left them.

    Args:
        last: the batches.
        lines: the names of all lines of stages.
        state: where the items are.
        recalled: how far the batches came.
    """
    feeds = []
    for one in last:
        name = f"batch {one.code.name}" + (f" for {name_of(one.kind)}" if one.kind is not None else "")
        # A crawl that begins anew has other items than the one that was handed to the batch before.
        mark = recalled.marks.get(name) if state.beginning is Beginning.RESUMED else None
        msgspec.structs.replace(mark or Mark(name, 0), forgotten=recalled.forgotten).check(
            mark.item if mark is not None else 0
        )
        wanted = wanted_by(one.kind, one.line, [line for line in lines if line != name_of(one.kind)])
        feeds.append(BatchFeed(name, one.code, one.executor, state.store, wanted, mark))
    return feeds


async def _open_sinks(
    sinks: Sequence[Sink],
    state: OpenState,
    recalled: Recalled,
    feeds: Sequence[BatchFeed],
    stack: AsyncExitStack,
) -> list[Outlet]:
    """Open the sinks where an earlier run left them; they are closed, and marked, with the stack."""
    outlets: list[Outlet] = []
    for sink in sinks:
        mark = recalled.marks.get(sink.name)
        known = msgspec.structs.replace(mark or Mark(sink.name, 0), forgotten=recalled.forgotten)
        if sink.name and mark is None:
            known.check(0)
        item = await sink.open(mark and known)
        outlet = Outlet(sink, item)
        stack.push_async_exit(_closing(outlet, outlets, feeds, state))
        outlets.append(outlet)
        if sink.name:  # those without share a mark, and what that says is no output's place
            known.check(item)
            outlet.place = await sink.write([])
    return outlets


def _closing(
    outlet: Outlet, outlets: Sequence[Outlet], feeds: Sequence[BatchFeed], state: OpenState
) -> Callable[..., Awaitable[None]]:
    async def close(kind: type[BaseException] | None, *_: object) -> None:
        await outlet.close(failed=kind is not None)
        if state.begun:  # before that, what the state says of the outputs is not this run's
            await state.store.mark(marks_of([*outlets, *feeds]))

    return close


def make_sinks(parts: Parts) -> list[Sink]:
    """Return the files that the settings name as outputs, not yet opened."""
    state = parts.settings.state
    full = state is not None and state.synchronous == "full"
    outputs = [output for output in parts.settings.output if output.use is None]
    return [make_sink(output, replace=parts.overwrite, full=full) for output in outputs]


def make_frontier(parts: Parts, store: Store) -> Frontier:
    """Return the frontier over a store."""
    polite = parts.settings.politeness
    politeness = parts.politeness or Politeness(polite.delay, polite.per_host, polite.max_delay)
    return Frontier(store, politeness, robots=polite.robots)


def make_scope(settings: Settings, spider: Spider) -> Scope:
    """Return the rule which URLs belong to the crawl; it does not know the start URLs yet."""
    scope = settings.scope
    return Scope(scope.hosts or spider.hosts, scope.include, scope.exclude, settings.limits.depth)


def user_agent(settings: Settings) -> str:
    """Return what the crawler calls itself, with the contact that the settings name."""
    name = settings.fetch.user_agent or f"aiocrawl/{__version__}"
    return f"{name} (+{settings.fetch.contact})" if settings.fetch.contact else name


def _plan(
    parts: Parts,
    spider: Spider,
    state: OpenState,
    frontier: Frontier,
    fetcher: Fetcher,
    outlets: list[Outlet],
    recalled: Recalled,
) -> Plan:
    settings, limits, polite = parts.settings, parts.settings.limits, parts.settings.politeness
    name = settings.name if settings.name != "crawl" else crawl_name(spider)
    return Plan(
        opened=Opened(
            name,
            state.beginning,
            state.path,
            recalled.pages,
            frontier.pending,
            min((outlet.item for outlet in outlets), default=0),
        ),
        spider=spider,
        store=state.store,
        frontier=frontier,
        fetcher=fetcher,
        scope=make_scope(settings, spider),
        retry=RetryRule(polite.retries, longest=polite.max_delay),
        budget=Budget(limits.pages, limits.bytes, recalled.pages, recalled.size),
        outlets=outlets,
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


async def _open_fetcher(parts: Parts, allow: Sequence[str], stack: AsyncExitStack) -> Fetcher:
    """Return what fetches, outermost first: cookies, a plugin, the web."""
    settings = parts.settings
    if parts.fetcher is not None:
        inner = parts.fetcher
    else:
        inner = await stack.enter_async_context(make_fetcher(settings, allow))
    fetcher = make_fetcher_plugin(settings, inner)
    if fetcher is not inner and isinstance(fetcher, AbstractAsyncContextManager):
        await stack.enter_async_context(fetcher)
    return CookieFetcher(fetcher) if settings.fetch.cookies else fetcher


async def _serve_demo(articles: int, state: OpenState, stack: AsyncExitStack) -> tuple[list[str], str]:
    """Serve the demo site; on the port of an earlier run, when that is resumed: its URLs name it."""
    from crawler.demo import serve  # a web server: loaded only when it is asked for

    port = int(state.facts.get("demo port", "0"))
    try:
        site = await stack.enter_async_context(serve(articles, port=port))
    except OSError as error:
        raise StateError(
            f"the crawl in {state.path} began at a demo site on port {port}, which is taken now "
            f"({error.strerror}); use --fresh to crawl anew"
        ) from error
    await state.note(**{"demo port": site.url.rpartition(":")[2]})
    return [site.url + "/"], "127.0.0.1/32"
