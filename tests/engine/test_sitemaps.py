"""Whole crawls that begin with sitemaps and feeds."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Links, Page, Request, Sitemap, Spider
from crawler.demo import serve
from crawler.model import Reason
from crawler.store.tracing import trace
from crawler.testing import PretendWeb, virtual

A, B = "https://a.test", "https://b.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0}}
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


class Plain(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "data": page.data, "depth": page.depth}
        yield page.follow()


def crawl(start: Any, web: PretendWeb, spider: Spider | None = None, **options: Any) -> Any:
    spider = spider or Plain()
    spider.start = start
    return virtual(spider, web, **(OPTIONS | options))


def paths(crawled: Any) -> list[str]:
    return sorted(item["url"].removeprefix(A) for item in crawled.items)


def urls(*entries: str) -> str:
    """Return a sitemap; an entry is a path, and a date after a blank."""
    return _document("urlset", "url", entries)


def index(*entries: str) -> str:
    return _document("sitemapindex", "sitemap", entries)


def _document(root: str, each: str, entries: tuple[str, ...]) -> str:
    split = [entry.partition(" ") for entry in entries]
    inner = "".join(
        f"<{each}><loc>{A if path.startswith('/') else ''}{path}</loc>"
        f"{date and f'<lastmod>{date}</lastmod>'}</{each}>"
        for path, _, date in split
    )
    return f'<?xml version="1.0"?><{root} {SPACE}>{inner}</{root}>'


def web_of(robots: str | None = None, **documents: str | bytes) -> PretendWeb:
    """Return a web of empty pages, and of documents by their names: `a_xml` is /a.xml."""
    web = PretendWeb()
    web.handler(f"{A}/p/", lambda request: "<p>")
    for name, body in documents.items():
        web.page(f"{A}/{name.replace('_', '.')}", body, content_type="application/xml")
    if robots is not None:
        web.robots(A, robots)
        web.page(f"{A}/robots.txt", robots, content_type="text/plain")
    return web


def test_a_site_as_it_may_be() -> None:
    """An index that names itself; of its parts one is cut off, one missing, one elsewhere, one none."""
    whole = gzip.compress(urls("/p/1", "/p/2").encode())
    long = gzip.compress(urls(*(f"/p/cut{n}" for n in range(400))).encode())
    web = web_of(
        index_xml=index(
            *("/index.xml", "/plain.xml", "/packed.xml.gz", "/cut.xml.gz", "/missing.xml", f"{B}/map.xml"),
            *("/none.xml", "/hostile.xml", "/plain.xml"),
        ),
        plain_xml=urls("/p/3", "/p/1", f"{B}/p/4", "ftp://a.test/p/5", "http://[", "mailto:x"),
        packed_xml_gz=whole,
        cut_xml_gz=long[: len(long) // 2],
        none_xml="<html><body>Welcome",
        hostile_xml="<!DOCTYPE urlset [<!ENTITY a 'b'>]><urlset/>",
    )
    crawled = crawl(Sitemap(f"{A}/index.xml"), web)

    cut = [path for path in paths(crawled) if path.startswith("/p/cut")]
    assert 20 < len(cut) < 400
    assert paths(crawled) == sorted(["/p/1", "/p/2", "/p/3", *cut])
    assert web.asked(f"{A}/index.xml") == web.asked(f"{A}/plain.xml") == 1
    assert web.hits_of("b.test") == []
    assert crawled.stats.rejected == {Reason.HOST: 2, Reason.SCHEME: 3}
    assert crawled.stats.gave_up == {"status 404": 1, "callback": 1}
    assert crawled.stats.refused == {"parse_guard": 1}
    assert crawled.stats.dropped == {("sitemap", "read only in part: truncated gzip data"): 1}


def test_robots_txt_names_the_sitemaps() -> None:
    robots = "User-agent: *\nDisallow: /p/secret\nSitemap: /one.xml\nSITEMAP: https://a.test/two.xml\n"
    web = web_of(robots, one_xml=urls("/p/1", "/p/secret"), two_xml=urls("/p/2"))
    crawled = crawl(Sitemap(f"{A}/robots.txt"), web)
    assert paths(crawled) == ["/p/1", "/p/2"]
    assert crawled.stats.refused == {"robots": 1}
    assert web.asked(f"{A}/sitemap.xml") == 0


@pytest.mark.parametrize(
    "answer",
    [
        lambda web: web.page(f"{A}/robots.txt", "User-agent: *\nAllow: /\n", content_type="text/plain"),
        lambda web: web.page(f"{A}/robots.txt", "", content_type="text/plain"),
        lambda web: web.page(f"{A}/robots.txt", "<html><p>A page for everything"),
        lambda web: web.page(f"{A}/robots.txt", "no such page", status=404),
        lambda web: web.page(f"{A}/robots.txt", "go away", status=403),
    ],
    ids=["none named", "empty", "html", "404", "403"],
)
def test_where_robots_txt_names_none_the_usual_one_is_read(answer: Callable[[PretendWeb], None]) -> None:
    web = web_of(sitemap_xml=urls("/p/1"))
    answer(web)
    crawled = crawl(Sitemap(f"{A}/robots.txt"), web)
    assert paths(crawled) == ["/p/1"]
    assert not crawled.stats.gave_up


def test_sitemaps_are_fetched_as_politely_as_pages() -> None:
    web = web_of(
        "User-agent: *\nDisallow: /no.xml\nSitemap: /index.xml", index_xml=index("/yes.xml", "/no.xml")
    )
    web.page(f"{A}/yes.xml", urls("/p/1"))
    crawled = crawl(Sitemap(f"{A}/robots.txt"), web, politeness={"delay": 5.0})
    assert paths(crawled) == ["/p/1"]
    assert crawled.stats.refused == {"robots": 1}
    assert web.most_at_once("a.test") == 1
    assert min(web.gaps("a.test")) > 4.999


def test_pages_of_a_sitemap_are_starts_and_their_links_one_deeper() -> None:
    web = web_of(index_xml=index("/map.xml"), map_xml=urls("/p/1"))
    web.page(f"{A}/p/1", '<a href="/p/deeper">x</a>')
    web.page(f"{A}/p/deeper", '<a href="/p/too/deep">x</a>')
    crawled = crawl(Sitemap(f"{A}/index.xml"), web, limits={"depth": 1})
    assert [(item["url"], item["depth"]) for item in crawled.items] == [(f"{A}/p/1", 0), (f"{A}/p/deeper", 1)]
    assert crawled.stats.rejected == {"depth": 1}


def test_indexes_within_one_another_without_end() -> None:
    web = PretendWeb()
    web.handler(f"{A}/", lambda request: index(request.url.removeprefix(A) + "x"))
    crawled = crawl(Sitemap(f"{A}/map"), web)
    assert crawled.stats.pages == 6
    assert crawled.stats.dropped == {("sitemap", "not followed: listed by indexes more than 5 deep"): 1}


def ago(**time: float) -> str:
    return (datetime.now(UTC) - timedelta(**time)).isoformat(timespec="seconds")


def test_only_what_changed_lately_and_matches() -> None:
    web = web_of(
        index_xml=index(f"/new.xml {ago(days=2)}", f"/old.xml {ago(days=20)}", "/undated.xml"),
        new_xml=urls(
            f"/p/new {ago(days=2)}", f"/p/old {ago(days=20)}", "/p/undated", f"/p/x/other {ago(days=1)}"
        ),
        old_xml=urls(f"/p/never {ago(days=1)}"),
        undated_xml=urls("/p/last", f"/p/day {ago(days=6, hours=20)[:10]}", f"/p/year {ago(days=800)[:4]}"),
    )
    crawled = crawl(Sitemap(f"{A}/index.xml", since=timedelta(days=7), match="/p/[a-z]+$"), web)
    assert paths(crawled) == ["/p/day", "/p/last", "/p/new", "/p/undated"]
    assert web.asked(f"{A}/old.xml") == 0
    assert crawled.stats.rejected == {}


@pytest.mark.parametrize(
    "body",
    [
        f"<rss><channel><item><link>{A}/p/1</link><pubDate>{{}}</pubDate></item>"
        "<item><link>/p/2</link></item></channel></rss>",
        f"<feed><entry><link href='{A}/p/1'/><updated>{{}}</updated></entry>"
        "<entry><link href='p/2'/></entry></feed>",
        '{{"items": [{{"url": "/p/1", "date_published": "{}"}}, {{"url": "/p/2"}}]}}',
    ],
    ids=["rss", "atom", "json"],
)
def test_a_feed(body: str) -> None:
    since = timedelta(days=7)
    old, new = web_of(feed_xml=body.format("2001-01-01")), web_of(feed_xml=body.format(ago(days=1)))
    assert paths(crawl(Sitemap(f"{A}/feed.xml"), old)) == ["/p/1", "/p/2"]
    assert paths(crawl(Sitemap(f"{A}/feed.xml", since), old)) == ["/p/2"]
    assert paths(crawl(Sitemap(f"{A}/feed.xml", since), new)) == ["/p/1", "/p/2"]


def test_in_yaml() -> None:
    """The same by settings; `robots` reads the sitemaps of the sites whose pages it is given."""
    web = web_of(
        "Sitemap: /map.xml", map_xml=urls("/p/1", f"/p/2 {ago(days=20)}", "/p/x/3"), feed_xml=urls("/p/9")
    )
    web.page(f"{A}/", "<p>")

    def by(**start: Any) -> list[str]:
        return paths(virtual(Plain(), web, start=start, **OPTIONS))

    assert by(sitemap=f"{A}/map.xml") == ["/p/1", "/p/2", "/p/x/3"]
    assert by(sitemap=f"{A}/map.xml", since="7d", match="/p/.$") == ["/p/1"]
    assert by(feed=f"{A}/feed.xml") == ["/p/9"]
    assert by(urls=[f"{A}/", f"{A}/p/7"], sitemap="robots", since="7d") == ["/", "/p/1", "/p/7", "/p/x/3"]


def test_a_sitemap_among_other_starts_and_one_found_on_the_way() -> None:
    class Finds(Plain):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"url": page.url}
            if page.url == f"{A}/p/1":
                yield Request(f"{A}/two.xml", self.sitemap)
                yield Sitemap(f"{A}/three.xml", match="/p/6").request()

    web = web_of(one_xml=urls("/p/2"), two_xml=urls("/p/4"), three_xml=urls("/p/5", "/p/6"))
    crawled = crawl([f"{A}/p/1", Sitemap(f"{A}/one.xml"), Request(f"{A}/p/3")], web, Finds())
    assert paths(crawled) == ["/p/1", "/p/2", "/p/3", "/p/4", "/p/6"]


def test_a_callback_of_ones_own_reads_entries() -> None:
    class News(Plain):
        async def front(self, page: Page) -> AsyncIterator[Any]:
            async for entry in page.sitemap():
                yield Request(entry.url, data={"changed": entry.lastmod and entry.lastmod.isoformat()})

    web = web_of(map_xml=urls("/p/1 2024-05-07", "/p/2"))
    spider = News()
    crawled = crawl([Request(f"{A}/map.xml", spider.front)], web, spider)
    assert [item["data"] for item in crawled.items] == [
        {"changed": "2024-05-07T00:00:00+00:00"},
        {"changed": None},
    ]


# Very long pages

MANY = 12_345


def test_a_very_long_sitemap_comes_in_whole() -> None:
    web = web_of(map_xml=urls(*(f"/p/{n}" for n in range(MANY))))
    crawled = crawl(Sitemap(f"{A}/map.xml"), web, limits={"pages": 3})
    visited = next(event for event in crawled.events if getattr(event, "new", 0))
    assert visited.new == MANY


def test_more_links_than_a_page_may_have() -> None:
    class Long(Spider):
        async def parse(self, page: Page) -> AsyncIterator[Links]:
            if page.depth == 0:
                hrefs = [f"/p/{n % 1_200}" for n in range(100_007)]
                yield Links(page.url, hrefs, data=list(range(len(hrefs))))

    crawled = crawl([f"{A}/p/0"], web_of(), Long(), limits={"pages": 2})
    visited = next(event for event in crawled.events if getattr(event, "new", 0))
    assert visited.new == 1_199
    assert crawled.stats.rejected == {"excess": 7}
    assert visited.outcome.found[0].data == 1


class Listed(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}


async def test_the_state_of_a_crawl_holds_a_very_long_sitemap(tmp_path: Path) -> None:
    """All of it waits there, and is known to come from the sitemap."""
    web = web_of(map_xml=urls(*(f"/p/{n}" for n in range(2_500))))
    spider, state = Listed(), tmp_path / "state.db"
    spider.start = Sitemap(f"{A}/map.xml")
    async with Crawl(spider, fetcher=web, limits={"pages": 1}, state=str(state), **OPTIONS) as crawl:
        await crawl.wait()
        assert crawl.pending == 2_500
    for number in (0, 1_234, 2_499):
        (found,) = trace(state, f"{A}/p/{number}", now=0.0, longest=0.0).requests
        assert [step.url for step in found.found] == [f"{A}/map.xml"]
        assert found.depth == 0


@pytest.mark.parametrize(
    ("start", "number"),
    [
        ({"sitemap": "{}/robots.txt"}, 45),  # the articles, and in a packed file the tags
        ({"feed": "{}/feed.atom"}, 20),
        ({"feed": "{}/feed.xml", "match": "/articles/1"}, 9),
    ],
)
async def test_over_the_wire(start: dict[str, str], number: int) -> None:
    async with serve(30) as site:
        begin = {key: value.format(site.url) for key, value in start.items()}
        settings: dict[str, Any] = {"fetch": {"allow": ["127.0.0.1"]}, **OPTIONS}
        async with Crawl(Listed, start=begin, **settings) as crawl:
            pages = [item["url"] async for item in crawl.items()]
    assert len(pages) == len(set(pages)) == number
