#!/usr/bin/env python3
"""How long the event loop is kept from everything else while stages work, by where the stages run.

    python benchmarks/looplag.py --pages 300 --seconds 0.02

Each page of a pretend site has one item, on which a stage waits or computes for so many seconds. Beside
the crawl, a task sleeps for 5 ms again and again: what it oversleeps is the lag of the loop.
"""

import argparse
import asyncio
import logging
import time
from collections.abc import AsyncIterator
from functools import partial
from statistics import quantiles
from typing import Any

from table import print_table

from crawler import Crawl, Page, Spider, stage
from crawler.events import Event, LoopBlocked
from crawler.observe.standstill import in_words
from crawler.testing import PretendWeb

TICK = 0.005


def wait(seconds: float) -> None:
    """Do what a blocking driver does."""
    time.sleep(seconds)


def compute(seconds: float) -> None:
    """Do what heavy extraction does."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(1000))


WORK = {"wait": wait, "compute": compute}


@stage
async def on_loop(item: dict[str, Any], *, work: str, seconds: float) -> dict[str, Any]:
    """Keep the loop, as no stage should."""
    WORK[work](seconds)
    return item


@stage(run="thread", workers=4)
def in_thread(item: dict[str, Any], *, work: str, seconds: float) -> dict[str, Any]:
    """Work in a thread."""
    WORK[work](seconds)
    return item


@stage(run="process", workers=2)
def in_process(item: dict[str, Any], *, work: str, seconds: float) -> dict[str, Any]:
    """Work in a process."""
    WORK[work](seconds)
    return item


class Pages(Spider):
    """One item a page."""

    number: int = 100

    async def starts(self) -> AsyncIterator[str]:
        for number in range(self.number):
            yield f"https://a.test/{number}"

    async def parse(self, page: Page) -> AsyncIterator[dict[str, Any]]:
        yield {"url": page.url}


async def tick(lags: list[float]) -> None:
    """Note by how much each sleep is too long."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        lags.append(time.perf_counter() - began - TICK)


async def crawl(pages: int, pipeline: list[Any]) -> tuple[float, list[float], list[LoopBlocked]]:
    """Crawl once; return the seconds it took, the lags, and what the watchdog told."""
    web, events, lags = PretendWeb(), list[Event](), list[float]()
    for number in range(pages):
        web.page(f"https://a.test/{number}", "<p>")
    spider = Pages(number=pages)
    spider.pipeline = pipeline
    polite = {"delay": 0, "robots": False, "per_host": 32}
    async with Crawl(spider, fetcher=web, listeners=[events.append], politeness=polite) as running:
        ticking = asyncio.create_task(tick(lags))
        began = time.perf_counter()
        await running.wait()
        seconds = time.perf_counter() - began
        ticking.cancel()
    return seconds, lags, [event for event in events if isinstance(event, LoopBlocked)]


def measured(work: str, where: str, pages: int, pipeline: list[Any]) -> list[str]:
    """Crawl, and return the row of the table; the first standstill is printed in words."""
    seconds, lags, told = asyncio.run(crawl(pages, pipeline))
    for event in told[:1]:
        print(f"{work}, {where}: {in_words(event)}")
    cuts = [1000 * one for one in quantiles(lags, n=100)]
    figures = f"{cuts[49]:.1f}", f"{cuts[98]:.1f}", f"{1000 * max(lags):.1f}"
    return [work, where, f"{pages / seconds:,.0f}", *figures, str(len(told))]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how stages keep the event loop.")
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=0.02, help="what a stage takes for an item")
    options = parser.parse_args()
    logging.getLogger("crawler").setLevel(logging.ERROR)  # the standstills are in the table
    places = {"no stage": None, "loop": on_loop, "thread": in_thread, "process": in_process}
    rows = []
    for work in WORK:
        for name, code in places.items():
            pipeline = [] if code is None else [partial(code, work=work, seconds=options.seconds)]
            rows.append(measured(work, name, options.pages, pipeline))
    # Both at once: a thread that waits ten times as long as a process computes.
    waits = partial(in_thread, work="wait", seconds=10 * options.seconds)
    computes = partial(in_process, work="compute", seconds=options.seconds)
    rows.append(measured("both", "thread, process", options.pages, [waits, computes]))
    print_table(["stages", "where", "pages/s", "lag p50 ms", "p99", "worst", "standstills told"], rows)


if __name__ == "__main__":
    main()
