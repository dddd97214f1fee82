"""What a crawl says of single URLs, whatever keeps its state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, CrawlerError, Page, Request, Spider
from crawler.crawl import Why
from crawler.errors import ConnectFailed
from crawler.events import Event, Visited
from crawler.model import Reason
from crawler.store.memory import MemoryStore
from crawler.testing import PretendWeb

A = "https://a.test"


class Links(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow("a")


def web() -> PretendWeb:
    servers = PretendWeb(0.0)
    paths = ("1", "gone", "old", "private/x", "dead", "big")
    servers.page(f"{A}/", "".join(f'<a href="/{path}">x</a>' for path in paths))
    servers.page(f"{A}/1", "<p>")
    servers.redirect(f"{A}/old", "/new")
    servers.page(f"{A}/new", "<p>")
    servers.fault(f"{A}/dead", ConnectFailed("nobody listens"), times=9)
    servers.robots(A, "User-agent: *\nDisallow: /big\nDisallow: /secret")
    return servers


@pytest.fixture(params=["memory", "file"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    return {"state": str(tmp_path / "a.db")} if request.param == "file" else {}


EXPECTED = {
    f"{A}/": ("done", Reason.OK, "ok: fetched and read"),
    f"{A}/1": ("done", Reason.OK, "ok: fetched and read"),
    "HTTPS://a.test/1#part": ("done", Reason.OK, "ok: fetched and read"),
    f"{A}/gone": ("gave_up", Reason.STATUS, "status 404: the server answered 404 Not Found"),
    f"{A}/old": ("done", Reason.REDIRECT, f"redirect: led to another URL ({A}/new)"),
    f"{A}/private/x": ("refused", Reason.EXCLUDE, "exclude: matches scope.exclude; remove the pattern"),
    f"{A}/dead": ("gave_up", Reason.CONNECT, "connect: no connection could be made"),
    f"{A}/big": ("refused", Reason.ROBOTS, "robots: robots.txt forbids it"),
    f"{A}/secret/2": ("refused", Reason.ROBOTS, "robots.txt of its host does not let us (rules read)"),
    "https://b.test/": ("refused", Reason.HOST, "host: as a link it would be refused (on another"),
    f"{A}/nowhere": ("unknown", None, "no link that may be followed led there so far; no rule keeps it out"),
    "mailto:x@a.test": ("refused", Reason.SCHEME, ""),
    "no url": ("refused", Reason.SCHEME, ""),
}


def options(**more: Any) -> dict[str, Any]:
    polite = {"delay": 0, "retries": 0} | more.pop("politeness", {})
    return {"politeness": polite, "scope": {"exclude": ["/private"]}, **more}


async def check(crawl: Crawl) -> None:
    for url, (state, reason, words) in EXPECTED.items():
        why = await crawl.why(url)
        assert (why.state, why.reason) == (state, reason), url
        assert words in why.words, url
        assert str(why).startswith(f"{why.url}: ")
        assert why.words in str(why)


async def test_what_has_become_of_each(kept: dict[str, Any]) -> None:
    """While the crawl is open, when it is over, and once it was left."""
    async with Crawl(Links, fetcher=web(), keep_open=True, **options(**kept)) as crawl:
        items = crawl.items()
        for _ in range(3):
            await anext(items)
        while crawl.pending or crawl.in_flight:
            await asyncio.sleep(0.001)
        await check(crawl)
        crawl.finish()
        assert [item async for item in items] == []
        await check(crawl)
    await check(crawl)
    assert (await crawl.why(f"{A}/1")).url == f"{A}/1"


async def test_an_earlier_run_is_remembered(tmp_path: Path) -> None:
    state = {"state": str(tmp_path / "a.db")}
    async with Crawl(Links, fetcher=web(), keep_open=True, **options(**state)) as crawl:
        while crawl.stats.pages < 3 or crawl.pending or crawl.in_flight:
            crawl.items()
            await asyncio.sleep(0.001)
    silent = PretendWeb()
    async with Crawl(Links, fetcher=silent, keep_open=True, **options(**state)) as crawl:
        for url in (f"{A}/1", f"{A}/gone", f"{A}/secret/2"):
            why = await crawl.why(url)
            assert (why.state, why.reason) == EXPECTED[url][:2]
    assert silent.hits == ()


async def test_a_request_is_asked_for_by_its_key() -> None:
    servers = web()
    servers.page(f"{A}/api", "{}")
    async with Crawl(Links, fetcher=servers, keep_open=True, **options()) as crawl:
        ask = Request(f"{A}/api", method="POST", json={"q": 1})
        await crawl.add(ask)
        crawl.finish()
        await crawl.wait()
        assert (await crawl.why(ask)).state == "done"
        assert (await crawl.why(Request("HTTPS://a.test/api", method="POST", json={"q": 1}))).state == "done"
        assert (await crawl.why(f"{A}/api")).state == "unknown"


async def test_what_waits_says_for_what(kept: dict[str, Any]) -> None:
    begun = asyncio.Event()

    async def slow(request: Request) -> str:
        begun.set()
        await asyncio.sleep(3_600)
        return ""

    servers = web()
    servers.handler(f"{A}/slow", slow)
    urls = [f"{A}/slow", f"{A}/a", f"{A}/b"]
    async with Crawl(
        Links(), fetcher=servers, start=urls, **options(politeness={"delay": 50}, **kept)
    ) as crawl:
        while crawl.pending != 3:  # robots.txt comes first, and the host rests after it
            await asyncio.sleep(0)
        while not (await crawl.why(f"{A}/b")).words.startswith("not tried yet, its host may be contacted in"):
            await asyncio.sleep(0.001)
        why = await crawl.why(f"{A}/b")
        assert (why.state, why.reason) == ("waiting", None)
        assert why.words.endswith(" s, 3 requests wait for that host")
        crawl.pause()
        assert "the crawl is paused, its host" in (await crawl.why(f"{A}/b")).words
    assert (await crawl.why(f"{A}/b")).words == (
        "not tried yet, and nothing more is fetched: the crawl ends, or is over"
    )

    fast = options(politeness={"robots": False}, **kept) | {"fresh": True}
    async with Crawl(Links(), fetcher=servers, start=urls, **fast) as crawl:
        await begun.wait()
        assert (await crawl.why(urls[0])).words == "it is being fetched or read now"
        words = "not tried yet, its host is being contacted, by as many as may, 2 requests wait for that host"
        assert (await crawl.why(urls[1])).words == words


async def test_what_is_tried_again_says_why() -> None:
    servers = web()
    tried = asyncio.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Visited) and event.lease.request.url == f"{A}/dead":
            tried.set()

    polite = options(politeness={"retries": 3, "robots": False})
    async with Crawl(Links(), fetcher=servers, start=[f"{A}/dead"], listeners=[listen], **polite) as crawl:
        await tried.wait()
        why = await crawl.why(f"{A}/dead")
    assert (why.state, why.reason) == ("waiting", Reason.CONNECT)
    assert why.words.startswith("to be tried again, because of connect: no connection could be made, ")
    assert why.words.endswith("1 request waits for that host")


async def test_robots_is_asked_first() -> None:
    begun = asyncio.Event()

    async def slow(request: Request) -> str:
        begun.set()
        await asyncio.sleep(3_600)
        return ""

    servers = PretendWeb(0.0)
    servers.handler(f"{A}/robots.txt", slow)
    async with Crawl(Links, fetcher=servers, **options()) as crawl:
        await begun.wait()
        assert "robots.txt of its host is asked first" in (await crawl.why(f"{A}/")).words
        assert "robots.txt of its host has not been asked" in (await crawl.why(f"{A}/x")).words


async def test_however_near_the_end_it_is_asked(tmp_path: Path) -> None:
    """The state file is being closed meanwhile: who asks is answered by what is on the disk."""
    for ticks in range(0, 60, 2):
        state = {"state": str(tmp_path / f"{ticks}.db")}
        async with Crawl(Links, fetcher=web(), keep_open=True, **options(**state)) as crawl:
            items = crawl.items()
            await anext(items)
            closing = asyncio.create_task(crawl.close())
            for _ in range(ticks):
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                asking = [asyncio.create_task(crawl.why(f"{A}/")) for _ in range(3)]
                while not closing.done():
                    await asyncio.sleep(0)
                    asking.append(asyncio.create_task(crawl.why(f"{A}/")))
                    await asyncio.sleep(0.001)
                assert {(await one).state for one in asking} == {"done"}
            await closing


async def test_before_the_crawl_is_open() -> None:
    with pytest.raises(CrawlerError, match="not open"):
        await Crawl(Links).why(f"{A}/")


def test_as_text() -> None:
    why = Why(f"{A}/x", "gave_up", Reason.DNS, "dns: the host name has no address")
    assert str(why) == f"{A}/x: given up: dns: the host name has no address"


async def test_in_memory_how_requests_stand_costs_nothing_for_each() -> None:
    store = MemoryStore()
    urls = [f"{A}/{number}" for number in range(50)]
    async with Crawl(Links(), fetcher=PretendWeb(0.0), store=store, start=urls, **options()) as crawl:
        await crawl.wait()
        stand = {id(await store.look_up(url)) for url in urls}
    assert len(stand) == 1


@pytest.mark.parametrize(("hosts", "lets_in"), [({}, True), ({"hosts": ["a.test"]}, False)])
async def test_what_is_refused_as_a_link_may_be_added(hosts: dict[str, Any], lets_in: bool) -> None:
    """It is as `why` says: a start request makes its host a home, unless hosts were named."""
    scope = {"exclude": ["/private"], **hosts}
    async with Crawl(Links, fetcher=web(), keep_open=True, **options() | {"scope": scope}) as crawl:
        why = await crawl.why("https://b.test/")
        assert (why.state, why.reason) == ("refused", Reason.HOST)
        assert ("crawl.add(url) lets it in" in why.words) is lets_in
        assert "crawl.add" not in (await crawl.why("https://b.test/private/1")).words
        added = await crawl.add("https://b.test/")
        assert added == lets_in
        if lets_in:
            assert (await crawl.why("https://b.test/")).state != "refused"
