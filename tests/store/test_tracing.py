"""What a state file tells of single URLs and hosts, beside a crawl that may be running on it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import msgpack

from crawler.contracts import REST, ROBOTS_TEXT, Settlement, State
from crawler.model import Failed, Reason, Request
from crawler.model.items import NamedItem
from crawler.policy.robots import RobotsText
from crawler.store import SqliteStore
from crawler.store.hosts import hosts
from crawler.store.likeness import around
from crawler.store.lineage import How
from crawler.store.retrying import retry
from crawler.store.tracing import Attempt, Traced, trace

NOW = 1_000_000.0
HOST = "https://a.test"


def new_store(path: Path) -> SqliteStore:
    return SqliteStore(path, clock=lambda: NOW)


async def begin(store: SqliteStore, *urls: str) -> None:
    await store.start_anew({"crawl": "{}"})
    await store.add([Request(url) for url in urls])


async def settle(store: SqliteStore, url: str, **values: object) -> None:
    """Lend the request that is next, which is to be this one, and settle it so."""
    (lease,) = await store.claim({url[: url.index("/", 8)]: 1}, owner="me", now=20.0, ttl=60.0)
    assert lease.request.url == url
    found = {"reason": Reason.OK, "status": 200, "seconds": 0.5, **values}
    (settled,) = await store.settle([Settlement(lease, **found)], now=10.0)  # type: ignore[arg-type]
    assert settled.accepted


def child(parent: Request, url: str) -> Request:
    return Request(url, "detail", priority=3).child_of(parent)


def only(path: Path, url: str, now: float = NOW) -> Traced:
    (one,) = trace(path, url, now, 60.0).requests
    return one


async def test_the_way_from_the_start_with_links_and_redirects(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    start = Request(f"{HOST}/")
    old = child(start, f"{HOST}/old")
    first, second = old.hop(f"{HOST}/mid", keep_body=True), None
    second = first.hop(f"{HOST}/new", keep_body=True)
    async with new_store(path) as store:
        await begin(store, start.url)
        await settle(store, start.url, found=[old])
        await settle(store, old.url, reason=Reason.REDIRECT, status=301, detail=first.url, found=[first])
        await settle(store, first.url, reason=Reason.REDIRECT, status=302, found=[second])
    target = only(path, second.url)
    steps = [(step.how, step.url, step.callback, step.depth) for step in target.found]
    assert steps == [
        (How.START, f"{HOST}/", "parse", 0),
        (How.LINK, f"{HOST}/old", "detail", 1),
        (How.REDIRECT, f"{HOST}/mid", "detail", 1),
    ]
    assert (target.redirected, target.depth, target.priority) == (True, 1, 3)
    assert only(path, old.url).led_to == first.url
    assert only(path, start.url).found == []
    assert trace(path, second.url, NOW, 60.0).home == [HOST]


async def test_where_a_redirect_to_what_was_known_led(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await begin(store, f"{HOST}/1", f"{HOST}/12")
        await settle(store, f"{HOST}/1", reason=Reason.REDIRECT, status=301, detail=f"{HOST}/12")
    assert only(path, f"{HOST}/1").led_to == f"{HOST}/12"


async def test_every_attempt_is_told_also_those_before_a_retry(tmp_path: Path) -> None:
    path, url = tmp_path / "state.db", f"{HOST}/x"
    async with new_store(path) as store:
        await begin(store, url)
        busy = {"reason": Reason.BUSY, "state": State.WAITING, "status": 503, "detail": "503"}
        await settle(store, url, **busy, again_at=15.0)
        await settle(store, url, reason=Reason.STATUS, state=State.GAVE_UP, status=404, detail="404")
        await store.note({"ended": "finished"})
    attempts = [Attempt(NOW, 0.5, 503, "busy", "503"), Attempt(NOW, 0.5, 404, "status", "404")]
    assert only(path, url).attempts == attempts
    assert retry(path, ["status 404"]).waiting == 1
    waiting = only(path, url)
    assert (waiting.state, waiting.attempts, waiting.ahead) == (State.WAITING, attempts, 0)
    async with new_store(path) as store:
        await store.recall(owner="me", now=0.0)
        await settle(store, url)
    assert only(path, url).attempts == [*attempts, Attempt(NOW, 0.5, 200, "ok", "")]


async def test_what_waits_knows_its_place_its_time_and_the_rest_of_its_host(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await begin(store, *(f"{HOST}/{n}" for n in range(4)), "https://b.test/")
        await store.add([Request(f"{HOST}/first", priority=9)])
        await settle(store, f"{HOST}/first", reason=Reason.DNS, state=State.WAITING, again_at=40.0, status=0)
        await store.keep(REST + "a.test", msgpack.encode(25.0), now=0.0)
        await store.flush()
        waiting = only(path, f"{HOST}/2", NOW + 5)
        assert (waiting.ahead, waiting.due, waiting.rest) == (2, None, 20.0)
        delayed = only(path, f"{HOST}/first", NOW + 5)
        assert (delayed.ahead, delayed.due, delayed.reason) == (None, NOW + 30.0, "dns")
        assert only(path, f"{HOST}/2", NOW + 99).rest == 0.0
        assert only(path, f"{HOST}/2", NOW - 99).rest == 25.0  # the clock was set back: no longer than said
        (capped,) = trace(path, f"{HOST}/2", NOW, 3.0).requests
        assert capped.rest == 3.0
        assert "process" in trace(path, f"{HOST}/2", NOW, 60.0).holder


async def test_items_and_failures_of_a_page(tmp_path: Path) -> None:
    path, url = tmp_path / "state.db", f"{HOST}/x"
    items = [NamedItem("book", {}), NamedItem("book", {}), NamedItem("shop", {})]
    failed = Failed("clean", Reason.STAGE, "no", "trace", "book", NamedItem("book", {"n": 1}))
    async with new_store(path) as store:
        await begin(store, url, f"{HOST}/y")
        await settle(store, url, items=items, failed=[failed], size=7)
        await settle(store, f"{HOST}/y", items=items)
    one = only(path, url)
    assert (one.items, one.size) == ({"book": 2, "shop": 1}, 7)
    assert [(seen.where, seen.state, seen.page) for seen in one.failed] == [("clean", "done", "ok")]


async def test_the_same_url_several_times(tmp_path: Path) -> None:
    path, url = tmp_path / "state.db", f"{HOST}/search"
    async with new_store(path) as store:
        await begin(store, url)
        await store.add([Request(url, "results", method="POST", form={"q": "x"}), Request(url, key="mine")])
    found = trace(path, url, NOW, 60.0).requests
    assert [(one.method, one.callback) for one in found] == [
        ("GET", "parse"),
        ("POST", "results"),
        ("GET", "parse"),
    ]
    assert found[2].key == "mine"
    assert found[1].key.startswith(f"POST {url} ")


async def test_a_redirect_that_was_refused_is_known_by_its_target(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await begin(store, f"{HOST}/away")
        detail = "redirect to https://other.test/"
        await settle(store, f"{HOST}/away", reason=Reason.HOST, state=State.REFUSED, detail=detail)
    seen = trace(path, "https://other.test/", NOW, 60.0)
    assert (seen.requests, seen.refused_hops) == ([], [(f"{HOST}/away", "host")])


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("/books/", "/books"),
        ("/books?page=2", "/books"),
        ("/list?b=2&a=1", "/list?a=1&b=2"),
        ("/dir/index.html", "/dir/"),
        ("/dir", "/dir/"),
        ("http://www.a.test/books", "/books"),
        ("http://a.test/books/", "/books"),
        ("/products/red-chiar", "/products/red-chair"),
    ],
)
async def test_known_urls_that_are_nearly_the_same(tmp_path: Path, asked: str, known: str) -> None:
    path = tmp_path / "state.db"
    paths = ["/books", "/list?a=1&b=2", "/dir/", "/products/red-chair", "/products/7", "/other"]
    async with new_store(path) as store:
        await begin(store, *(HOST + one for one in paths))
    url = asked if "://" in asked else HOST + asked
    assert around(path, url).alike == [HOST + known]


async def test_another_number_is_another_page_and_not_nearly_the_same(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await begin(store, f"{HOST}/products/1234567")
        await settle(store, f"{HOST}/products/1234567")
    seen = around(path, f"{HOST}/products/1234568")
    assert (seen.alike, seen.waiting, seen.gave_up, seen.pages) == ([], 0, 0, {0: 1})


async def test_hosts_with_all_that_is_known_of_them(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await begin(store, *(f"{HOST}/{n}" for n in range(7)), "https://b.test/", "https://b.test/2")
        await settle(store, f"{HOST}/0", seconds=0.2)
        await settle(store, f"{HOST}/1", reason=Reason.STATUS, state=State.GAVE_UP, status=404, detail="404")
        await settle(store, f"{HOST}/2", reason=Reason.DNS, state=State.GAVE_UP, status=0)
        await settle(store, f"{HOST}/3", reason=Reason.ROBOTS, state=State.REFUSED, status=0, seconds=0.0)
        busy = {"reason": Reason.BUSY, "state": State.WAITING, "status": 503, "seconds": 0.8}
        await settle(store, f"{HOST}/4", **busy, again_at=40.0)
        await store.keep(REST + "a.test", msgpack.encode(25.0), now=0.0)
        await store.keep(ROBOTS_TEXT + HOST, msgpack.encode(RobotsText(404)), now=0.0)
        await store.flush()
        first, second = hosts(path, NOW + 5)
        (capped, _) = hosts(path, NOW + 5, longest=15.0)
    assert (first.origin, first.waiting, first.delayed, first.due) == (HOST, 2, 1, NOW + 30.0)
    assert (first.done, first.gave_up, first.refused) == (
        {"ok": 1},
        {"status 404": 1, "dns": 1},
        {"robots": 1},
    )
    assert first.answers == 3
    assert first.seconds == pytest.approx(1.5)
    assert (first.contacted, first.rest) == (NOW, 20.0)
    assert capped.rest == 10.0
    assert (first.robots, first.robots_age) == (RobotsText(404), 5.0)
    assert (second.waiting, second.contacted, second.robots, second.rest) == (2, None, None, 0.0)
