#!/usr/bin/env python3
"""Which way for which work: a loop, threads, processes, asyncio, and what aiocrawl has for each.

    python benchmarks/patterns.py                                   # all tables, in less than ten minutes
    python benchmarks/patterns.py --only parse driver --rounds 5
    python benchmarks/patterns.py --write docs/concurrency.md       # put the tables there, too

Needs `pip install requests numpy` and the Debian packages python3-doc and postgresql-doc-15, whose pages are
parsed. Everything it contacts is a server of its own on loopback. Each way runs in a process of its own, in
turns with the others; printed are medians of the rounds. The status is 1 when two ways came to different
results.
"""

import argparse
import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Failed
from sites import named, root_of
from ways import anyfunction, catalogue, downloads, marks, rounds, watch
from ways.tables import number, table

PAGES = ("python", "postgresql")  # the sites whose pages are parsed: all of the first, the rest of the second
LIBRARIES = ("requests", "numpy", "crawler")

# What measures and returns the text of a section, given the rounds and the part of the items that is used.
Section = Callable[[int, float], str]


class Missing(Exception):
    """Something has to be installed first; the message says what."""


@contextmanager
def page_server() -> Iterator[str]:
    """Run the server of late pages; lend its address, and tell at the end what it took."""
    command = [sys.executable, "-m", "ways.pageserver", "--latency", str(downloads.LATENCY)]
    with subprocess.Popen(
        command, cwd=watch.HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def download(times: int, scale: float) -> str:
    """Measure the downloads."""
    with page_server() as address:
        figures = rounds.measured(downloads.runs(address, scale), times)
        with urllib.request.urlopen(f"{address}/cost") as answer:
            pages, seconds = json.load(answer)
    print(downloads.aims(figures, scale), end="\n\n", flush=True)
    cost = f"The server took {1e6 * seconds / pages:.0f} µs of CPU a page, which is not counted above."
    return f"{downloads.text(figures, scale)}\n\n{cost}"


def over_items(job: catalogue.Job, given: Callable[[], str], times: int, scale: float) -> str:
    """Measure a job that is a function of one item."""
    figures = rounds.measured(anyfunction.runs(job, given(), scale), times)
    return anyfunction.text(job, figures)


def driver(times: int, scale: float) -> str:
    """Measure the blocking driver."""
    from ways.driven import made

    with TemporaryDirectory(prefix="crawler-patterns-") as folder:
        return over_items(catalogue.DRIVER, partial(made, Path(folder), catalogue.DRIVER.count), times, scale)


def extract(times: int, scale: float) -> str:
    """Measure the extraction in pure Python."""
    from ways.extracted import calibrated

    return over_items(catalogue.EXTRACT, calibrated, times, scale)


def parse(times: int, scale: float) -> str:
    """Measure parsing real pages."""
    return over_items(catalogue.PARSE, real_pages, times, scale)


def release(times: int, scale: float) -> str:
    """Measure which work two threads, and two processes, do faster than one thread."""
    from ways.kinds import KINDS

    rows = []
    for kind in KINDS:
        print(f"two of {kind}", file=sys.stderr, flush=True)
        found = watch.run("ways.releasing", [kind, real_pages(), str(times + 2)], rounds.LIMIT)
        faster = (number(found[name], 2) for name in ("threads", "processes"))
        rows.append([kind, *faster, number(found["call_ms"], 1), number(found["still_ms"], 1)])
    return table(
        ["work", "two threads", "two processes", "one big call, ms", "another thread stands still, ms"], rows
    )


def real_pages() -> str:
    """Return the folders of the pages that are parsed, with colons between. Raises Missing."""
    roots = {site.package: root_of(site) for site in named(PAGES)}
    if missing := [package for package, root in roots.items() if root is None]:
        raise Missing(f"the pages to be parsed are missing: apt-get install {' '.join(missing)}")
    return ":".join(map(str, roots.values()))


SECTIONS: dict[str, Section] = {
    "download": download,
    "parse": parse,
    "extract": extract,
    "driver": driver,
    "release": release,
}


def check() -> None:
    """Raise Missing when a library is not there."""
    if missing := [name for name in LIBRARIES if find_spec(name) is None]:
        raise Missing(f"for the comparison: {sys.executable} -m pip install {' '.join(missing)}")
    real_pages()


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), metavar="SECTION")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="use this part of the items (a quick look)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as --write would put them")
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the tables between FILE's marks")
    given = parser.parse_args()
    try:
        check()
        for name in given.only:
            text = SECTIONS[name](given.rounds, given.scale)
            print(marks.marked(name, text) if given.markdown else f"{name}\n\n{text}", end="\n\n", flush=True)
            if given.write:
                marks.replace(given.write, name, text)
    except (Missing, Failed, rounds.Differing, marks.Unmarked) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
