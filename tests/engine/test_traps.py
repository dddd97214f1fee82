"""Whole crawls of sites with a trap each: the trap comes to an end, and every healthy page is fetched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from hashlib import blake2b
from typing import Any

import pytest

from crawler import Page, Request, Spider
from crawler.model import Reason
from crawler.store.memory import MemoryStore
from crawler.testing import Answer, PretendWeb, virtual

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0, "robots": False}}
HEALTHY = [f"{A}/", *(f"{A}/shop/{number}" for number in range(30)), f"{A}/about", f"{A}/trap/"]


class Everything(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow("a")


def anchors(*hrefs: str) -> str:
    return "".join(f'<a href="{href}">x</a>' for href in hrefs)


def web_with(trap: Callable[[Request], str]) -> PretendWeb:
    web = PretendWeb(0.01)
    web.handler(f"{A}/", lambda request: Answer("no such page", 404))
    web.handler(f"{A}/trap/", trap)
    web.page(f"{A}/", anchors("/about", "/shop/0", "/trap/"))
    web.page(f"{A}/about", anchors("/"))
    for number in range(30):
        web.page(f"{A}/shop/{number}", anchors("/", f"/shop/{number + 1}" if number < 29 else "/about"))
    return web


def drawn(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


# Each leads on for ever.


def same_folder(request: Request) -> str:
    return anchors("x/")


def symlink(request: Request) -> str:
    return anchors("a/", "b/")


def pages(request: Request) -> str:
    number = int(request.url.rpartition("=")[2]) if "?" in request.url else 0
    return anchors(f"/trap/list?page={number + 1}", "/")


def maze(request: Request) -> str:
    return anchors(f"{drawn(request.url)}/", f"{drawn(request.url + 'x')}/")


def words(request: Request) -> str:
    return anchors("lorem/", "ipsum/")


def calendar(request: Request) -> str:
    tail = request.url.rpartition("/")[2]
    day = date.fromisoformat(tail) if tail else date(2026, 1, 1)
    days = (day - timedelta(1), day + timedelta(1), day + timedelta(7), day + timedelta(31))
    return anchors(*(f"/trap/{one}" for one in days))


def months_and_days(request: Request) -> str:
    """A calendar whose months lead to days, and days to months."""
    tail = request.url.rpartition("/")[2] or "2026-01"
    year, month = int(tail[:4]), int(tail[5:7])
    before = f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}"
    return anchors(
        f"/trap/month/{before}", *(f"/trap/day/{year}-{month:02}-{day:02}" for day in range(1, 29))
    )


def sessions(request: Request) -> str:
    return anchors(*(f"/trap/{name}?PHPSESSID={drawn(request.url)}" for name in "abcde"))


def facets(request: Request) -> str:
    query = request.url.partition("?")[2]
    chosen = query.split("&") if query else []
    more = [f"f{facet}={value}" for facet in range(6) for value in range(3)]
    return anchors(*(f"/trap/?{'&'.join([*chosen, one])}" for one in more if one[:2] not in query))


def longer_queries(request: Request) -> str:
    mark = "&" if "?" in request.url else "?"
    return anchors(f"{request.url}{mark}lang=en", f"{request.url}{mark}p{len(request.url)}=1")


def redirects(request: Request) -> Any:
    number = int(request.url.rpartition("/")[2] or 0)
    return Answer(status=302, headers={"Location": f"/trap/{number + 1}"}) if number else anchors("/trap/1")


TRAPS: dict[str, tuple[Callable[[Request], Any], dict[str, int], int]] = {
    Reason.REPEATS: (same_folder, {}, 5),
    Reason.PATH_DEPTH: (symlink, {"path_depth": 8}, 260),
    Reason.ENDLESS: (pages, {"endless": 200}, 210),
    "maze": (maze, {"endless": 200}, 430),
    "words": (words, {"endless": 100, "repeats": 20}, 700),
    Reason.CALENDAR: (calendar, {"endless": 10_000, "years_ahead": 1, "years_back": 1}, 1_500),
    "calendar, by its pages": (calendar, {"endless": 300}, 1_000),
    "months and days": (months_and_days, {"endless": 100}, 500),
    Reason.SESSIONS: (sessions, {}, 20),
    Reason.COMBINATIONS: (facets, {"combinations": 30}, 1_100),
    Reason.PARAMETERS: (longer_queries, {"parameters": 8}, 300),
    Reason.REDIRECT_LIMIT: (redirects, {}, 12),
    Reason.PATTERN_BUDGET: (pages, {"pattern_budget": 100}, 101),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_comes_to_an_end_and_all_else_is_fetched(name: str) -> None:
    trap, limits, most = TRAPS[name]
    web = web_with(trap)
    crawled = virtual(Everything, web, traps=limits, **OPTIONS)
    assert crawled.cause == "finished"
    fetched = {hit.url for hit in web.hits}
    assert set(HEALTHY) <= fetched
    assert len(web.hits) - len(HEALTHY) <= most
    if name in list(Reason):
        assert crawled.stats.rejected[name] or crawled.stats.gave_up[name]
    else:
        assert crawled.stats.rejected[Reason.ENDLESS]


def test_starts_are_no_traps_and_what_they_lead_to_is() -> None:
    class Started(Everything):
        start = (f"{A}/trap/x/x/x/x/x/",)

    web = web_with(same_folder)
    crawled = virtual(Started, web, **OPTIONS)
    assert [item["url"] for item in crawled.items] == list(Started.start)
    assert crawled.stats.rejected == {Reason.REPEATS: 1}


def test_how_far_a_list_goes_is_the_spiders_to_say_when_it_makes_the_requests() -> None:
    class Paging(Spider):
        start = (f"{A}/trap/list?page=0",)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            number = int(page.url.rpartition("=")[2])
            yield {"url": page.url}
            if number < 300:
                yield Request(f"{A}/trap/list?page={number + 1}")

    crawled = virtual(Paging, web_with(pages), traps={"endless": 20}, **OPTIONS)
    assert len(crawled.items) == 301


def test_a_redirect_into_a_trap_is_refused_by_name() -> None:
    web = web_with(same_folder)
    web.redirect(f"{A}/about", "/x/x/x/x/")
    crawled = virtual(Everything, web, **OPTIONS)
    assert crawled.stats.refused == {Reason.REPEATS: 1}


def test_each_rule_can_be_switched_off() -> None:
    web = web_with(same_folder)
    off = dict.fromkeys(("repeats", "path_depth", "endless"))
    crawled = virtual(Everything, web, traps=off, limits={"pages": 200}, **OPTIONS)
    assert crawled.cause == "pages"
    assert crawled.stats.rejected == {}


def test_an_interrupted_crawl_goes_on_counting() -> None:
    store, web = MemoryStore(), web_with(pages)
    options = {"store": store, "traps": {"endless": 200}, **OPTIONS}
    for run in range(1, 5):
        assert virtual(Everything, web, limits={"pages": 50 * run}, **options).cause == "pages"
    crawled = virtual(Everything, web, **options)
    assert crawled.cause == "finished"
    assert crawled.stats.rejected == {Reason.ENDLESS: 1}
    assert len(web.hits) < 260
