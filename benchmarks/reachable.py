#!/usr/bin/env python3
"""The pages a crawl of one site must find, computed apart from any crawler: standard library only.

    python benchmarks/reachable.py START_URL [--out FILE] [--items]

Follows every <a href> within the start URL's scheme, host and port, whatever robots.txt says, and writes
the URLs that answer 200 with text/html, one a line and sorted; with --items one JSON object a line instead.
"""

import argparse
import http.client
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from htmlpage import read
from weburl import normalise, resolve, take_apart

HOPS = 20  # redirects in a row before a chain is given up
TIMEOUT = 30.0  # seconds without a byte from the server


@dataclass(frozen=True)
class Item:
    """One HTML page; its links are absolute http(s) URLs without fragment, in document order, each once."""

    url: str
    title: str | None
    headings: list[str]
    links: list[str]


@dataclass(frozen=True)
class Answer:
    """What the server sent for one URL; the charset is the Content-Type header's."""

    status: int
    kind: str
    charset: str | None
    location: str | None
    body: bytes


class Server:
    """One kept-alive connection to one host and port."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        connection = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = connection(parts.hostname or "", parts.port, timeout=TIMEOUT)

    def get(self, url: str) -> Answer:
        """GET a URL of this server; a connection the server closed meanwhile is opened again once.

        Raises: OSError, http.client.HTTPException.
        """
        try:
            return self._get(url)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.close()
            return self._get(url)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _get(self, url: str) -> Answer:
        parts = take_apart(url)
        self._connection.request("GET", parts.path + parts.query, headers={"Accept-Encoding": "identity"})
        response = self._connection.getresponse()
        body = response.read()
        if response.getheader("Content-Encoding", "identity") != "identity":
            raise http.client.HTTPException(f"{url} came with a content coding nobody asked for")
        return Answer(
            status=response.status,
            kind=response.headers.get_content_type() if response.getheader("Content-Type") else "",
            charset=response.headers.get_content_charset(),
            location=response.getheader("Location"),
            body=body,
        )


def item(url: str, answer: Answer) -> Item:
    """The record of an HTML page."""
    page = read(answer.body, answer.charset)
    base = (resolve(url, page.base) if page.base is not None else None) or url
    found = (resolve(base, href) for href in dict.fromkeys(href.partition("#")[0] for href in page.hrefs))
    links = list(dict.fromkeys(link for link in found if link is not None))
    return Item(url, page.title, page.headings, links)


def walk(start: str, others: Counter[str] | None = None) -> Iterator[Item]:
    """Visit a site breadth-first and yield its HTML pages; a redirect counts as the page it leads to.

    start: an absolute http(s) URL. others: counts the other answers by status and content type.
    Raises: ValueError for a start that is not such a URL; OSError, http.client.HTTPException.
    """
    first = normalise(start)
    if first is None:
        raise ValueError(f"{start} is no http or https URL")
    origin = take_apart(first)[:2]
    seen, todo = {first}, deque([(first, 0)])
    with closing(Server(first)) as server:
        while todo:
            url, hops = todo.popleft()
            answer = server.get(url)
            links: list[str] = []
            if answer.status == 200 and answer.kind == "text/html":
                page = item(url, answer)
                links, hops = page.links, 0
                yield page
            elif others is not None:
                others[f"{answer.status} {answer.kind}"] += 1
            if answer.status in (301, 302, 303, 307, 308) and answer.location and hops < HOPS:
                target = resolve(url, answer.location)
                links, hops = [target] if target else [], hops + 1
            for link in links:
                if link not in seen and take_apart(link)[:2] == origin:
                    seen.add(link)
                    todo.append((link, hops))


def main() -> None:
    """Write the pages reachable from a start URL."""
    parser = argparse.ArgumentParser(description="The HTML pages reachable from a start URL.")
    parser.add_argument("start", metavar="START_URL")
    parser.add_argument("--out", type=Path, help="file to write (default: standard output)")
    parser.add_argument("--items", action="store_true", help="JSON lines with title, headings and links")
    options = parser.parse_args()
    others: Counter[str] = Counter()
    began = time.perf_counter()
    try:
        pages = sorted(walk(options.start, others), key=lambda page: page.url)
    except (ValueError, OSError, http.client.HTTPException) as error:
        sys.exit(f"{options.start}: {error}")
    lines = [json.dumps(asdict(page), ensure_ascii=False) if options.items else page.url for page in pages]
    text = "".join(f"{line}\n" for line in lines)
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    rest = ", ".join(f"{count} x {what}" for what, count in sorted(others.items())) or "nothing else"
    print(f"{len(pages)} pages in {time.perf_counter() - began:.1f} s; {rest}", file=sys.stderr)


if __name__ == "__main__":
    main()
