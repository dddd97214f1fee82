#!/usr/bin/env python3
"""The broken links and missing anchors of a site, found in its files: standard library only, no server.

    python benchmarks/filelinks.py FOLDER [START]

Reads the HTML files that are reachable from START ("index.html") by links within the folder, as a web server
would give them out: a folder is its index.html, and without its slash it is redirected.
"""

import argparse
import re
from collections import deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from htmlpage import INERT

#: The folder's address; any would do.
HOME = "http://files.invalid/"

SOURCES = {
    ("a", "href"),
    ("area", "href"),
    ("link", "href"),
    ("img", "src"),
    ("script", "src"),
    ("iframe", "src"),
    ("frame", "src"),
    ("source", "src"),
    ("video", "src"),
    ("video", "poster"),
    ("audio", "src"),
    ("track", "src"),
    ("embed", "src"),
    ("object", "data"),
}
RELATIONS = {
    *("alternate", "apple-touch-icon", "author", "help", "icon", "license", "manifest", "mask-icon"),
    *("modulepreload", "next", "preload", "prev", "search", "stylesheet"),
}
FORBIDDEN_IN_HOSTS = re.compile(r"[\x00-\x20#/<>?@\[\\\]^|%\x7f]")


class Link(NamedTuple):
    """A link of a page; where it leads is decoded."""

    page: str
    url: str
    fragment: str
    element: str
    attribute: str


@dataclass
class Site:
    """What was found: pages read, links looked at, and of these the bad and the redirected ones."""

    pages: set[str] = field(default_factory=set)
    links: set[Link] = field(default_factory=set)
    broken: set[Link] = field(default_factory=set)
    missing: set[Link] = field(default_factory=set)
    moved: set[Link] = field(default_factory=set)


class Reader(HTMLParser):
    """The anchors of a page, and its links as they are written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.hrefs: list[tuple[str, str, str]] = []
        self.base: str | None = None
        self._inert = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inert:
            return
        held: dict[str, str] = {}
        for name, value in attrs:
            held.setdefault(name, value or "")
        self.anchors |= {held["id"]} if "id" in held else set()
        self.anchors |= {held["name"]} if tag == "a" and "name" in held else set()
        if tag == "base" and "href" in held and self.base is None:
            self.base = held["href"]
        for name, value in held.items():
            kinds = set(held.get("rel", "").lower().split())
            wanted = (tag != "link" or kinds & RELATIONS) and (tag in ("a", "area") or value.strip())
            if (tag, name) in SOURCES and wanted:
                self.hrefs.append((value, tag, name))
        self._inert = tag if tag in INERT else ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML knows no self-closing elements: the slash means nothing.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inert:
            self._inert = ""


class Folder:
    """A folder as a web server sees it.

    root: the folder; symbolic links lead where they lead.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._read: dict[str, Reader] = {}

    def page(self, url: str) -> Reader:
        """The page at an address that leads to an HTML file, read once."""
        if url not in self._read:
            body = self._file(url).read_bytes()
            found = re.search(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w-]+)", body[:1024], re.I)
            reader = self._read[url] = Reader()
            reader.feed(body.decode(found[1].decode() if found else "utf-8", "replace"))
            reader.close()
        return self._read[url]

    def there(self, url: str) -> bool:
        """Whether there is a file at an address."""
        return self._file(url).is_file()

    def is_page(self, url: str) -> bool:
        """Whether there is an HTML file."""
        return self.there(url) and self._file(url).suffix == ".html"

    def moved(self, url: str) -> bool:
        """Whether an address lacks the slash of a folder."""
        return not url.endswith("/") and (self._root / unquote(urlsplit(url).path).lstrip("/")).is_dir()

    def _file(self, url: str) -> Path:
        path = unquote(urlsplit(url).path)
        return self._root / (path.lstrip("/") + "index.html" if path.endswith("/") else path.lstrip("/"))


class Target(NamedTuple):
    """Where a link leads; as it is written when it is no URL at all."""

    url: str
    fragment: str
    valid: bool = True


def target(base: str, href: str) -> Target | None:
    """Where a link leads, None for what is not of the web (mailto:, javascript:)."""
    href = re.sub(r"[\t\n\r]", "", href.strip("".join(map(chr, range(33)))))
    url, fragment = urldefrag(urljoin(base, href))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return None
    try:
        valid = bool(parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:  # no number
        valid = False
    if not valid or FORBIDDEN_IN_HOSTS.search(parts.netloc.rpartition("@")[2]):
        return Target(href, "", valid=False)
    return Target(url if parts.path else url + "/", fragment)


def names(fragment: str, anchors: set[str]) -> bool:
    """Whether a fragment leads to a place on a page (HTML standard, "scrolling to a fragment")."""
    wanted = fragment.partition(":~:")[0]
    ways = {wanted, quote(wanted), unquote(wanted)}
    return not wanted or bool(ways & anchors) or unquote(wanted).lower() == "top"


def check(root: Path, start: str = "") -> Site:
    """Look at all links of a folder that can be reached from a page."""
    folder, site = Folder(root), Site()
    todo = deque([HOME + start])
    while todo:
        url = todo.popleft()
        if url in site.pages or not folder.is_page(url):
            continue
        site.pages.add(url)
        page = folder.page(url)
        base = urljoin(url, page.base) if page.base else url
        for href, element, attribute in page.hrefs:
            leads = target(base, href)
            if leads is None:
                continue
            link = Link(url, unquote(leads.url), unquote(leads.fragment), element, attribute)
            if not leads.valid:
                site.links.add(link)
                site.broken.add(link)
            elif leads.url.startswith(HOME):
                site.links.add(link)
                todo += judge(link, leads, folder, site)
    return site


def judge(link: Link, leads: Target, folder: Folder, site: Site) -> list[str]:
    """Put a link within the folder where it belongs; return the page that it leads to, if it is one."""
    url = leads.url
    if folder.moved(url):
        site.moved.add(link)
        url += "/"
    if not folder.there(url):
        site.broken.add(link)
    elif folder.is_page(url):
        if not names(leads.fragment, folder.page(url).anchors):
            site.missing.add(link)
        return [url]
    return []


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(description="The broken links of a folder of HTML files.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("start", nargs="?", default="")
    options = parser.parse_args()
    site = check(options.folder, options.start)
    for kind, links in (("broken", site.broken), ("missing", site.missing), ("moved", site.moved)):
        for link in sorted(links):
            print(f"{kind}: {link.url}#{link.fragment} on {link.page} ({link.element} {link.attribute})")
    print(f"{len(site.pages)} pages, {len(site.links)} links")


if __name__ == "__main__":
    main()
