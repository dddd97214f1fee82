#!/usr/bin/env python3
"""Whether a crawl of a real site that is interrupted and run again ends with all items, each once.

    python benchmarks/interrupted.py [SITE ...]          # default: git and postgresql

Crawls each site undisturbed, then once for each way of interruption: when the state holds so many pages,
the process group gets a signal; then the same command is run again, to the end. Outputs are JSON Lines,
CSV and SQLite at once. Ends with status 1 when an output lacks an item or has one twice.
"""

import argparse
import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from compare_docs import CONFIGURATION, OWN_SITE
from contenders import crawl_command
from sites import SITES, Missing, serve_sites
from table import print_table

OUTPUTS = ("out.jsonl", "out.csv", "out.db")
STATE = Path(".crawl") / "docs.db"
LIMIT = 600.0  # seconds a run may take
COLUMNS = ("site", "way", "pages then", "runs", "JSON Lines", "CSV", "SQLite", "missing", "twice")


class Failed(Exception):
    """A run ended otherwise than it should; the message holds its last words."""


@dataclass(frozen=True)
class Way:
    """A way to interrupt: what is sent, and at which share of all pages, one run after the other."""

    name: str
    signals: Sequence[signal.Signals]
    shares: Sequence[float]


WAYS = (
    Way("Ctrl-C", (signal.SIGINT,), (0.4,)),
    Way("Ctrl-C twice", (signal.SIGINT, signal.SIGINT), (0.4,)),
    Way("SIGTERM", (signal.SIGTERM,), (0.4,)),
    Way("SIGKILL early", (signal.SIGKILL,), (0.02,)),
    Way("SIGKILL half-way", (signal.SIGKILL,), (0.5,)),
    Way("SIGKILL late", (signal.SIGKILL,), (0.95,)),
    Way("SIGKILL six times", (signal.SIGKILL,), (0.1, 0.25, 0.4, 0.55, 0.7, 0.85)),
)


