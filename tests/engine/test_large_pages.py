"""Large pages are parsed in a thread before a callback on the loop gets them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from crawler import Crawl, Page, Spider
from crawler.engine.reading import LARGE_PAGE
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
