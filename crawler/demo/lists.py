"""The front page, and the lists of articles by date, tag and author."""

from collections.abc import Sequence
from html import escape

from aiohttp import web

from crawler.demo.article import published
from crawler.demo.catalogue import AUTHORS, Catalogue, page_count, page_of
from crawler.demo.layout import bullets, html, missing, positive
from crawler.demo.site import SITE

FEED_LINKS = """\
<link rel="alternate" type="application/rss+xml" href="/feed.xml">
<link rel="alternate" type="application/atom+xml" href="/feed.atom">
"""
SECTIONS = (
    ("/articles", "All articles"),
    ("/tags", "Tags"),
    ("/authors", "Authors"),
    ("/redirects", "Redirects of all kinds"),
    ("/trouble", "Pages that make trouble"),
    ("/login", "Log in"),
    ("/members/", "Members only"),
    ("/wall/", "Behind a cookie wall"),
    ("/private/", "Forbidden by robots.txt"),
    ("/api/articles", "Articles as JSON"),
    ("/feed.xml", "RSS feed"),
    ("/feed.atom", "Atom feed"),
    ("/sitemap.xml", "Sitemap"),
    ("/robots.txt", "robots.txt"),
)


def listing(catalogue: Catalogue, numbers: Sequence[int], href: str) -> str:
    """List articles; `href` is the address of one, with its number left open as {}."""
    items = []
    for article in map(catalogue.article, numbers):
        link = f'<a href="{href.format(article.number)}">{escape(article.title)}</a>'
        items.append(f"<li>{link} {published(article)}</li>")
    return '<ul class="articles">\n' + "\n".join(items) + "\n</ul>"


async def front(request: web.Request) -> web.Response:
    """Show the latest articles and the way to everything else."""
    catalogue = request.app[SITE].catalogue
    latest = listing(catalogue, page_of(catalogue.newest_first, 1, 10), "articles/{}")
    main = f"<h1>Latest articles</h1>\n{latest}\n<h2>All of this site</h2>\n{bullets(SECTIONS)}"
    return html("The Quiet Gazette", main, head=FEED_LINKS)


def list_page(request: web.Request, heading: str, numbers: Sequence[int]) -> web.Response:
    """Show the page of a list that the query asks for, or that there is none."""
    page = positive(request.query.get("page", "1"))
    last = page_count(len(numbers))
    if page is None or page > last:
        return missing()
    # The first page has one address only, without a number.
    previous = "?page=" + str(page - 1) if page > 2 else request.path
    before = f'<a rel="prev" href="{previous}">Newer</a>' if page > 1 else ""
    after = f'<a rel="next" href="?page={page + 1}">Older</a>' if page < last else ""
    shown = listing(request.app[SITE].catalogue, page_of(numbers, page), "../articles/{}")
    main = (
        f"<h1>{escape(heading)}</h1>\n"
        f'<p class="count">{len(numbers)} articles, page {page} of {last}</p>\n{shown}\n'
        f'<p class="pager"><span class="previous">{before}</span><span class="next">{after}</span></p>'
    )
    return html(f"{heading}, page {page}", main)


async def articles(request: web.Request) -> web.Response:
    """List all articles."""
    return list_page(request, "Articles", request.app[SITE].catalogue.newest_first)


async def tag(request: web.Request) -> web.Response:
    """List the articles of one tag."""
    name = request.match_info["name"]
    numbers = request.app[SITE].catalogue.tagged.get(name)
    return list_page(request, f"Tagged {name}", numbers) if numbers else missing()


async def author(request: web.Request) -> web.Response:
    """List the articles of one author."""
    name = request.match_info["name"]
    numbers = request.app[SITE].catalogue.written.get(name)
    return list_page(request, f"Articles by {AUTHORS[name]}", numbers) if numbers else missing()


async def tags(request: web.Request) -> web.Response:
    """List the tags."""
    links = ((f"tags/{name}", name) for name in request.app[SITE].catalogue.tagged)
    return html("Tags", f"<h1>Tags</h1>\n{bullets(links)}")


async def authors(request: web.Request) -> web.Response:
    """List the authors."""
    links = ((f"authors/{name}", AUTHORS[name]) for name in request.app[SITE].catalogue.written)
    return html("Authors", f"<h1>Authors</h1>\n{bullets(links)}")


def routes() -> list[web.RouteDef]:
    """Say which address shows what."""
    return [
        web.get("/", front),
        web.get("/articles", articles),
        web.get("/tags", tags),
        web.get("/tags/{name}", tag),
        web.get("/authors", authors),
        web.get("/authors/{name}", author),
    ]
