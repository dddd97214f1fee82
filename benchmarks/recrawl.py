#!/usr/bin/env python3
"""Whether a second round of real sites fetches no unchanged body, and reports every change exactly.

    python benchmarks/recrawl.py [SITE ...] [--edits N] [--seed N]

Serves copies of the sites, crawls each with `recrawl`, edits the copy (pages change, go, and come), and
crawls again. What must come of it is computed apart from any crawler: by reachable.py before and after, and
by the bytes of the files. What was sent is read from nginx's own log. Ends with status 1 when anything
differs.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from compare_docs import CONFIGURATION as DOCS
from compare_docs import OWN_SITE
from contenders import crawl_command
from reachable import walk
from sites import CONFIGURATION, SERVER, SITES, Missing, find, free_ports, named, running

LIMIT = 900.0  # seconds a crawl may take
VERDICTS = ("unchanged", "changed", "new", "gone")


@dataclass(frozen=True)
class Served:
    """A copy of a site: where it is, the folder of its files, and the log of what was sent."""

    url: str
    root: Path
    log: Path

    def file(self, url: str) -> Path:
        """The file that answers a URL."""
        path = self.root / unquote(urlsplit(url).path).lstrip("/")
        return path / "index.html" if path.is_dir() else path

    def pages(self) -> dict[str, bytes]:
        """The bytes of every page that can be reached, by URL."""
        return {item.url: self.file(item.url).read_bytes() for item in walk(self.url)}

    def take_log(self) -> list[tuple[int, int, str]]:
        """Status, bytes and path of what was sent since the last time."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return [
            (int(status), int(size), path) for status, size, path in (line.split(" ", 2) for line in lines)
        ]


@contextmanager
def copied(name: str, folder: Path) -> Iterator[Served]:
    """Serve a copy of a site, which may be edited meanwhile."""
    (site,) = named([name])
    nginx, roots = find([site])
    root, log = folder / "site", folder / "access.log"
    shutil.copytree(roots[name], root)
    (port,) = free_ports(1)
    sent = f"log_format sent '$status $body_bytes_sent $uri'; access_log {log} sent;"
    text = CONFIGURATION.format(folder=folder, servers=SERVER.format(port=port, root=root))
    text = text.replace("access_log off;", sent).replace("open_file_cache max=4000;", "")
    with running(nginx, text, folder):
        yield Served(f"http://127.0.0.1:{port}/{site.start}", root, log)


def edit(site: Served, pages: Mapping[str, bytes], number: int, chance: random.Random) -> None:
    """Change so many pages, remove so many, and let each changed one lead to a new one."""
    chosen = chance.sample(sorted(url for url in pages if url != site.url), 2 * number)
    for position, url in enumerate(chosen[:number]):
        file = site.file(url)
        new = file.with_name(f"new-{position}.html")
        new.write_text(f"<title>New {position}</title><h1>New</h1>")
        with file.open("ab") as page:
            page.write(f'<h3>Edited {position}</h3><a href="{new.name}">new</a>'.encode())
    for url in chosen[number:]:
        site.file(url).unlink()


def crawl(command: str, site: Served, folder: Path) -> tuple[dict[str, str], float]:
    """Crawl a round; return how each page's item stands, by URL, and the seconds it took."""
    settings = [f"start={json.dumps([site.url])}", "recrawl={}", *OWN_SITE]
    words = [command, str(DOCS), "-o", "out.jsonl"]
    words += [word for setting in settings for word in ("--set", setting)]
    began = time.monotonic()
    ended = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=LIMIT)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(words)}\nended with status {ended.returncode}:\n{ended.stderr[-2000:]}")
    items = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {item["url"]: item["change"] for item in items}
    if len(found) != len(items):
        sys.exit(f"{site.url}: {len(items) - len(found)} items came twice")
    return found, time.monotonic() - began


def expected(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, str]:
    """How each page stands, from its bytes."""
    stand = {
        url: "unchanged" if before[url] == after[url] else "changed" for url in before.keys() & after.keys()
    }
    stand |= dict.fromkeys(after.keys() - before.keys(), "new")
    return stand | dict.fromkeys(before.keys() - after.keys(), "gone")


def told(wanted: Mapping[str, str], found: Mapping[str, str], sent: Sequence[str]) -> list[str]:
    """Everything that is not as it should be, in words."""
    wrong = [
        f"{url}: {found.get(url, 'nothing')} instead of {wanted.get(url, 'nothing')}"
        for url in wanted.keys() | found.keys()
        if wanted.get(url) != found.get(url)
    ]
    return wrong + [
        f"{url}: its body was sent, and it is {wanted[url]}" for url in sent if wanted[url] == "unchanged"
    ]


def rounds(command: str, name: str, edits: int, seed: int) -> list[str]:
    """Crawl a site, edit it, crawl it again; print a line, and return what is wrong."""
    with tempfile.TemporaryDirectory(prefix="crawler-recrawl-") as place:
        folder = Path(place)
        folder.chmod(0o755)  # nginx may read as another user
        with copied(name, folder) as site:
            before = site.pages()
            site.take_log()
            first, seconds = crawl(command, site, folder)
            full = sum(size for _, size, _ in site.take_log())
            edit(site, before, edits, random.Random(seed))
            after = site.pages()
            site.take_log()
            second, again = crawl(command, site, folder)
            log = site.take_log()
        wanted, base = expected(before, after), site.url.rstrip("/")
        sent = [base + path for status, _, path in log if status == 200 and base + path in wanted]
        wrong = [f"first round: {url}" for url in before.keys() ^ first.keys()] + told(wanted, second, sent)
        counts = Counter(second.values())
        statuses = Counter(status for status, _, _ in log)
        print(
            f"{name:<12}{len(before):>6} pages  "
            + "  ".join(f"{verdict} {counts[verdict]}" for verdict in VERDICTS)
            + f"  304: {statuses[304]}  200: {statuses[200]}"
            + f"  {sum(size for _, size, _ in log) / 1e6:.2f} of {full / 1e6:.1f} MB"
            + f"  {again:.1f} s after {seconds:.1f} s  wrong {len(wrong)}",
            flush=True,
        )
        return wrong


def main() -> None:
    """Try the sites named, all by default."""
    names = [site.name for site in SITES]
    parser = argparse.ArgumentParser(description="Second rounds of real sites, checked.")
    parser.add_argument("sites", nargs="*", metavar="SITE", help=f"{', '.join(names)} (default: all)")
    parser.add_argument("--edits", type=int, default=20, help="pages changed, removed and added (default 20)")
    parser.add_argument("--seed", type=int, default=1, help="what chooses them (default 1)")
    parser.add_argument("--crawl", default=crawl_command(), help="our command")
    options = parser.parse_args()
    if options.crawl is None:
        parser.error("the crawl command was not found; give --crawl")
    wrong = []
    try:
        for site in named(options.sites):
            wrong += rounds(options.crawl, site.name, options.edits, options.seed)
    except (Missing, RuntimeError, ValueError) as error:
        sys.exit(str(error))
    for words in wrong[:20]:
        print(f"    {words}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
