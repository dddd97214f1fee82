"""One form for URLs that are the same page: of starts, links, requests and redirects alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from crawler import Page, Request, Spider
from crawler.testing import PretendWeb, virtual

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0, "robots": False}}


class Everything(Spider):
    start: tuple[str, ...] = (f"{A}/?utm_source=mail",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow("a")
        for href in page.texts("i"):
            yield Request(href)


def crawl(web: PretendWeb, start: tuple[str, ...] = Everything.start, **urls: Any) -> list[str]:
    spider = Everything()
    spider.start = start
    virtual(spider, web, urls=urls, **OPTIONS)
    return [hit.url for hit in web.hits]


def test_starts_links_and_requests_are_fetched_in_that_form_and_once() -> None:
    web = PretendWeb()
    web.page(
        f"{A}/", '<a href="x?b=1&a=2&gclid=1">x</a><a href="/?utm_id=2"><a href="#x"><a href="?fbclid=1">'
    )
    web.page(f"{A}/x?a=2&b=1", f"<i>{A}/x?utm_source=y&b=1&a=2</i><i>{A}/y/index.html?fbclid=3</i>")
    web.page(f"{A}/y/", '<a href="/y"><a href="index.html#top">')
    hits = crawl(web, drop=["tracking"], sort_query=True, index=True, trailing_slash="add")
    assert hits == [f"{A}/", f"{A}/x/?a=2&b=1"]  # which is not there with a slash
    hits = crawl(web, drop=["tracking"], sort_query=True, index=True)
    assert hits[2:] == [f"{A}/", f"{A}/x?a=2&b=1", f"{A}/y/", f"{A}/y"]


def test_without_options_the_url_stays_as_the_standard_has_it() -> None:
    web = PretendWeb()
    web.page(f"{A}/?utm_source=mail", '<a href="x?b=1&a=2&gclid=1">x</a>')
    assert crawl(web) == [f"{A}/?utm_source=mail", f"{A}/x?b=1&a=2&gclid=1"]


def test_a_redirect_goes_to_the_form_of_its_target() -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="/old"><a href="/new">')
    web.redirect(f"{A}/old", "/new?utm_source=old")
    web.page(f"{A}/new")
    assert sorted(crawl(web, drop=["tracking"])) == [f"{A}/", f"{A}/new", f"{A}/old"]


PUT_BACK: dict[str, tuple[dict[str, Any], str, str]] = {
    "parameter": ({"drop": ["session"]}, "/x", "/x?sid=1"),
    "slash": ({"trailing_slash": "drop"}, "/x", "/x/"),
    "no slash": ({"trailing_slash": "add"}, "/x/", "/x"),
    "index": ({"index": True}, "/x/", "/x/index.html"),
    "order": ({"sort_query": True}, "/x?a=1&b=2", "/x?b=2&a=1"),
}


@pytest.mark.parametrize("name", PUT_BACK)
def test_a_redirect_that_puts_back_what_the_form_drops_loses_no_page(name: str) -> None:
    options, formed, raw = PUT_BACK[name]
    web = PretendWeb()
    web.page(f"{A}/", f'<a href="{raw}">')
    web.redirect(f"{A}{formed}", raw)
    web.page(f"{A}{raw}", '<a href="/"><a href="' + raw + '">')
    assert crawl(web, (f"{A}/",), **options) == [f"{A}/", f"{A}{formed}", f"{A}{raw}"]


def test_a_session_that_is_put_back_on_the_way_through_another_page_loses_nothing() -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="/x">')
    web.redirect(f"{A}/x", "/login?sid=1")
    web.redirect(f"{A}/login", "/x?sid=1")
    web.page(f"{A}/x?sid=1")
    hits = crawl(web, (f"{A}/",), drop=["session"])
    assert hits == [f"{A}/", f"{A}/x", f"{A}/login", f"{A}/x?sid=1"]


def test_a_server_that_gives_a_new_session_for_ever_comes_to_the_limit_of_redirects() -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="/x">')
    for number in range(20):
        tail = f"?sid={number}" if number else ""
        web.redirect(f"{A}/x{tail}", f"/x?sid={number + 1}")
    assert len(crawl(web, (f"{A}/",), drop=["session"])) == 12


def test_http_links_become_https_once_their_host_is_known_by_it() -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="http://a.test/x"><a href="http://a.test/y">')
    web.page(f"{A}/x", '<a href="http://b.test/"><a href="http://b.test/1"><a href="https://b.test/2">')
    web.page(f"{A}/y")
    web.page("https://b.test/2", '<a href="http://b.test/1"><a href="http://b.test/3">')
    spider = Everything()
    spider.start = (f"{A}/",)
    virtual(spider, web, urls={"https": True}, scope={"hosts": ["a.test", "b.test"]}, **OPTIONS)
    hits = {hit.url for hit in web.hits}
    assert {f"{A}/x", f"{A}/y", "https://b.test/3"} <= hits
    assert not {url for url in hits if url.startswith("http://a.test")}


def test_a_site_that_sends_https_back_to_http_loses_no_page() -> None:
    web = PretendWeb()
    web.redirect(f"{A}/", "http://a.test/")
    web.page("http://a.test/", '<a href="/x">')
    web.redirect(f"{A}/x", "http://a.test/x")
    web.page("http://a.test/x")
    assert crawl(web, (f"{A}/",), https=True) == [f"{A}/", "http://a.test/", f"{A}/x", "http://a.test/x"]
