#!/usr/bin/env python3
"""What stages cost a crawl: memory before a slow one, throughput with a batch at the end.

    python benchmarks/stages.py [--pages 2000] [--rounds 5]

The demo site is served by a process of its own. First a stage in the middle takes 100 times as long for an
item as a fetch takes for a page: printed is what the crawl holds as it goes on. Then the same site is
crawled in turns without a pipeline and with a batch of 500 at its end, which takes its time; printed are
pages a second, and the median of the ratios.
"""

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
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


def options(site: str, pages: int) -> dict[str, Any]:
    """The settings of all crawls."""
    return {
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


async def rate(spider: type[Spider], site: str, pages: int) -> float:
    """Crawl once; return pages a second, the last batch included."""
    async with Crawl(spider, **options(site, pages)) as crawl:
        stats = await crawl.wait()
    return stats.pages / stats.seconds


def compare(site: str, pages: int, rounds: int) -> None:
    """Crawl in turns without and with the batch; print the rates and their ratio."""
    found: list[Sequence[float]] = []
    for _ in range(rounds):
        found.append([asyncio.run(rate(spider, site, pages)) for spider in (Site, Batched)])
        print("| {:7.0f} pages/s without | {:7.0f} with a batch of 500 |".format(*found[-1]), flush=True)
    ratio = statistics.median(with_batch / without for without, with_batch in found)
    print(f"median of the ratios: {ratio:.2f}")


def main() -> None:
    """Read the options, measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with demo(given.pages) as site:
        asyncio.run(held(site, given.pages))
        compare(site, given.pages, given.rounds)


if __name__ == "__main__":
    main()
