#!/usr/bin/env python3
"""Whether `crawl linkcheck` finds exactly the broken links and missing anchors of real sites.

    python benchmarks/compare_links.py [SITE ...]

Checks each site with our command, over HTTP, and compares what it reports with what filelinks.py finds in the
site's files. Since hardly anything is wrong with them, a damaged copy of each is compared as well: one in
twenty of its files is gone, and one in ten of its anchors. Ends with status 1 when anything differs.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zlib import crc32

from contenders import crawl_command
from filelinks import HOME, Link, Site, check
from sites import CONFIGURATION, SERVER, SITES, Missing, find, free_ports, named, running

LIMIT = 600.0  # seconds a check may take
# The sites are served on this machine: it may be contacted, and needs no pauses.
OWN_SITE = ("--allow", "127.0.0.1", "--set", "politeness.delay=0", "--set", "politeness.per_host=8")


class Failed(Exception):
    """The check ended with an error; the message holds its last words."""


def damage(root: Path, copy: Path) -> None:
    """Copy a site, without some of its files and anchors: the same ones each time."""
    for folder, _, names in os.walk(root, followlinks=True):
        for path in (Path(folder) / name for name in names):
            there = copy / path.relative_to(root)
            gone = crc32(str(path.relative_to(root)).encode()) % 20 == 0 and path.name != "index.html"
            if gone or not path.is_file():
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            content = path.read_bytes()
            if path.suffix == ".html":
                content = re.sub(rb'\b(?:id|name)="[^"]*"', thinned, content)
            there.write_bytes(content)


def thinned(attribute: re.Match[bytes]) -> bytes:
    """Nothing in the place of one in ten attributes."""
    return b"" if crc32(attribute[0]) % 10 == 0 else attribute[0]


@contextmanager
def serve_folder(nginx: str, root: Path) -> Iterator[str]:
    """Serve a folder as the sites are; yields its URL."""
    (port,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="crawler-links-") as folder:
        server = SERVER.format(port=port, root=root)
        with running(nginx, CONFIGURATION.format(folder=folder, servers=server), Path(folder)):
            yield f"http://127.0.0.1:{port}/"


def report(command: str, start: str) -> dict[str, Any]:
    """What our command reports of a site.

    Raises: Failed.
    """
    with tempfile.TemporaryDirectory(prefix="crawler-links-") as folder:
        out = Path(folder) / "links.json"
        words = [command, "linkcheck", start, *OWN_SITE, "--quiet", "-o", str(out)]
        try:
            ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=LIMIT)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{' '.join(words)}\ntook more than {LIMIT:.0f} s") from error
        if ended.returncode not in (0, 1) or not out.is_file():
            raise Failed(f"{' '.join(words)}\nended with status {ended.returncode}:\n{ended.stderr[-2000:]}")
        told: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return told


def links(findings: Sequence[dict[str, Any]], start: str) -> Iterator[tuple[str, ...]]:
    """Every link in a report's list: its page, where it leads (below HOME, decoded), element, attribute."""
    for finding in findings:
        url = unquote(finding["url"].replace(start, HOME, 1))
        for place in finding["places"]:
            yield place["page"].replace(start, HOME, 1), url, place["element"], place["attribute"]


def theirs(found: set[Link], *, fragments: bool = False) -> set[tuple[str, ...]]:
    """The same of what was found in files; `fragments`: they are part of where a link leads."""
    return {
        (link.page, f"{link.url}#{link.fragment}" if fragments else link.url, link.element, link.attribute)
        for link in found
    }


def compare(told: dict[str, Any], site: Site, start: str) -> list[str]:
    """Every difference, in words."""
    both: dict[str, tuple[set[Any], set[Any]]] = {
        "page": ({url.replace(start, HOME, 1) for url in told["pages"]}, site.pages),
        "broken": (set(links(told["broken"], start)), theirs(site.broken)),
        "missing": (set(links(told["missing_anchors"], start)), theirs(site.missing, fragments=True)),
        "moved": (set(links(told["moved"], start)), theirs(site.moved - site.broken)),
    }
    differences = []
    for kind, (ours, others) in both.items():
        differences += [f"{kind}, reported only: {one}" for one in sorted(ours - others, key=str)]
        differences += [f"{kind}, in files only: {one}" for one in sorted(others - ours, key=str)]
    if told["links"] != len(site.links):
        differences.append(f"{told['links']} links were checked, and {len(site.links)} are in the files")
    if told["not_checked"]:
        differences.append(f"{len(told['not_checked'])} were not checked")
    return differences


def compared(name: str, root: Path, nginx: str, options: argparse.Namespace) -> list[str]:
    """Compare one site, print its line and some of the differences, and return them."""
    site = check(root)
    with serve_folder(nginx, root) as start:
        differences = compare(report(options.crawl, start), site, start)
    figures = f"{len(site.pages):>5} pages {len(site.links):>7} links"
    bad = f"{len(site.broken):>6} broken {len(site.missing):>6} missing anchors"
    print(f"{name:<21}{figures}{bad}  {len(differences)} differences", flush=True)
    for one in islice(differences, options.examples):
        print(f"    {one}")
    return differences


def main() -> None:
    """Compare the sites named, all by default."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = [site.name for site in SITES]
    parser = argparse.ArgumentParser(description="Compare checks of real sites with what is in their files.")
    parser.add_argument("sites", nargs="*", metavar="SITE", help=f"{', '.join(names)} (default: all)")
    parser.add_argument(
        "--crawl", default=crawl_command(), help="our command (default: the one beside this Python)"
    )
    parser.add_argument("--examples", type=int, default=5, help="differences shown of a site (default 5)")
    options = parser.parse_args()
    if options.crawl is None:
        parser.error("the crawl command was not found; give --crawl")
    differing = False
    try:
        nginx, roots = find(named(options.sites))
        for name, root in roots.items():
            with tempfile.TemporaryDirectory(prefix="crawler-damaged-") as folder:
                Path(folder).chmod(0o755)  # nginx may serve as another user
                damage(root, Path(folder) / "html")
                for kind, files in (("", root), (", damaged", Path(folder) / "html")):
                    differing |= bool(compared(name + kind, files, nginx, options))
    except (Missing, Failed, RuntimeError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
