"""Whole crawls in virtual time: hours pass in milliseconds.

What happens at different times happens in the same order in every run; what happens at the same
instant happens in any order, as trio wants it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import anyio

from crawler.assembly import Parts, open_crawl
from crawler.contracts import Fetcher, Listener, Mark, Record, Sink, Store
from crawler.engine import Engine
from crawler.events import Event
from crawler.observe import Stats
from crawler.owner import single
from crawler.policy.politeness import Politeness
from crawler.settings import from_mapping
from crawler.spider import Spider
from crawler.testing.web import PretendWeb

T = TypeVar("T")

DAY = 86_400.0

Beside = Callable[[Engine], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Crawled:
    """What a crawl gave.

    Attributes:
        items: in the order in which they were delivered.
        stats: the figures.
        events: all that listeners were told, in order.
    """

    stats: Stats
    items: list[Any] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def cause(self) -> str:
        """Why the crawl ended; empty while it runs."""
        return self.stats.cause


class _Collected:
    """A sink that is a list."""

    name = ""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    async def open(self, mark: Mark | None) -> int:
        return mark.item if mark is not None else 0

    async def write(self, records: Sequence[Record]) -> None:
        self._items.extend(record.item for record in records)

    async def close(self, *, failed: bool = False) -> None:
        """Nothing to finish."""


def virtual(
    spider: Spider | type[Spider],
    web: Fetcher,
    *,
    beside: Beside | None = None,
    longest: float = DAY,
    **options: Any,
) -> Crawled:
    """Run one crawl to its end in virtual time and return what it gave.

    A plain function: call it from a plain test, not from a coroutine. Callbacks that wait must wait by
    anyio; threads and asyncio's own functions have no virtual time.

    Args:
        spider: the spider, or its class.
        web: what is crawled, usually a `PretendWeb`.
        beside: an async function that runs beside the crawl, to stop or pause its engine.
        longest: virtual seconds after which the crawl counts as hanging.
        options: as for `Crawl`: politeness, store, sinks, listeners, and any section of the settings.

    Raises AssertionError when the crawl takes longer, saying what was still to be done, and otherwise
    what made the crawl fail.
    """
    crawl = partial(crawl_now, spider, web, beside=beside, longest=longest, **options)
    return virtual_time(crawl, longest=2 * longest)


def virtual_time(story: Callable[[], Awaitable[T]], *, longest: float = DAY) -> T:
    """Run an async function in virtual time and return its result: for several crawls side by side.

    Raises AssertionError when it takes more than `longest` virtual seconds.
    """
    try:
        from trio.testing import MockClock
    except ImportError:
        raise ImportError("virtual time needs trio: pip install 'aiocrawl[testing]'") from None

    async def limited() -> T:
        with anyio.move_on_after(longest):
            return await story()
        raise AssertionError(f"not over after {longest:g} virtual seconds")

    try:
        return anyio.run(limited, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})
    except ExceptionGroup as error:
        raise single(error) from None


async def crawl_now(
    spider: Spider | type[Spider],
    web: Fetcher,
    *,
    politeness: Politeness | dict[str, Any] | None = None,
    store: Store | None = None,
    sinks: Sequence[Sink] = (),
    listeners: Sequence[Listener] = (),
    beside: Beside | None = None,
    longest: float = DAY,
    **options: Any,
) -> Crawled:
    """Run one crawl on the event loop that runs, whatever its clock; arguments as for `virtual`."""
    if isinstance(politeness, dict):
        options["politeness"], politeness = politeness, None
    crawled = Crawled(Stats(clock=anyio.current_time))
    parts = Parts(
        settings=from_mapping(options),
        spider=spider() if isinstance(spider, type) else spider,
        politeness=politeness,
        fetcher=web,
        store=store,
        sinks=[_Collected(crawled.items), *sinks],
        listeners=[crawled.stats, crawled.events.append, *listeners],
        clock=anyio.current_time,
        inline=True,
    )
    try:
        async with open_crawl(parts) as engine, anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, engine, crawled, web, longest)
            if beside is not None:
                tasks.start_soon(beside, engine)
            await engine.run()
            tasks.cancel_scope.cancel()
    except ExceptionGroup as error:
        raise single(error) from None
    return crawled


async def _watch(engine: Engine, crawled: Crawled, web: Fetcher, longest: float) -> None:
    """Fail a crawl that takes too long, while it is still to be seen what it waits for."""
    await anyio.sleep(longest)
    stats = crawled.stats
    said = [
        f"the crawl was not over after {longest:g} seconds",
        f"{stats.pages} pages read, {sum(stats.retries.values())} tries failed, {len(crawled.items)} items",
        f"{engine.pending} requests waiting",
    ]
    if isinstance(web, PretendWeb):
        said += [f"under way: {hit.method} {hit.url}" for hit in web.under_way]
    raise AssertionError("; ".join(said))
