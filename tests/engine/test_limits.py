from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio
import pytest

from crawler import Page, Spider
from crawler.errors import ConnectFailed
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"
QUICK: dict[str, Any] = {"delay": 0.0, "robots": False, "per_host": 32}


class Everything(Spider):
    start: Sequence[str] = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow()


def wide(links: int = 200, body: str = "") -> PretendWeb:
    """A host whose first page links to many others."""
    web = PretendWeb(latency=1.0)
    web.handler(f"{A}/", lambda request: f"<p>{body}")
    web.page(f"{A}/", "".join(f"<a href=/{number}>" for number in range(links)))
    return web


@pytest.mark.parametrize("limit", [1, 2, 31, 32, 33, 100, 201])
def test_never_more_pages_than_the_limit(limit: int) -> None:
    web = wide()
    crawled = virtual(Everything, web, politeness=QUICK, limits={"pages": limit})
    assert len(web.hits) == crawled.stats.pages == len(crawled.items) == limit
    assert crawled.cause == "pages"


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    web = wide(10)
    crawled = virtual(Everything, web, politeness=QUICK, limits={"pages": 12})
    assert (crawled.cause, crawled.stats.pages) == ("finished", 11)


def test_redirects_and_robots_txt_are_no_pages() -> None:
    web = PretendWeb()
    web.page(f"{A}/", "".join(f"<a href=/old{number}>" for number in range(9)))
    for number in range(9):
        web.redirect(f"{A}/old{number}", f"/new{number}")
        web.page(f"{A}/new{number}")
    crawled = virtual(Everything, web, politeness={"delay": 0.0}, limits={"pages": 5})
    assert crawled.stats.pages == 5
    assert sum("/new" in hit.url for hit in web.hits) == 4
    assert web.asked(f"{A}/robots.txt") == 1


def test_tries_that_failed_are_no_pages() -> None:
    web = wide(9)
    for number in range(9):
        web.fault(f"{A}/{number}", ConnectFailed)
    crawled = virtual(Everything, web, politeness=QUICK, limits={"pages": 5})
    assert crawled.stats.pages == 5
    assert sum(hit.status == 200 for hit in web.hits) == 5


def test_pages_that_were_given_up_count() -> None:
    web = PretendWeb()
    web.page(f"{A}/", "".join(f"<a href=/{number}>" for number in range(50)))
    virtual(Everything, web, politeness=QUICK, limits={"pages": 10})
    assert len(web.hits) == 10


def test_pages_that_cannot_be_parsed_count() -> None:
    hostile = "<div>" * 30_000
    web = PretendWeb()
    web.handler(f"{A}/", lambda request: hostile)
    web.page(f"{A}/", "".join(f"<a href=/{number}>" for number in range(30)))
    crawled = virtual(Everything, web, politeness=QUICK, limits={"pages": 10})
    assert len(web.hits) == 10
    assert crawled.stats.refused == {"parse_guard": 9}


def test_a_page_that_is_tried_again_later_does_not_hold_its_place() -> None:
    web = wide(9)
    web.fault(f"{A}/", ConnectFailed)
    crawled = virtual(Everything, web, politeness=QUICK, limits={"pages": 1})
    assert (crawled.stats.pages, len(web.hits)) == (1, 2)


def test_the_time_limit_ends_the_crawl_and_finishes_what_is_in_flight() -> None:
    web = wide()
    crawled = virtual(Everything, web, politeness={"delay": 1.0, "robots": False}, limits={"time": 58.5})
    assert crawled.cause == "time"
    assert crawled.stats.seconds == pytest.approx(59.0)
    assert crawled.stats.pages == len(web.hits) == 30


def test_the_time_limit_ends_a_crawl_that_waits() -> None:
    web = wide(9)
    crawled = virtual(Everything, web, politeness={"delay": 1000.0, "robots": False}, limits={"time": 60})
    assert (crawled.cause, crawled.stats.seconds) == ("time", 60.0)


def test_the_byte_limit_ends_the_crawl() -> None:
    web = wide(50, body="x" * 1_000)
    crawled = virtual(Everything, web, politeness={"delay": 0.0, "robots": False}, limits={"bytes": 10_000})
    assert crawled.cause == "bytes"
    assert 10_000 <= crawled.stats.size <= 10_000 + 1_003


def test_no_fetch_starts_once_the_bytes_are_spent() -> None:
    async def big(request: Any) -> Answer:
        await anyio.sleep(5.0)
        return Answer("x" * 10_000)

    web = PretendWeb(latency=1.0)
    web.handler("https://b.test/", big)
    web.page(f"{A}/", "<a href=/1>")
    web.page(f"{A}/1")
    spider = Everything()
    spider.start = (f"{A}/", "https://b.test/")
    # While a.test rests for ten seconds, b.test spends the bytes.
    crawled = virtual(spider, web, politeness={"delay": 10.0, "robots": False}, limits={"bytes": 5_000})
    assert crawled.cause == "bytes"
    assert web.asked(f"{A}/1") == 0


def test_what_no_page_needs_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """More links than a page may have, and URLs that are no addresses of pages."""
    monkeypatch.setattr("crawler.engine.admission.MOST_LINKS", 10)
    web = PretendWeb()
    long = "/" + "x" * 2_000
    web.page(f"{A}/", f'<a href="{long}">x</a>' + "".join(f'<a href="/{n}">x</a>' for n in range(20)))
    crawled = virtual(Everything, web, politeness={"delay": 0})
    assert len(web.hits) == 1 + 1 + 9  # robots.txt, the page, and nine of its links
    assert crawled.stats.rejected == {"excess": 1 + 11}
