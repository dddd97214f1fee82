#!/usr/bin/env python3
"""Whether `crawl configs/docs.yaml` finds exactly the pages of real sites, with exactly their content.

    python benchmarks/compare_docs.py [SITE ...] [-- OPTION ...]

Crawls each site with our command and compares URLs, titles, headings and links with what reachable.py
computes apart from it. Options after "--" are passed on to the command.
Ends with status 1 when anything differs.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from contenders import crawl_command
from reachable import Item, walk
from sites import SITES, Missing, serve_sites

CONFIGURATION = Path(__file__).resolve().parent.parent / "configs" / "docs.yaml"
FIELDS = ("title", "headings", "links")
LIMIT = 600.0  # seconds a crawl may take
# The sites are served on this machine: it may be contacted, and needs no pauses.
OWN_SITE = ("fetch.allow=[127.0.0.1]", "politeness.delay=0", "politeness.per_host=8")


class Failed(Exception):
    """The crawl ended with an error; the message holds its last words."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same: its kind, the page, and both values where there are two."""

    kind: str
    url: str
    ours: Any = None
    theirs: Any = None

    def __str__(self) -> str:
        if self.kind not in FIELDS:
            return f"{self.kind}: {self.url}"
        return f"{self.kind} of {self.url}\n      ours      {self.ours}\n      reachable {self.theirs}"


def crawl(command: str, start: str, options: Sequence[str]) -> list[dict[str, Any]]:
    """The items our command writes for a site, in a new folder without earlier state.

    Raises: Failed.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-docs-") as folder:
        out = Path(folder) / "out.jsonl"
        settings = [f"start={json.dumps([start])}", *OWN_SITE]
        chosen = [word for setting in settings for word in ("--set", setting)] + ["-o", str(out), *options]
        words = [command, str(CONFIGURATION), *chosen]
        try:
            ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=LIMIT)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{' '.join(words)}\ntook more than {LIMIT:.0f} s") from error
        if ended.returncode != 0 or not out.is_file():
            raise Failed(f"{' '.join(words)}\nended with status {ended.returncode}:\n{ended.stderr[-2000:]}")
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def compare(ours: Sequence[dict[str, Any]], theirs: Sequence[Item]) -> list[Difference]:
    """Every difference between the crawled items and the computed ones, in the order of the latter."""
    times = Counter(str(item.get("url")) for item in ours)
    found = {str(item.get("url")): item for item in ours}
    expected = {item.url: asdict(item) for item in theirs}
    told = [Difference("twice", url) for url, count in times.items() if count > 1]
    told += [Difference("extra", url) for url in found if url not in expected]
    for url, item in expected.items():
        if url not in found:
            told.append(Difference("missing", url))
            continue
        for field in FIELDS:
            if found[url].get(field) != item[field]:
                told.append(Difference(field, url, *shortened(found[url].get(field), item[field])))
    return told


def shortened(ours: Any, theirs: Any) -> tuple[str, str]:
    """Two values made fit to print: of two lists, three entries from the first place where they differ."""
    if not (isinstance(ours, list) and isinstance(theirs, list)):
        return repr(ours), repr(theirs)
    same = 0
    while same < min(len(ours), len(theirs)) and ours[same] == theirs[same]:
        same += 1
    left, right = (f"{len(each)} entries, from {same}: {each[same : same + 3]}" for each in (ours, theirs))
    return left, right


def report(site: str, pages: int, told: Sequence[Difference], examples: int) -> None:
    """Print a site's line of counts and some examples of each kind."""
    counts = Counter(difference.kind for difference in told)
    kinds = ("missing", "extra", "twice", *FIELDS)
    print(f"{site:<12}{pages:>6} pages  " + "  ".join(f"{kind} {counts[kind]}" for kind in kinds), flush=True)
    for kind in kinds:
        for difference in islice((each for each in told if each.kind == kind), examples):
            print(f"    {difference}")


def main() -> None:
    """Compare the sites named, all by default."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [site.name for site in SITES]
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(description="Compare crawls of real sites with what is reachable.")
    parser.add_argument("sites", nargs="*", metavar="SITE", help=f"{', '.join(names)} (default: all)")
    parser.add_argument(
        "--crawl", default=crawl_command(), help="our command (default: the one beside this Python)"
    )
    parser.add_argument("--examples", type=int, default=3, help="differences shown of each kind (default 3)")
    options = parser.parse_args(words[:cut])
    if options.crawl is None:
        parser.error("the crawl command was not found; give --crawl")
    differing = False
    try:
        with serve_sites(options.sites) as urls:
            for site, start in urls.items():
                theirs = list(walk(start))
                told = compare(crawl(options.crawl, start, words[cut + 1 :]), theirs)
                report(site, len(theirs), told, options.examples)
                differing = differing or bool(told)
    except (Missing, Failed, RuntimeError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
