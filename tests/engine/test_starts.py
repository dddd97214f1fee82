import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from crawler import Page, Request, Sitemap, Spider, UrlFile
from crawler.errors import ConfigError, SpiderError
from crawler.events import StartRefused
from crawler.testing import PretendWeb, virtual

A, B = "https://a.test", "https://b.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0, "robots": False}}


class Plain(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "data": page.data}


def crawl(start: Any, web: PretendWeb | None = None, spider: Spider | None = None, **options: Any) -> Any:
    if web is None:
        web = PretendWeb()
        for origin in (A, B):
            web.handler(f"{origin}/", lambda request: "<p>")
    spider = spider or Plain()
    spider.start = start
    return virtual(spider, web, **OPTIONS, **options)


def urls(crawled: Any) -> list[str]:
    return sorted(item["url"] for item in crawled.items)


def test_a_list_of_urls_and_requests() -> None:
    crawled = crawl([f"{A}/1", Request(f"{B}/2", data="x"), f"{A}/1"])
    assert urls(crawled) == [f"{A}/1", f"{B}/2"]
    assert {item["data"] for item in crawled.items} == {None, "x"}


def test_one_url_alone() -> None:
    assert urls(crawl(f"{A}/")) == [f"{A}/"]


def test_no_start_at_all_is_an_error() -> None:
    with pytest.raises(ConfigError, match="nothing to crawl"):
        crawl([])


def test_starts_are_made_canonical() -> None:
    assert urls(crawl(["HTTPS://A.TEST:443/x/../y#part", f"{A}/y"])) == [f"{A}/y"]


def test_a_file_of_urls(tmp_path: Path) -> None:
    file = tmp_path / "urls.txt"
    file.write_text(f"# our shops\n\n{A}/1\n  {A}/2  \r\n#{A}/3\n{B}/ä\n", encoding="utf-8")
    assert urls(crawl(UrlFile(file))) == [f"{A}/1", f"{A}/2", f"{B}/%C3%A4"]


def test_a_file_that_cannot_be_read_fails_the_crawl(tmp_path: Path) -> None:
    with pytest.raises(SpiderError, match=r"nowhere\.txt"):
        crawl(UrlFile(tmp_path / "nowhere.txt"))


def test_starts_that_cannot_be_used_are_told_and_the_others_go_on() -> None:
    crawled = crawl(["not a url", "ftp://a.test/", f"{A}/no", f"{A}/1"], scope={"exclude": ["/no"]})
    assert urls(crawled) == [f"{A}/1"]
    refused = [event for event in crawled.events if isinstance(event, StartRefused)]
    assert [(event.url, event.reason) for event in refused] == [
        ("not a url", "scheme"),
        ("ftp://a.test/", "scheme"),
        (f"{A}/no", "exclude"),
    ]


def test_starts_come_from_an_async_generator_as_it_goes() -> None:
    class Feed(Plain):
        async def starts(self) -> AsyncIterator[str | Request]:
            for number in range(3):
                await anyio.sleep(100.0)
                yield Request(f"{A}/{number}", data=number)

    crawled = crawl((), spider=Feed())
    assert [item["data"] for item in crawled.items] == [0, 1, 2]
    assert crawled.stats.seconds == pytest.approx(300.05)


def test_a_generator_that_fails_fails_the_crawl() -> None:
    class Feed(Plain):
        async def starts(self) -> AsyncIterator[str | Request]:
            yield f"{A}/1"
            await anyio.sleep(10.0)
            raise OSError("the queue is gone")

    with pytest.raises(OSError, match="the queue is gone"):
        crawl((), spider=Feed())


def test_a_callback_that_is_missing_fails_the_crawl_and_names_the_nearest() -> None:
    with pytest.raises(SpiderError, match=r"no callback 'prase'; did you mean 'parse'\?"):
        crawl([Request(f"{A}/", "prase")])


# Sitemaps

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def url_set(*locations: str) -> str:
    entries = "".join(
        f"<url><loc>\n {location} </loc><priority>0.5</priority></url>" for location in locations
    )
    return f"{HEAD}<urlset {SPACE}>{entries}</urlset>"


def index(*locations: str) -> str:
    entries = "".join(f"<sitemap><loc>{location}</loc></sitemap>" for location in locations)
    return f"{HEAD}<sitemapindex {SPACE}>{entries}</sitemapindex>"


def mapped(**maps: str | bytes) -> PretendWeb:
    web = PretendWeb()
    web.handler(f"{A}/", lambda request: "<p>")
    for name, body in maps.items():
        web.page(f"{A}/{name}.xml", body, content_type="application/xml")
    return web


def test_a_sitemap() -> None:
    web = mapped(sitemap=url_set(f"{A}/1", f"{A}/2?a=1&amp;b=2"))
    assert urls(crawl(Sitemap(f"{A}/sitemap.xml"), web)) == [f"{A}/1", f"{A}/2?a=1&b=2"]


def test_a_sitemap_index_with_gzipped_sitemaps() -> None:
    web = mapped(
        index=index(f"{A}/plain.xml", f"{A}/packed.xml"),
        plain=url_set(f"{A}/1"),
        packed=gzip.compress(url_set(f"{A}/2").encode()),
    )
    assert urls(crawl(Sitemap(f"{A}/index.xml"), web)) == [f"{A}/1", f"{A}/2"]


def test_a_sitemap_keeps_to_the_scope() -> None:
    web = mapped(sitemap=url_set(f"{A}/1", f"{B}/2"))
    crawled = crawl(Sitemap(f"{A}/sitemap.xml"), web)
    assert urls(crawled) == [f"{A}/1"]
    assert crawled.stats.rejected == {"host": 1}


@pytest.mark.parametrize("body", ["<html><p>not found", "", "{}", "no URL at all", "<urlset><url>"])
def test_a_sitemap_that_is_none_is_given_up(body: str) -> None:
    crawled = crawl(Sitemap(f"{A}/sitemap.xml"), mapped(sitemap=body))
    assert crawled.items == []
    assert crawled.stats.gave_up == {"callback": 1}
