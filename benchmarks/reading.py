#!/usr/bin/env python3
"""What looking at a page costs beside parsing it, and what joining its links costs with and without memory.

    python benchmarks/reading.py

Reads the pages of the documentation sites from their folders, no server needed. CPU time a page, the median
of several passes, each measuring everything in turn.
"""

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from time import process_time

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser
from sites import SITES, root_of

from crawler.engine.joiner import Joiner
from crawler.page.guard import danger
from crawler.url import join

PASSES = 5
HOST = "http://docs.test/"

Page = tuple[str, bytes, list[str]]


def parse(body: bytes) -> LexborHTMLParser:
    return LexborHTMLParser(body, options=LexborDocumentOptions.WO_EVENTS)


def pages_of(root: Path) -> list[Page]:
    """The URL, the body and the links of each page below a folder."""
    found = []
    for path in sorted(root.rglob("*.html")):
        body = path.read_bytes()
        hrefs = [href for node in parse(body).tags("a") if (href := node.attrs.get("href"))]
        found.append((HOST + path.relative_to(root).as_posix(), body, list(dict.fromkeys(hrefs))))
    return found


def measure(pages: Sequence[Page]) -> dict[str, float]:
    """CPU microseconds a page of one pass, by what was done."""
    joiner = Joiner()
    work: dict[str, Callable[[Page], object]] = {
        "parse": lambda page: parse(page[1]),
        "guard": lambda page: danger(page[1]),
        "join each": lambda page: [join(page[0], href) for href in page[2]],
        "joiner": lambda page: joiner.join(page[0], page[2]),
    }
    taken = {}
    for name, do in work.items():
        began = process_time()
        for page in pages:
            do(page)
        taken[name] = 1e6 * (process_time() - began) / len(pages)
    return taken


def main() -> None:
    print("| site | pages | parse µs | guard µs | ratio | refused | join µs | joiner µs | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    for site in SITES:
        root = root_of(site)
        if root is None:
            print(f"| {site.name}: apt-get install {site.package} |")
            continue
        pages = pages_of(root)
        passes = [measure(pages) for _ in range(PASSES)]
        cost = {name: statistics.median(one[name] for one in passes) for name in passes[0]}
        refused = sum(bool(danger(body)) for _, body, _ in pages)
        print(
            f"| {site.name} | {len(pages)} | {cost['parse']:.0f} | {cost['guard']:.0f} "
            f"| {cost['guard'] / cost['parse']:.2f} | {refused} | {cost['join each']:.0f} "
            f"| {cost['joiner']:.0f} | {cost['joiner'] / cost['join each']:.2f} |"
        )


if __name__ == "__main__":
    main()