@contextmanager
def running(command: str, start: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Our command on a site, in a process group of its own, which is gone on the way out."""
    settings = [f"start={json.dumps([start])}", *OWN_SITE]
    words = [command, str(CONFIGURATION)]
    words += [word for setting in settings for word in ("--set", setting)]
    words += [word for output in OUTPUTS for word in ("-o", output)]
    with subprocess.Popen(
        words, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def finish(command: str, start: str, folder: Path) -> None:
    """Run to the end. Raises: Failed."""
    with running(command, start, folder) as process:
        try:
            _, said = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"a crawl of {start} took more than {LIMIT:.0f} s") from error
    if process.returncode != 0:
        raise Failed(f"a crawl of {start} ended with status {process.returncode}:\n{said[-2000:]}")


def interrupt(command: str, start: str, folder: Path, way: Way, pages: int) -> int:
    """Run until the state holds so many pages, send the signals; return how many pages it then holds.

    Raises: Failed when the crawl ends before, or of itself.
    """
    with running(command, start, folder) as process:
        deadline = time.monotonic() + LIMIT
        while pages_in(folder) < pages:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"{way.name}: the crawl of {start} never had {pages} pages")
            time.sleep(0.002)
        for number in way.signals:
            os.killpg(process.pid, number)
            if len(way.signals) > 1:
                wait_for("stopping", process)
        process.communicate(timeout=LIMIT)
    expected = -signal.SIGKILL if signal.SIGKILL in way.signals else 128 + way.signals[0]
    if process.returncode != expected:
        raise Failed(f"{way.name}: the crawl of {start} ended with status {process.returncode}")
    return pages_in(folder)


def wait_for(word: str, process: subprocess.Popen[str]) -> None:
    """Read what a process says until the word is said; two signals at once may arrive as one."""
    assert process.stderr is not None
    if not any(word in line for line in process.stderr):
        raise Failed(f"{word!r} was never said")


def pages_in(folder: Path) -> int:
    """How many pages the state holds, 0 while there is none."""
    try:
        with closing(sqlite3.connect(f"file:{folder / STATE}?mode=ro", uri=True)) as connection:
            ((pages,),) = connection.execute("SELECT coalesce(sum(page), 0) FROM requests")
            return int(pages)
    except sqlite3.OperationalError:
        return 0


def items_in(folder: Path) -> dict[str, Counter[str]]:
    """What each output holds: every item, with all of its fields, as text."""
    csv.field_size_limit(1 << 30)
    with (folder / "out.jsonl").open(encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines]
    with (folder / "out.csv").open(encoding="utf-8", newline="") as text:
        rows = [json.dumps(row, sort_keys=True) for row in csv.DictReader(text)]
    with closing(sqlite3.connect(folder / "out.db")) as connection:
        found = connection.execute("SELECT url, title, headings, links FROM page").fetchall()
    return {
        "out.jsonl": Counter(json.dumps(item, sort_keys=True) for item in objects),
        "out.csv": Counter(rows),
        "out.db": Counter(json.dumps(row) for row in found),
    }


def row_of(
    site: str, way: str, pages: str, runs: int, folder: Path, whole: dict[str, Counter[str]]
) -> Sequence[str]:
    """A line of the table: what the outputs hold, compared with those of an undisturbed crawl."""
    found = items_in(folder)
    missing = sum((whole[name] - found[name]).total() for name in OUTPUTS)
    twice = sum((found[name] - whole[name]).total() for name in OUTPUTS)
    counts = [str(found[name].total()) for name in OUTPUTS]
    return [site, way, pages, str(runs), *counts, str(missing), str(twice)]


def try_site(command: str, site: str, start: str) -> Iterator[Sequence[str]]:
    """Crawl a site undisturbed, and then in each way of interruption; yield the lines of the table.

    Raises: Failed.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-interrupted-") as name:
        folder = Path(name)
        finish(command, start, folder)
        whole, pages = items_in(folder), pages_in(folder)
        if max(whole["out.jsonl"].values()) > 1:
            raise Failed(f"the undisturbed crawl of {start} wrote an item twice")
        yield row_of(site, "undisturbed", str(pages), 1, folder, whole)
    for way in WAYS:
        with tempfile.TemporaryDirectory(prefix="crawler-interrupted-") as name:
            folder = Path(name)
            then: list[int] = []
            for share in way.shares:  # each run gets at least a page further, while there is one
                before = pages_in(folder)
                if before < pages:
                    goal = max(int(share * pages), before) + 1
                    then.append(interrupt(command, start, folder, way, goal))
            finish(command, start, folder)
            left = {path.name for path in folder.iterdir()} - {*OUTPUTS, ".crawl"}
            if left:
                raise Failed(f"{way.name}: {', '.join(sorted(left))} was left behind")
            yield row_of(site, way.name, " ".join(map(str, then)), len(then) + 1, folder, whole)


def main() -> None:
    """Interrupt crawls of the sites named."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = ", ".join(site.name for site in SITES)
    parser = argparse.ArgumentParser(description="Interrupt crawls of real sites and let them go on.")
    parser.add_argument("sites", nargs="*", metavar="SITE", help=f"{names} (default: git and postgresql)")
    parser.add_argument(
        "--crawl", default=crawl_command(), help="our command (default: the one beside this Python)"
    )
    options = parser.parse_args()
    if options.crawl is None:
        parser.error("the crawl command was not found; give --crawl")
    rows: list[Sequence[str]] = []
    try:
        with serve_sites(options.sites or ["git", "postgresql"]) as urls:
            for site, start in urls.items():
                rows += try_site(options.crawl, site, start)
    except (Missing, Failed, RuntimeError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    print_table(COLUMNS, rows)
    sys.exit(1 if any(row[-2:] != ["0", "0"] for row in rows) else 0)


if __name__ == "__main__":
    main()
