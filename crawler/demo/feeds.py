"""The latest articles as feeds: RSS 2.0 and Atom (RFC 4287)."""

from collections.abc import Iterator
from email.utils import format_datetime
from html import escape

from aiohttp import web

from crawler.demo.catalogue import Article, page_of
from crawler.demo.layout import origin
from crawler.demo.site import SITE

TITLE = "The Quiet Gazette"


def _latest(request: web.Request) -> Iterator[tuple[str, Article]]:
    catalogue = request.app[SITE].catalogue
    for number in page_of(catalogue.newest_first, 1):
        yield escape(f"{origin(request)}/articles/{number}"), catalogue.article(number)


async def rss(request: web.Request) -> web.Response:
    """Answer with the RSS feed."""
    home = escape(origin(request))
    items = "\n".join(
        f"<item><title>{escape(article.title)}</title><link>{link}</link>"
        f'<guid isPermaLink="true">{link}</guid><pubDate>{format_datetime(article.published)}</pubDate>'
        f"<category>{article.category}</category>"
        f"<description>{escape(article.body()[0])}</description></item>"
        for link, article in _latest(request)
    )
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0">
<channel>
<title>{TITLE}</title>
<link>{home}/</link>
<description>A pretend magazine for trying crawlers on.</description>
{items}
</channel>
</rss>
"""
    return web.Response(text=text, content_type="application/rss+xml", charset="utf-8")


async def atom(request: web.Request) -> web.Response:
    """Answer with the Atom feed."""
    home = escape(origin(request))
    latest = list(_latest(request))
    entries = "\n".join(
        f'<entry><title>{escape(article.title)}</title><link href="{link}"/><id>{link}</id>'
        f"<updated>{article.published.isoformat()}</updated>"
        f"<author><name>{article.author_name}</name></author>"
        f"<summary>{escape(article.body()[0])}</summary></entry>"
        for link, article in latest
    )
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
<title>{TITLE}</title>
<id>{home}/</id>
<link href="{home}/"/>
<link rel="self" href="{home}/feed.atom"/>
<updated>{latest[0][1].published.isoformat()}</updated>
{entries}
</feed>
"""
    return web.Response(text=text, content_type="application/atom+xml", charset="utf-8")


def routes() -> list[web.RouteDef]:
    """Say where the feeds are."""
    return [web.get("/feed.xml", rss), web.get("/feed.atom", atom)]
