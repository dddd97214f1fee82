"""Opening, observing and closing the site."""

import asyncio
import dataclasses
import gc
import logging
import socket
import time
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import anyio
import pytest

from crawler.demo import DemoSite, serve

Runner = Callable[[Coroutine[Any, Any, None]], None]


def _uvloop(main: Coroutine[Any, Any, None]) -> None:
    uvloop = pytest.importorskip("uvloop")
    uvloop.run(main)


on_both_loops = pytest.mark.parametrize(
    "run", [pytest.param(asyncio.run, id="asyncio"), pytest.param(_uvloop, id="uvloop")]
)


def is_open(site: DemoSite) -> bool:
    address = urlsplit(site.url)
    assert address.hostname is not None
    assert address.port is not None
    with socket.socket() as probe:
        return probe.connect_ex((address.hostname, address.port)) == 0


async def arrival(site: DemoSite, hits: int) -> None:
    while len(site.hits) < hits:
        await asyncio.sleep(0.001)


async def everything(articles: int) -> dict[str, tuple[int, str, bytes]]:
    answers = {}
    async with serve(articles) as site, aiohttp.ClientSession(site.url) as session:
        others = {"/feed.xml", "/feed.atom", "/sitemap.xml", "/sitemap-articles.xml"}
        others |= {"/robots.txt", "/style.css", "/images/1.png", "/api/articles", "/trouble/deep"}
        for path in sorted(site.pages - {"/trouble/slow?ms=200"} | site.private_pages | others):
            async with session.get(path) as response:
                body = (await response.read()).replace(site.url.encode(), b"http://site")
                answers[path] = (response.status, response.headers["Content-Type"], body)
    return answers


async def test_two_sites_of_one_size_are_the_same() -> None:
    first, second = await everything(9), await everything(9)
    assert first == second
    assert first != await everything(10)


async def test_hits_are_what_the_server_saw(site: DemoSite, client: aiohttp.ClientSession) -> None:
    before = time.monotonic()
    async with client.get("/articles?page=2", headers={"X-Asked": "yes"}) as response:
        await response.read()
    async with client.post("/api/search", json={"tag": "maps"}) as response:
        await response.read()
    first, second = site.hits
    assert (first.method, first.path_qs, first.status) == ("GET", "/articles?page=2", 200)
    assert (second.method, second.path_qs, second.status) == ("POST", "/api/search", 200)
    assert first.headers["x-asked"] == "yes"
    assert before <= first.at <= second.at <= time.monotonic()
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.status = 500  # type: ignore[misc]


async def test_hits_are_in_the_order_of_arrival(site: DemoSite, client: aiohttp.ClientSession) -> None:
    async def slow() -> None:
        async with client.get("/trouble/slow?ms=100") as response:
            await response.read()

    asking = asyncio.create_task(slow())
    await arrival(site, 1)
    assert site.hits[0].status is None
    async with client.get("/style.css"):
        pass
    await asking
    assert [(hit.path_qs, hit.status) for hit in site.hits] == [
        ("/trouble/slow?ms=100", 200),
        ("/style.css", 200),
    ]


async def test_hits_may_be_cleared_while_an_answer_is_under_way(
    site: DemoSite, client: aiohttp.ClientSession
) -> None:
    asking = asyncio.create_task(client.get("/trouble/slow?ms=50"))
    await arrival(site, 1)
    site.hits.clear()
    assert (await asking).status == 200
    assert site.hits == []


async def test_a_site_can_go_without_hits() -> None:
    async with serve(1, record_hits=False) as site, aiohttp.ClientSession(site.url) as session:
        async with session.get("/") as response:
            assert response.status == 200
        assert site.hits == []


async def test_a_site_needs_an_article() -> None:
    with pytest.raises(ValueError, match="at least one article, not 0"):
        async with serve(0):
            pytest.fail("served nothing")


async def test_a_taken_port_is_refused(site: DemoSite) -> None:
    port = urlsplit(site.url).port
    assert port is not None
    with pytest.raises(OSError, match="in use"):
        async with serve(1, port=port):
            pytest.fail("served on a taken port")


