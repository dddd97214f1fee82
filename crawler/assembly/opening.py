"""Settings in, an engine ready to run out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec.structs import replace

from crawler.assembly.checking import check_plugins
from crawler.assembly.demosite import serve_demo
from crawler.assembly.fetching import open_fetcher
from crawler.assembly.outlets import make_feeds, make_sinks, marks_left, open_sinks
from crawler.assembly.parts import Parts
from crawler.assembly.places import Opening
from crawler.assembly.rules import make_form, make_frontier, make_scope, make_traps, make_wishes
from crawler.contracts import Fetcher, Listener, Recalled
from crawler.engine import Engine, Plan
from crawler.engine.delivery import Outlet, note_marks
from crawler.engine.plan import Recrawl
from crawler.errors import PluginError
from crawler.events import Event, Opened
from crawler.executors.process.inside import refuse_in_worker
from crawler.frontier import Frontier
from crawler.making import (
    check_has_start,
    check_store,
    make_listeners,
    make_plugin_sinks,
    make_spider,
    make_store_plugin,
)
from crawler.observe.watchdog import Watchdog
from crawler.pipeline import line_names
from crawler.policy.again import Beginning
from crawler.policy.budget import Budget
from crawler.policy.retry import RetryRule
from crawler.spider import Spider, crawl_name
from crawler.stages.callback import awaited
from crawler.state import OpenState, open_state


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
        tell = _telling([*parts.listeners, *make_listeners(settings)])
        sinks = [*parts.sinks, *make_sinks(parts), *make_plugin_sinks(settings)]
        allow = list(settings.fetch.allow)
        state = await stack.enter_async_context(_state(parts, spider))
        if settings.recrawl is not None:
            state.remembering()
        running = await stack.enter_async_context(_noted(state))
        # The state is not touched before plugins and outputs are known to be usable.
        places = await Opening(stack, tell, inline=parts.inline).places(checked, spider)
        recalled = await state.marks()
        feeds = make_feeds(places.last, line_names(checked.lines), state, recalled, tell)
        left = marks_left(feeds, state, recalled, tell)
        outlets = await open_sinks(sinks, state, recalled, feeds, left, stack)
        await state.begin()
        await note_marks(state.store, outlets, feeds, left)
        await state.note()  # so that it is on the disk before an output is touched again
        if settings.start is not None and settings.start.demo is not None:
            spider.start, address = await serve_demo(settings.start.demo.articles, state, stack)
            allow.append(address)
        fetcher = await open_fetcher(parts, spider, allow, state.store, stack, tell)
        frontier = make_frontier(parts, state.store)
        recalled = await frontier.recall()
        await state.note()  # from here on hosts may be contacted, and that is to be on the disk
        plan = _plan(parts, spider, state, frontier, fetcher, outlets, recalled)
        plan.tell, plan.feeds, plan.left, plan.pipeline = tell, feeds, left, places.pipeline
        plan.placed, plan.parser, plan.apart = places.callbacks, places.parser, places.apart
        plan.beside = [Watchdog(tell).run] if parts.watched else []
        if settings.recrawl is not None:
            past = await stack.enter_async_context(state.past())
            plan.recrawl = Recrawl(past, settings.recrawl.after, settings.recrawl.key)
            plan.opened = replace(plan.opened, changes=past.changes)
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
            check_store(store, parts.settings)
            yield OpenState(store, Beginning.RESUMED)
        return
    async with open_state(parts.settings, spider, fresh=parts.fresh, once=parts.once) as state:
        yield state


@asynccontextmanager
async def _noted(state: OpenState) -> AsyncIterator[list[Engine]]:
    """Write down why the crawl ended, once its outputs are complete."""
    engines: list[Engine] = []
    yield engines
    for engine in engines:
        await engine.leave()
        if state.beginning is not Beginning.OVER:  # it is what it was
            await state.note(ended=engine.cause)


def _telling(listeners: Sequence[Listener]) -> Callable[[Event], None]:
    for listener in listeners:
        if awaited(listener):
            raise PluginError(f"a listener is called and not awaited: write `def` for {listener!r:.80}")

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell


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
            state.facts.get("ended", "") if state.beginning is Beginning.OVER else "",
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
        wishes=make_wishes(settings),
        form=make_form(settings),
        traps=make_traps(settings),
        clock=parts.clock,
    )
