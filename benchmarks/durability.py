#!/usr/bin/env python3
"""What it costs that a crawl survives: the state in memory, in a file, and on the disk for certain.

    python benchmarks/durability.py [SITE ...] [--rounds 6]          # default: postgresql and git

Crawls each site with the state in memory, with `synchronous: normal` and with `synchronous: full`, in turn,
round by round. Then the store alone: how many transactions a second when each page is one of its own.
"""

import argparse
import asyncio
import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from statistics import median

from contenders import QUIET
from counted import COMMITS
from measure import Failed, run
from sites import SITES, Missing, serve_sites
from table import print_table

from crawler.contracts import Settlement
from crawler.model import Reason, Request
from crawler.store import SqliteStore

HERE = Path(__file__).resolve().parent
STATES = {
    "memory": "memory",
    "normal": {"file": "state.db", "synchronous": "normal"},
    "full": {"file": "state.db", "synchronous": "full"},
}
COLUMNS = (
    *("site", "state", "pages", "pages/s", "of memory", "CPU µs/page", "of memory"),
    *("commits", "commits/s", "pages a commit"),
)
ALONE = ("synchronous", "", "commits/s", "µs a commit")


@dataclass(frozen=True)
class Ran:
    """One crawl: its pages, its own seconds and CPU seconds, the transactions of its state."""

    pages: int
    seconds: float
    cpu: float
    commits: int


def crawl(start: str, state: str, concurrency: int) -> Ran:
    """Crawl a site once in a new folder. Raises: Failed."""
    with tempfile.TemporaryDirectory(prefix="crawler-durability-") as name:
        folder = Path(name)
        shutil.copy(HERE / "rate.yaml", folder)
        settings = {
            "start": [start],
            "state": STATES[state],
            "politeness.per_host": concurrency,
            "fetch.concurrency": concurrency,
        }
        pairs = [f"{path}={json.dumps(value)}" for path, value in settings.items()]
        options = [word for pair in pairs for word in ("--set", pair)]
        words = [sys.executable, str(HERE / "counted.py"), "rate.yaml", "-o", "out.jsonl", *QUIET]
        cost = run([*words, *options], folder, 300.0)
        figures, commits = cost.figures, int((folder / COMMITS).read_text())
        return Ran(figures["pages"], figures["seconds"], figures["cpu_seconds"], commits)


def rounds(start: str, count: int, concurrency: int) -> dict[str, list[Ran]]:
    """The crawls of a site, the states in turn, after one round that is not counted. Raises: Failed."""
    runs: dict[str, list[Ran]] = {state: [] for state in STATES}
    orders = list(permutations(STATES))  # who comes after whom makes a difference
    for number in range(count + 1):
        for state in orders[number % len(orders)]:
            made = crawl(start, state, concurrency)
            print(f"  {start} {state}: {made.seconds:.2f} s", file=sys.stderr)
            if number:
                runs[state].append(made)
    if len({made.pages for series in runs.values() for made in series}) > 1:
        raise Failed(f"{start}: not every crawl had the same number of pages")
    return runs


def row(site: str, state: str, runs: dict[str, list[Ran]]) -> Sequence[str]:
    """A line of the table: medians of the runs, and of the ratios round by round."""
    own, other = runs[state], runs["memory"]
    pairs = list(zip(own, other, strict=True))
    commits = median(made.commits for made in own)
    return [
        site,
        state,
        str(own[0].pages),
        f"{median(made.pages / made.seconds for made in own):.0f}",
        f"{median(memory.seconds / made.seconds for made, memory in pairs):.2f}",
        f"{median(1e6 * made.cpu / made.pages for made in own):.0f}",
        f"{median(made.cpu / memory.cpu for made, memory in pairs):.2f}",
        f"{commits:.0f}" if commits else "-",
        f"{median(made.commits / made.seconds for made in own):.0f}" if commits else "-",
        f"{own[0].pages / commits:.0f}" if commits else "-",
    ]


async def alone(*, full: bool, seconds: float) -> float:
    """Settle one page after the other, each on the disk before the next; return commits a second."""
    host = "https://a.test"
    with tempfile.TemporaryDirectory(prefix="crawler-durability-") as name:
        async with SqliteStore(Path(name) / "state.db", full=full) as store:
            await store.add([Request(f"{host}/0")])
            done, began = 0, time.perf_counter()
            while time.perf_counter() - began < seconds:
                (lease,) = await store.claim({host: 1}, owner="", now=0.0, ttl=60.0)
                done += 1
                found = [Request(f"{host}/{done}")]
                item = {"url": lease.request.url, "title": "a title of ordinary length"}
                await store.settle([Settlement(lease, Reason.OK, found=found, items=[item])], now=0.0)
                await store.flush()
            return done / (time.perf_counter() - began)


def main() -> None:
    """Measure and print both tables."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [site.name for site in SITES]
    parser = argparse.ArgumentParser(description="What it costs that a crawl survives.")
    parser.add_argument(
        "sites", nargs="*", metavar="SITE", help=f"{', '.join(names)} (default: postgresql and git)"
    )
    parser.add_argument("--rounds", type=int, default=6, help="measured rounds (default 6)")
    parser.add_argument("--concurrency", type=int, default=16, help="requests at a time (default 16)")
    options = parser.parse_args()
    rows: list[Sequence[str]] = []
    try:
        with serve_sites(options.sites or ["postgresql", "git"]) as urls:
            for site, start in urls.items():
                runs = rounds(start, options.rounds, options.concurrency)
                rows += [row(site, state, runs) for state in STATES]
        rates = {name: asyncio.run(alone(full=name == "full", seconds=3.0)) for name in ("normal", "full")}
    except (Missing, Failed, RuntimeError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    print_table(COLUMNS, rows)
    print()
    print_table(ALONE, [[name, "", f"{rate:.0f}", f"{1e6 / rate:.0f}"] for name, rate in rates.items()])


if __name__ == "__main__":
    main()
