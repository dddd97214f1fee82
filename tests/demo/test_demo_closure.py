"""The site's promise about itself: `pages` is what following links finds, no more and no less."""

import asyncio
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
import pytest

from crawler.demo import DemoSite, counts, serve


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href is not None:
            self.found.append(href)


class Visitor:
    """Follows every link and redirect of one site, retries what asks for it, and obeys robots.txt."""

    def __init__(self, site: DemoSite, session: aiohttp.ClientSession) -> None:
        self.site = site
        self.session = session
        self.known = {"/"}
        self.waiting = ["/"]
        self.read: set[str] = set()
        self.statuses: dict[str, int] = {}

    def found(self, base: str, href: str) -> None:
        url = urlsplit(urldefrag(urljoin(self.site.url + base, href)).url)
        path = url.path + (f"?{url.query}" if url.query else "")
        is_ours = f"{url.scheme}://{url.netloc}" == self.site.url
        if is_ours and not path.startswith("/private/") and path not in self.known:
            self.known.add(path)
            self.waiting.append(path)

    async def visit(self, path: str) -> None:
        async with self.session.get(path, allow_redirects=False) as response:
            self.statuses[path] = response.status
            if response.status in (429, 503):
                self.waiting.append(path)
            elif "Location" in response.headers:
                self.found(path, response.headers["Location"])
            elif response.status == 200 and response.content_type == "text/html":
                self.read.add(path)
                if path not in self.site.abnormal_pages:
                    links = Links()
                    links.feed(await response.text("windows-1251" if "meta" in path else None))
                    for href in links.found:
                        self.found(path, href)

    async def crawl(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting, []
            await asyncio.gather(*map(self.visit, batch))


@pytest.mark.parametrize("articles", [1, 200])
async def test_following_links_finds_the_pages_promised(articles: int) -> None:
    async with (
        serve(articles) as site,
        aiohttp.ClientSession(site.url, cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        visitor = Visitor(site, session)
        await visitor.crawl()

        assert visitor.read == site.pages | site.abnormal_pages
        assert site.pages.isdisjoint(
            site.abnormal_pages | site.private_pages | site.wall_pages | site.member_pages
        )
        failed = {path for path, status in visitor.statuses.items() if status >= 400}
        assert failed == {"/trouble/404", "/trouble/500"}
        assert not any(hit.path_qs.startswith("/private/") for hit in site.hits)


async def test_keeping_cookies_finds_the_pages_behind_the_wall_too(
    site: DemoSite, browser: aiohttp.ClientSession
) -> None:
    # With a cookie an address already known is worth asking again, so the consent comes first.
    await browser.get("/wall/consent", allow_redirects=False)
    visitor = Visitor(site, browser)
    await visitor.crawl()
    assert visitor.read == site.pages | site.abnormal_pages | site.wall_pages


def test_counts_say_how_large_a_site_is() -> None:
    small, large = counts(1), counts(200)
    assert (small.articles, small.list_pages, small.authors, small.author_pages) == (1, 1, 1, 1)
    assert (large.articles, large.list_pages, large.tags, large.authors) == (200, 10, 16, 10)
    assert large.tag_pages >= large.tags
    assert large.author_pages >= large.authors


async def test_counts_agree_with_the_pages(site: DemoSite) -> None:
    def starting(prefix: str) -> int:
        return sum(page.startswith(prefix) for page in site.pages)

    assert site.counts == counts(45)
    assert site.counts.pages == len(site.pages)
    assert site.counts.articles == starting("/articles/")
    assert site.counts.list_pages == starting("/articles?") + 1 == 3
    assert site.counts.tag_pages == starting("/tags/")
    assert site.counts.author_pages == starting("/authors/")
