#!/usr/bin/env python3
"""What stages cost a crawl: memory before a slow one, throughput with a batch at the end.

    python benchmarks/stages.py [--pages 2000] [--rounds 5]

The demo site is served by a process of its own. First a stage in the middle takes 100 times as long for an
item as a fetch takes for a page: printed is what the crawl holds as it goes on. Then the same site is
crawled in turns without a pipeline and with a batch of 500 at its end, which takes its time; printed are
pages a second up to the last page, the median of the ratios, and what the last batches took after that.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from longqueue import resident

from crawler import Batch, Crawl, Page, Spider, batch, stage
from crawler.events import Event, Visited

FETCH = 0.002  # seconds that a page takes, about
SLOTS = 32


class Seen(msgspec.Struct):
    """An item: the page's address and its title."""

    url: str
    title: str


class Site(Spider):
    """Follows every link, and gives an item for each page."""

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        """Yield the item, then the links."""
        yield Seen(page.url, page.text("title"))
        yield page.follow()


@stage(workers=16)
async def slow(seen: Seen) -> Seen:
    """Take 100 times as long as a fetch; 16 items at a time."""
    await asyncio.sleep(100 * FETCH)
    return seen


@batch(run="thread", size=500, max_wait=60)
def save(seen: Batch[Seen]) -> None:
    """Take as long as writing 500 rows into a database elsewhere may take."""
    time.sleep(0.2)


class Slow(Site):
    """With a slow stage in the middle, and one behind it."""

    pipeline = (slow, save)


class Batched(Site):
    """With a batch at the end."""

    pipeline = (save,)


@contextmanager
def demo(articles: int) -> Iterator[str]:
    """Serve the demo site in a process of its own; lend its address."""
    command = [sys.executable, "-m", "crawler", "demo", "--articles", str(articles)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[0].rstrip("/")
        finally:
            process.terminate()


def options(site: str, pages: int, state: str = "memory") -> dict[str, Any]:
    """The settings of all crawls."""
    return {
        "state": state,
        "start": [site + "/articles"],
        "scope": {"exclude": ["/trouble"]},
        "limits": {"pages": pages},
        "fetch": {"allow": ["127.0.0.1"], "concurrency": SLOTS},
        "politeness": {"delay": 0, "per_host": SLOTS, "robots": False},
    }


async def held(site: str, pages: int) -> None:
    """Crawl with the slow stage; print memory and what is in hand every tenth of the way."""
    print(f"| {'pages done':>10} | {'in hand':>7} | {'memory':>8} |")
    done = 0

    def look(event: Event) -> None:
        nonlocal done
        if isinstance(event, Visited):
            done += 1
            if done % (pages // 10) == 0:
                print(f"| {done:>10,} | {crawl.in_flight:>7} | {resident():5.0f} MB |", flush=True)

    async with Crawl(Slow, listeners=[look], **options(site, pages)) as crawl:
        await crawl.wait()


async def rate(spider: type[Spider], site: str, pages: int, state: str) -> tuple[float, float]:
    """Crawl once; return pages a second up to the last page, and the seconds from then to the end."""
    last = began = time.perf_counter()

    def look(event: Event) -> None:
        nonlocal last
        if isinstance(event, Visited):
            last = time.perf_counter()

    async with Crawl(spider, listeners=[look], **options(site, pages, state)) as crawl:
        began = time.perf_counter()
        stats = await crawl.wait()
        ended = time.perf_counter()
    return stats.pages / (last - began), ended - last


def compare(site: str, pages: int, rounds: int, *, in_file: bool) -> None:
    """Crawl in turns without and with the batch; print the rates and the median of their ratios."""
    ratios = []
    for number in range(rounds):
        turns = (Site, Batched) if number % 2 else (Batched, Site)
        found = {}
        for spider in turns:
            with TemporaryDirectory() as folder:
                state = f"{folder}/state.db" if in_file else "memory"
                found[spider] = asyncio.run(rate(spider, site, pages, state))
        (without, _), (batched, after) = found[Site], found[Batched]
        ratios.append(batched / without)
        print(
            f"| {without:7.0f} pages/s without | {batched:7.0f} with a batch of 500 | {after:.2f} s after |",
            flush=True,
        )
    print(f"median of the ratios: {statistics.median(ratios):.2f}")


def main() -> None:
    """Read the options, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--in-file", action="store_true", help="keep the crawl's state in a file")
    given = parser.parse_args()
    with demo(given.pages) as site:
        asyncio.run(held(site, given.pages))
        compare(site, given.pages, given.rounds, in_file=given.in_file)


if __name__ == "__main__":
    main()
