"""Sitemaps: bombs of entities and of gzip, an index that names itself, entries that lead astray."""

from __future__ import annotations

import gzip

from ..table import endpoint
from ..wire import Ask
from .bombs import gzip_bomb

XML = ("Content-Type", "application/xml")
_PARTS = "good entities external bomb self deep astray cut html endless"
PARTS = [f"sitemap_{part}" for part in _PARTS.split()]


def urlset(*urls: str) -> str:
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'


def index(*urls: str) -> str:
    entries = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'


@endpoint("ok", crawl="sitemap")
async def sitemap_index(ask: Ask) -> None:
    """The index of all of these: every part is read or refused, none stops another."""
    await ask.page(index(*[ask.world.url(name, "/attack") for name in PARTS]), XML)


@endpoint("ok", crawl="sitemap")
async def sitemap_good(ask: Ask) -> None:
    """The one that is as it should be, in gzip: the healthy pages of all hosts are in it."""
    urls = [ask.world.url(name, path) for name in ("sitemap_index", *PARTS) for path in ("/", "/healthy")]
    await ask.page(gzip.compress(urlset(*urls).encode()), ("Content-Type", "application/gzip"))


@endpoint("callback", "bad_body", "parse_guard", "ok", crawl="sitemap")
async def sitemap_entities(ask: Ask) -> None:
    """Entities that become a billion laughs."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    await ask.page(f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>' + urlset("http://x/&l9;"), XML)


@endpoint("callback", "bad_body", "parse_guard", "ok", crawl="sitemap")
async def sitemap_external(ask: Ask) -> None:
    """Entities that stand for files and for forbidden addresses."""
    await ask.page(
        f'<!DOCTYPE x SYSTEM "{ask.world.forbidden("/dtd")}" [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        + urlset(f"{ask.world.url('sitemap_external', '/')}&f;"),
        XML,
    )


@endpoint("callback", "too_large", "bad_body", "parse_guard", "ok", crawl="sitemap")
async def sitemap_bomb(ask: Ask) -> None:
    """A gzip file, not a coding, that becomes far more than any sitemap may be."""
    await ask.page(gzip_bomb(ask.world.size(4, 256)), ("Content-Type", "application/gzip"))


@endpoint("ok", crawl="sitemap", most=8)
async def sitemap_self(ask: Ask) -> None:
    """An index that names itself, in several ways."""
    own = ask.world.url("sitemap_self", "/attack")
    await ask.page(index(own, own + "#again", own + "?", own), XML)


@endpoint("callback", "bad_body", "parse_guard", "ok", crawl="sitemap")
async def sitemap_deep(ask: Ask) -> None:
    """A hundred thousand elements in each other."""
    await ask.page("<urlset>" + "<url>" * 100_000, XML)


@endpoint("ok", crawl="sitemap")
async def sitemap_astray(ask: Ask) -> None:
    """Entries that lead to forbidden addresses, to files, and to nothing."""
    bad = ask.world.forbidden("/")
    await ask.page(
        urlset(bad, f"http://[::1]:{ask.world.port}/", "file:///etc/passwd", "", "//", "http://x:y/"), XML
    )


@endpoint("callback", "bad_body", "parse_guard", "ok", crawl="sitemap")
async def sitemap_cut(ask: Ask) -> None:
    """One that ends in the middle of an entry."""
    await ask.page(urlset(ask.world.url("sitemap_cut", "/healthy"), "http://x/")[:-25], XML)


@endpoint("callback", "bad_body", "parse_guard", "ok", crawl="sitemap")
async def sitemap_html(ask: Ask) -> None:
    """A page in its place."""
    await ask.page("<!doctype html><p>not found<br>")


@endpoint("too_large", "total_timeout", "callback", crawl="sitemap")
async def sitemap_endless(ask: Ask) -> None:
    """Entries without end."""
    ask.head("200 OK", XML)
    await ask.send(urlset()[: -len("</urlset>")])
    ask.keep = False
    while True:
        await ask.send(b"<url><loc>http://127.0.0.2/x</loc></url>" * 1_000)
