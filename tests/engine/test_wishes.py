"""What a page asks of crawlers, in whole crawls: links marked nofollow, items of pages marked noindex."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crawler import Page, Request, Spider, process
from crawler.assembly import Parts, open_crawl
from crawler.extract import FollowRule, RuleSpider
from crawler.observe import Stats
from crawler.settings import Settings, load
from crawler.store import MemoryStore
from crawler.testing import Crawled, PretendWeb, read_now, virtual, virtual_time

A = "https://a.test"
QUICK = {"delay": 0.0, "robots": False}
TAG = "X-Robots-Tag"


class Everything(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()


class Elsewhere(Spider):
    start = (f"{A}/",)

    @process
    def parse(self, page: Page) -> Any:
        yield {"url": page.url}
        yield page.follow("a", data=lambda node: node.text())


PAGES = {
    "": "<a href=/open><a href=/marked rel=nofollow><a href=/both rel=nofollow><a href=/both>"
    "<a href=/later rel=nofollow><a href='//other.test/' rel=nofollow>",
    "open": "<a href=/later#again><a href=/marked rel='ugc nofollow'>",
    "marked": "",
    "both": "<head><meta name=robots content='noindex, nofollow'><body><a href=/behind><a href=/open>",
    "later": "<head><meta name=shopbot content=nofollow><body><a href=/named>",
}


def site() -> PretendWeb:
    web = PretendWeb()
    for path, body in PAGES.items():
        web.page(f"{A}/{path}", body)
    web.page(f"{A}/named", "<a href=/tagged>", headers=[(TAG, "noarchive"), (TAG, "otherbot: nofollow")])
    web.page(f"{A}/tagged", "<a href=/end>", headers=[(TAG, "noarchive"), (TAG, "nofollow")])
    for path in ("behind", "end"):
        web.page(f"{A}/{path}")
    return web


def fetched(web: PretendWeb) -> set[str]:
    return {hit.url.removeprefix(f"{A}/") for hit in web.hits}


def crawl(web: PretendWeb, spider: Any = Everything, **options: Any) -> Crawled:
    options["politeness"] = QUICK | options.get("politeness", {})
    return virtual(spider, web, **options)


@pytest.mark.parametrize("spider", [Everything, Elsewhere])
def test_links_marked_nofollow_are_not_followed_and_are_counted(spider: type[Spider]) -> None:
    web = site()
    crawled = crawl(web, spider)
    # To "later" another page leads without a mark; what is marked for shopbot alone is ours to follow.
    assert fetched(web) == {"", "open", "both", "later", "named", "tagged"}
    # "marked" twice, "later" while it was not known; "behind" and "end" by what their pages say.
    assert crawled.stats.rejected == {"nofollow": 5, "host": 1}
    assert not crawled.stats.refused


def test_with_the_setting_off_they_are() -> None:
    web = site()
    crawled = crawl(web, politeness={"nofollow": False})
    assert fetched(web) == {"", *PAGES, "named", "tagged", "behind", "end"}
    assert crawled.stats.rejected == {"host": 1}


def test_what_is_said_to_us_by_name() -> None:
    web = site()
    crawl(web, fetch={"user_agent": "ShopBot/2.0"})
    assert fetched(web) == {"", "open", "both", "later"}


def test_a_request_is_the_spiders_own_decision() -> None:
    class Own(Everything):
        async def parse(self, page: Page) -> AsyncIterator[Any]:
            for url in page.links():
                yield Request(url)

    web = site()
    crawled = crawl(web, Own)
    assert {"marked", "behind", "end"} <= fetched(web)
    assert "nofollow" not in crawled.stats.rejected


def test_a_redirect_is_no_link() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/", "/to", headers=[(TAG, "nofollow")])
    web.page(f"{A}/to")
    assert len(crawl(web).items) == 1


def test_rules_that_follow_keep_to_it_too() -> None:
    for rule in (FollowRule(), FollowRule("a"), FollowRule(match="a.test"), FollowRule(kinds=["a"])):
        web = site()
        crawled = crawl(web, RuleSpider([rule]), start=f"{A}/")
        assert fetched(web) == {"", "open", "both", "later", "named", "tagged"}
        assert crawled.stats.rejected["nofollow"] == 5


@pytest.mark.parametrize("spider", [Everything, Elsewhere])
def test_items_of_pages_marked_noindex_are_dropped_when_that_is_asked_for(spider: type[Spider]) -> None:
    web = PretendWeb()
    web.page(f"{A}/", "<a href=/1><a href=/2><a href=/3>")
    web.page(f"{A}/1", "<head><meta name=robots content=noindex><body><a href=/4>")
    web.page(f"{A}/2", headers=[(TAG, "otherbot: none"), (TAG, "noindex")])
    web.page(f"{A}/3", headers=[(TAG, "otherbot: none")])
    web.page(f"{A}/4")
    crawled = crawl(web, spider, politeness={"noindex": True})
    assert sorted(item["url"] for item in crawled.items) == [f"{A}/", f"{A}/3", f"{A}/4"]
    assert crawled.stats.dropped == {("dict", "noindex"): 2}
    assert len(crawl(web, spider).items) == 5


async def test_reading_one_page_keeps_to_it() -> None:
    read = await read_now(Everything, "<a href=/1><a href=/2 rel=nofollow>")
    assert read.urls == ["https://example.test/1"]


YAML = """
start: https://a.test/
follow: [{kinds: [canonical]}, {kinds: [image], match: png$}]
politeness: {nofollow: NOFOLLOW, delay: 0, robots: false}
"""


@pytest.mark.parametrize(("nofollow", "paths"), [("true", {"", "c"}), ("false", {"", "c", "i.png"})])
def test_a_configuration_names_kinds_of_links(tmp_path: Path, nofollow: str, paths: set[str]) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(YAML.replace("NOFOLLOW", nofollow), encoding="utf-8")
    settings = load(file)
    web = PretendWeb()
    web.page(f"{A}/", "<head><link rel=canonical href=/c><body><a href=/a><img src=j.gif>")
    web.page(f"{A}/c", "<img srcset='/i.png 2x'>", headers=[(TAG, "aiocrawl: none")])
    web.page(f"{A}/i.png", content_type="image/png")
    crawled = virtual_time(lambda: crawled_by(settings, web))
    assert fetched(web) == paths
    assert crawled.rejected == ({"nofollow": 1} if nofollow == "true" else {})


async def crawled_by(settings: Settings, web: PretendWeb) -> Stats:
    stats = Stats()
    parts = Parts(settings, fetcher=web, store=MemoryStore(), listeners=[stats], inline=True)
    async with open_crawl(parts) as engine:
        await engine.run()
    return stats
