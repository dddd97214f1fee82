"""What crawlers read first: robots.txt, what it forbids, and the sitemaps (sitemaps.org protocol 0.9)."""

import gzip
from collections.abc import Iterable
from html import escape

from aiohttp import web

from crawler.demo.catalogue import page_count, page_of
from crawler.demo.layout import bullets, html, missing, origin
from crawler.demo.paths import PRIVATE
from crawler.demo.site import SITE

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_ADDRESSES = 50_000  # what the protocol allows in one file


def _xml(root: str, entry: str, entries: Iterable[tuple[str, str]]) -> bytes:
    lines = (
        f"<{entry}><loc>{escape(loc)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{entry}>"
        for loc, day in entries
    )
    text = "\n".join(lines)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n{text}\n</{root}>\n'.encode()
    )


async def index(request: web.Request) -> web.Response:
    """List the sitemaps; the one of the articles goes on in further files when it has to."""
    files = page_count(request.app[SITE].articles, MOST_ADDRESSES)
    names = ["sitemap-articles.xml", *(f"sitemap-articles-{part}.xml" for part in range(2, files + 1))]
    entries = ((f"{origin(request)}/{name}", "") for name in [*names, "sitemap-tags.xml.gz"])
    return web.Response(body=_xml("sitemapindex", "sitemap", entries), content_type="application/xml")


async def of_articles(request: web.Request) -> web.Response:
    """List the articles with their dates."""
    catalogue = request.app[SITE].catalogue
    part = int(request.match_info.get("part", "1"))
    numbers = page_of(range(1, catalogue.size + 1), part, MOST_ADDRESSES)
    if not numbers:
        return missing()
    entries = (
        (f"{origin(request)}/articles/{n}", catalogue.article(n).published.date().isoformat())
        for n in numbers
    )
    return web.Response(body=_xml("urlset", "url", entries), content_type="application/xml")


async def of_tags(request: web.Request) -> web.Response:
    """List the tags, as a gzip file."""
    entries = ((f"{origin(request)}/tags/{name}", "") for name in request.app[SITE].catalogue.tagged)
    packed = gzip.compress(_xml("urlset", "url", entries), mtime=0)
    return web.Response(body=packed, content_type="application/gzip")


async def robots(request: web.Request) -> web.Response:
    """Answer with the rules for crawlers (RFC 9309)."""
    return web.Response(
        text=f"User-agent: *\nDisallow: /private/\n\nSitemap: {origin(request)}/sitemap.xml\n",
        content_type="text/plain",
        charset="utf-8",
    )


async def private(request: web.Request) -> web.Response:
    """Show what no crawler should have asked for."""
    if request.path not in PRIVATE:
        return missing()
    main = "<h1>Private</h1>\n<p>robots.txt asks crawlers not to read this.</p>\n"
    return html("Private", main + bullets((path, path) for path in PRIVATE))


def routes() -> list[web.RouteDef]:
    """Say where crawlers find their way."""
    return [
        web.get("/robots.txt", robots),
        web.get("/private/{rest:.*}", private),
        web.get("/sitemap.xml", index),
        web.get("/sitemap-articles.xml", of_articles),
        web.get(r"/sitemap-articles-{part:[2-9]|[1-9]\d{1,3}}.xml", of_articles),
        web.get("/sitemap-tags.xml.gz", of_tags),
    ]
