"""All that one crawl is made of, put together by the assembly and run by the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from crawler.contracts import Fetcher, Listener, Store
from crawler.engine.delivery import Outlet
from crawler.events import Opened
from crawler.frontier import Frontier
from crawler.policy.budget import Budget
from crawler.policy.retry import RetryRule
from crawler.policy.scope import Scope
from crawler.spider import Spider


@dataclass(slots=True)
class Plan:
    """What a crawl works with.

    Attributes:
        opened: what listeners are told first.
        spider: whose callbacks get the pages.
        store, frontier, fetcher, outlets, listeners: the parts, ready to be used.
        scope, retry, budget: the rules.
        concurrency: fetches under way at a time.
        hops: redirects followed from one request.
        seconds: how long the crawl may take; None for as long as it needs.
        robots_agent: the product token that robots.txt is read for.
        hand_bytes: bodies in memory beyond this many bytes hold further fetches back.
        clock: gives seconds; what the duration of a fetch is measured by.
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
    listeners: list[Listener] = field(default_factory=list)
    concurrency: int = 32
    hops: int = 10
    seconds: float | None = None
    robots_agent: str = "aiocrawl"
    hand_bytes: int = 64 * 1024 * 1024
    clock: Callable[[], float] = perf_counter
