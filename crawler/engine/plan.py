"""All that one crawl is made of, put together by the assembly and run by the engine."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter, time
from typing import Any

from crawler.contracts import Executor, Fetcher, Listener, Mark, Past, Store
from crawler.engine.batches import BatchFeed
from crawler.engine.delivery import Outlet
from crawler.events import Opened
from crawler.frontier import Frontier
from crawler.pipeline import Pipeline
from crawler.policy.budget import Budget
from crawler.policy.canonical import CanonicalForm
from crawler.policy.retry import RetryRule
from crawler.policy.scope import Scope
from crawler.policy.traps import Traps
from crawler.policy.wishes import PageWishes
from crawler.spider import Spider


@dataclass(frozen=True, slots=True)
class Apart:
    """Where a callback's pages are read that would hurt, or take long, in the crawl's own process.

    Attributes:
        executor: the place.
        callback: what is called there instead.
    """

    executor: Executor
    callback: str


@dataclass(frozen=True, slots=True)
class Recrawl:
    """What a round works with besides.

    Attributes:
        past: what the round before knew.
        after: seconds after which a page is asked again.
        key: the fields that tell the items of a page apart.
        clock: seconds since 1970.
    """

    past: Past
    after: float
    key: Sequence[str] = ()
    clock: Callable[[], float] = time


@dataclass(slots=True)
class Plan:
    """What a crawl works with.

    Attributes:
        opened: what listeners are told first.
        spider: whose callbacks get the pages.
        store, frontier, fetcher, outlets, feeds: the parts, ready to be used.
        tell: tells the listeners what happens.
        scope, retry, budget: the rules.
        concurrency: fetches under way at a time.
        hops: redirects followed from one request.
        seconds: how long the crawl may take; None for as long as it needs.
        wishes: what of a page's own wishes is followed.
        pipeline: the stages that items pass before they are written down.
        placed: where callbacks run that do not run on the loop, by name.
        parser: parses large pages ahead, beside the loop; None to let the callbacks do it.
        apart: where pages are read that the loop had better not see, by callback.
        beside: what else goes on while the crawl does.
        left: how far batches and consumers came that this run does not have.
        hand_bytes: bodies in memory beyond this many bytes hold further fetches back; those of pages count
            whose items are not delivered.
        form: the form in which URLs are known.
        traps: the rules about crawler traps; None for none.
        clock: gives seconds; what the duration of a fetch is measured by.
        recrawl: what makes it a round; None for a crawl that remembers no pages.
    """

    opened: Opened
    spider: Spider
    store: Store
    frontier: Frontier
    fetcher: Fetcher
    scope: Scope
    retry: RetryRule
    budget: Budget
    outlets: list[Outlet] = field(default_factory=list)
    tell: Listener = lambda event: None
    concurrency: int = 32
    hops: int = 10
    seconds: float | None = None
    wishes: PageWishes = field(default_factory=PageWishes)
    pipeline: Pipeline = field(default_factory=Pipeline)
    placed: Mapping[str, Executor] = field(default_factory=dict)
    parser: Executor | None = None
    apart: Mapping[str, Apart] = field(default_factory=dict)
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()
    feeds: Sequence[BatchFeed] = ()
    left: list[Mark] = field(default_factory=list)
    hand_bytes: int = 64 * 1024 * 1024
    form: CanonicalForm = field(default_factory=CanonicalForm)
    traps: Traps | None = None
    clock: Callable[[], float] = perf_counter
    recrawl: Recrawl | None = None
