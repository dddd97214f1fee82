"""An item that no disk can hold costs itself, and neither its page nor the crawl."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from crawler import Crawl, Page, Spider
from crawler.store.looking import failures
from crawler.testing import PretendWeb


class Odd(Spider):
    start = ("https://a.test/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"n": 1}
        yield {"n": 2, "odd": object()}
        yield {"n": complex(1, 2)}
        yield {"n": 4}
        yield page.follow()


async def test_the_rest_of_the_page_is_kept_and_the_crawl_goes_on(tmp_path: Path) -> None:
    web = PretendWeb(latency=0)
    web.page("https://a.test/", "<a href=/2>")
    web.page("https://a.test/2", "")
    state = str(tmp_path / "state.db")
    async with Crawl(Odd, fetcher=web, state=state, politeness={"delay": 0}) as crawl:
        items = [item async for item in crawl.items()]
    assert [item["n"] for item in items] == [1, 4, 1, 4]
    assert crawl.stats.pages == 2
    assert crawl.stats.failed == {("output", "no_json"): 4}
    kept = failures(Path(state), 10)
    assert len(kept) == 4
    assert "cannot be written as JSON" in kept[0].detail
    assert kept[0].item is not None
    assert b"odd" in kept[0].item
