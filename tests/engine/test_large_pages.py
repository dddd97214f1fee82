"""Large pages are parsed in a thread before a callback on the loop gets them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from crawler import Crawl, Page, Spider
from crawler.assembly.places import Opening
from crawler.executors.thread import ThreadExecutor
from crawler.executors.work import ParseWork
from crawler.page.page import LARGE as LARGE_PAGE
from crawler.placement import Placement
from crawler.testing import PretendWeb

SMALL = "<p>small</p><a href=/large>on</a>"
LARGE = "<p>" + "large " * (LARGE_PAGE // 6) + "</p><a href=/nested>on</a>"
NESTED = "<div>" * 60_000 + " " * LARGE_PAGE


class Pages(Spider):
    start = ("https://a.test/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url, "text": page.text("p")[:5]}
        yield page.follow()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Who parsed each page, by its URL."""
    seen: dict[str, list[str]] = {}
    parse = Page._parse

    def noted(page: Page) -> Any:
        seen.setdefault(page.url, []).append(threading.current_thread().name)
        return parse(page)

    monkeypatch.setattr(Page, "_parse", noted)
    return seen


async def test_only_large_pages_are_parsed_beside_the_loop(parsed: dict[str, list[str]]) -> None:
    web = PretendWeb(latency=0)
    web.page("https://a.test/", SMALL)
    web.page("https://a.test/large", LARGE)
    web.page("https://a.test/nested", NESTED)
    async with Crawl(Pages, fetcher=web, politeness={"delay": 0}) as crawl:
        items = [item async for item in crawl.items()]
    assert [item["text"] for item in items] == ["small", "large"]
    assert parsed["https://a.test/"] == [threading.current_thread().name]
    (by,) = parsed["https://a.test/large"]
    assert by.startswith("crawler the HTML parser")
    # What the guard refuses is refused when the callback asks for the tree.
    assert crawl.stats.refused == {"parse_guard": 1}
    assert parsed["https://a.test/nested"][0].startswith("crawler the HTML parser")


async def test_a_page_that_takes_the_parser_too_long_is_given_up_and_the_crawl_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_go = threading.Event()
    prepare = Page.prepare

    def stuck(page: Page) -> None:
        if page.url.endswith("/large"):
            let_go.wait(20)
        prepare(page)

    def impatient(opening: Opening) -> ThreadExecutor:
        placed = Placement(run="thread", workers=2, timeout=0.2).full()
        return ThreadExecutor("the HTML parser", ParseWork, placed, lambda event: None)

    monkeypatch.setattr(Page, "prepare", stuck)
    monkeypatch.setattr(Opening, "_parser", impatient)
    web = PretendWeb(latency=0)
    web.page("https://a.test/", "<p>small</p><a href=/large>on</a><a href=/other>on</a>")
    web.page("https://a.test/large", LARGE)
    web.page("https://a.test/other", LARGE)
    try:
        async with Crawl(Pages, fetcher=web, politeness={"delay": 0}) as crawl:
            items = [item async for item in crawl.items()]
            let_go.set()
    finally:
        let_go.set()
    assert [item["url"] for item in items] == ["https://a.test/", "https://a.test/other"]
    assert crawl.stats.gave_up == {"call_timeout": 1, "status 404": 1}


async def test_what_goes_wrong_in_the_parser_is_told_to_the_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(page: Page) -> Any:
        raise RuntimeError("no parser")

    monkeypatch.setattr(Page, "_parse", broken)
    web = PretendWeb(latency=0)
    web.page("https://a.test/", LARGE)
    async with Crawl(Pages, fetcher=web, politeness={"delay": 0}) as crawl:
        assert [item async for item in crawl.items()] == []
    assert crawl.stats.gave_up == {"callback": 1}