async def test_a_given_port_can_be_used_again_at_once() -> None:
    async with serve(1) as site, aiohttp.ClientSession() as session:
        port = urlsplit(site.url).port
        assert port is not None
        assert (await session.get(site.url)).status == 200
    async with serve(1, port=port) as again:
        assert again.url == site.url


async def test_sites_side_by_side_know_nothing_of_each_other() -> None:
    async with serve(1) as one, serve(2) as two, aiohttp.ClientSession() as session:
        for site in (one, two):
            assert (await session.get(f"{site.url}/trouble/flaky")).status == 503
        assert one.url != two.url
        assert len(one.hits) == len(two.hits) == 1


async def left_while_answering(paths: tuple[str, ...]) -> None:
    """Leave a site in the middle of its answers, and see that nothing of it stays behind."""
    visitors = asyncio.all_tasks()
    async with aiohttp.ClientSession() as session:
        async with serve(1) as site:
            await (await session.get(f"{site.url}/")).read()  # leaves an idle connection open
            asking = [asyncio.create_task(session.get(site.url + path)) for path in paths]
            await arrival(site, 1 + len(paths))
            began = time.monotonic()
        assert time.monotonic() - began < 1
        assert not is_open(site)
        assert asyncio.all_tasks() == visitors | {task for task in asking if not task.done()}
        answers = await asyncio.gather(*asking, return_exceptions=True)
        assert all(isinstance(answer, aiohttp.ClientConnectionError) for answer in answers)
    gc.collect()  # a socket left open would warn here, and warnings are errors


@on_both_loops
def test_leaving_waits_for_no_slow_answer(run: Runner, caplog: pytest.LogCaptureFixture) -> None:
    slow = tuple(f"/trouble/slow?ms=30000&id={number}" for number in range(20))
    with caplog.at_level(logging.DEBUG, "aiohttp"):
        run(left_while_answering(slow))
    assert [record for record in caplog.records if record.name != "aiohttp.server"] == []
    assert [record for record in caplog.records if record.levelno >= logging.INFO] == []


@on_both_loops
def test_leaving_does_not_wait_for_a_visitor_who_reads_nothing(run: Runner) -> None:
    async def main() -> None:
        async with serve(1) as site:
            address = urlsplit(site.url)
            visitor = socket.create_connection((address.hostname or "", address.port or 0))
            # More answers than both sides' buffers hold, so that the server is stuck in one of them.
            visitor.sendall(b"GET /trouble/deep HTTP/1.1\r\nHost: demo\r\n\r\n" * 100)
            seen = 0
            while not site.hits or len(site.hits) > seen:
                seen = len(site.hits)
                await asyncio.sleep(0.1)
            assert seen < 100
            began = time.monotonic()
        visitor.close()
        assert time.monotonic() - began < 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


async def test_a_cancelled_visit_closes_the_site() -> None:
    async with aiohttp.ClientSession() as session:
        ours = asyncio.all_tasks()
        with anyio.CancelScope() as scope:
            async with serve(1) as site:
                asking = asyncio.create_task(session.get(f"{site.url}/trouble/slow?ms=30000"))
                await arrival(site, 1)
                scope.cancel()
                await anyio.sleep(60)
        assert scope.cancelled_caught
        assert asyncio.all_tasks() - {asking} == ours
        with pytest.raises(aiohttp.ClientConnectionError):
            await asking
        assert not is_open(site)


async def test_an_error_inside_comes_out_and_closes_the_site() -> None:
    with pytest.raises(LookupError, match="ours"):
        async with serve(1) as site:
            raise LookupError("ours")
    assert not is_open(site)


async def test_serving_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    async with serve(1) as site, aiohttp.ClientSession(site.url) as session:
        for path in ("/", "/nowhere", "/trouble/500"):
            await (await session.get(path)).read()
    assert capfd.readouterr() == ("", "")
