"""The cache in front of the real fetcher: what a server sees, and what is on the disk."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from crawler import Crawl, Page, Spider
from crawler.errors import StateError
from crawler.fetch import CacheFiles, CachingFetcher, HttpFetcher, Limits
from crawler.model import Request, Response
from crawler.policy.address import AddressRule


@dataclass
class Clock:
    """The time of both sides."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Origin:
    """A server that answers with what it is told to, and keeps what it saw."""

    clock: Clock
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "body"
    status: int = 200
    etag: str = ""
    seen: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        date = {"Date": formatdate(self.clock.now, usegmt=True)}
        headers = {**date, **self.headers, **({"ETag": self.etag} if self.etag else {})}
        if self.etag and request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304, headers={**headers, "X-Newer": "yes"})
        echo = request.headers.get("Accept-Language", "")
        return web.Response(status=self.status, text=self.body + echo, headers=headers)


@pytest.fixture
async def origin(clock: Clock) -> AsyncIterator[Origin]:
    there = Origin(clock)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", there.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}/page"
    yield there
    await runner.cleanup()


@dataclass
class Cached:
    """A fetcher with a cache, its clock and its folder."""

    fetcher: CachingFetcher
    clock: Clock
    folder: Path

    async def get(self, url: str, **more: Any) -> Response:
        return await self.fetcher.fetch(Request(url, **more))


Make = Callable[..., Any]


@pytest.fixture
def cached(tmp_path: Path, clock: Clock) -> Make:
    @asynccontextmanager
    async def make(*, most: int = 10**9, sent: dict[str, str] | None = None, always: bool = False) -> Any:
        limits = Limits(connect=5, tls=5, read=5, total=5, body=10**6)
        rule = AddressRule([ip_network("127.0.0.1")])
        http = HttpFetcher(limits, user_agent="t", headers=sent, address=rule, concurrency=2)
        async with http as inner:
            files = CacheFiles(tmp_path / "cache", most)
            fetcher = CachingFetcher(inner, files, sent=sent or {}, always=always, clock=clock)
            yield Cached(fetcher, clock, tmp_path / "cache")

    return make


async def test_fresh_is_served_from_the_disk_also_by_a_later_run(cached: Make, origin: Origin) -> None:
    origin.headers = {"Cache-Control": "max-age=60", "X-Own": "kept"}
    async with cached() as one:
        first = await one.get(origin.url)
    async with cached() as one:
        one.clock.now += 59
        again = await one.get(origin.url)
        assert (first.cached, again.cached, len(origin.seen)) == (False, True, 1)
        assert (again.status, again.body) == (200, b"body")
        assert again.headers["x-own"] == "kept"
        assert again.content_type == "text/plain"
        one.clock.now += 1
        assert not (await one.get(origin.url)).cached
        assert len(origin.seen) == 2


async def test_stale_is_asked_again_only_if_it_has_changed(cached: Make, origin: Origin) -> None:
    origin.headers, origin.etag = {"Cache-Control": "max-age=60"}, '"1"'
    async with cached() as one:
        await one.get(origin.url)
        one.clock.now += 100
        origin.body = "not sent"
        same = await one.get(origin.url)
        assert origin.seen[-1].headers["If-None-Match"] == '"1"'
        assert (same.status, same.body, same.cached) == (200, b"body", False)
        assert same.headers["X-Newer"] == "yes"
        assert "If-None-Match" not in same.request.headers
        one.clock.now += 50
        assert (await one.get(origin.url)).cached  # it is fresh again since the 304
        one.clock.now += 50
        origin.etag, origin.body = '"2"', "other"
        assert (await one.get(origin.url)).body == b"other"
        assert (await one.get(origin.url)).body == b"other"
        assert len(origin.seen) == 3


@pytest.mark.parametrize(
    "headers",
    [{"Cache-Control": "no-store, max-age=60"}, {"Cache-Control": "private, max-age=60"}, {"Vary": "*"}],
)
async def test_what_may_not_be_kept_is_not_on_the_disk(
    cached: Make, origin: Origin, headers: dict[str, str]
) -> None:
    origin.headers = headers
    async with cached() as one:
        await one.get(origin.url)
        assert files_in(one.folder) == []


async def test_always_serves_whatever_there_is(cached: Make, origin: Origin) -> None:
    origin.headers, origin.status = {"Cache-Control": "no-store"}, 404
    async with cached(always=True) as one:
        await one.get(origin.url)
        one.clock.now += 10**8
        again = await one.get(origin.url)
        assert (again.status, again.cached, len(origin.seen)) == (404, True, 1)
        origin.status = 503
        assert not (await one.get(origin.url + "/busy")).cached
        assert not (await one.get(origin.url + "/busy")).cached


async def test_answers_that_vary_are_kept_each(cached: Make, origin: Origin) -> None:
    origin.headers = {"Cache-Control": "max-age=60", "Vary": "Accept-Language"}
    async with cached() as one:
        for _ in range(2):
            for language in ("de", "fr"):
                answer = await one.get(origin.url, headers={"accept-language": language})
                assert answer.body == b"body" + language.encode()
        assert len(origin.seen) == 2


async def test_a_change_by_another_method_lets_go_of_it(cached: Make, origin: Origin) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    async with cached() as one:
        await one.get(origin.url)
        origin.status = 500
        await one.get(origin.url, method="POST")
        assert (await one.get(origin.url)).cached  # it has failed: nothing has changed
        origin.status = 200
        await one.get(origin.url, method="POST")
        assert not (await one.get(origin.url)).cached


async def test_secrets_are_not_on_the_disk(cached: Make, origin: Origin) -> None:
    origin.headers = {
        "Cache-Control": "public, max-age=60",
        "Vary": "Authorization, Cookie",
        "Set-Cookie": "answered=secret",
    }
    async with cached(sent={"Authorization": "Bearer secret-of-mine"}) as one:
        await one.get(origin.url, headers={"Cookie": "id=secret-cookie"})
        assert (await one.get(origin.url, headers={"Cookie": "id=secret-cookie"})).cached
        assert not (await one.get(origin.url, headers={"Cookie": "id=other"})).cached
        content = b"".join(path.read_bytes() for path in files_in(one.folder))
        assert content
        assert b"secret" not in content


async def test_who_is_logged_in_is_not_kept_unless_the_server_says_so(cached: Make, origin: Origin) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    async with cached(sent={"Authorization": "Bearer x"}) as one:
        await one.get(origin.url)
        assert files_in(one.folder) == []


async def test_a_request_with_conditions_of_its_own_goes_to_the_server(cached: Make, origin: Origin) -> None:
    origin.headers, origin.etag = {"Cache-Control": "max-age=60"}, '"1"'
    async with cached() as one:
        await one.get(origin.url)
        assert (await one.get(origin.url, headers={"If-None-Match": '"1"'})).status == 304
        assert len(origin.seen) == 2


@pytest.mark.parametrize("damage", [b"", b"cut off", b"\xff\xff\xff"])
async def test_damaged_files_are_as_none(cached: Make, origin: Origin, damage: bytes) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    async with cached() as one:
        for part in ("answers", "bodies"):
            await one.get(origin.url)
            for path in files_in(one.folder / part):
                path.write_bytes(damage)
            again = await one.get(origin.url)
            assert (again.body, again.cached) == (b"body", False)
            assert (await one.get(origin.url)).cached


async def test_the_oldest_go_when_there_is_too_much(cached: Make, origin: Origin) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    async with cached(most=50_000) as one:
        for number in range(20):
            origin.body = f"{number:>5000}"
            await one.get(f"{origin.url}/{number}")
            for path in files_in(one.folder):
                os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 10))
        assert sum(path.stat().st_size for path in files_in(one.folder)) <= 50_000
        assert (await one.get(f"{origin.url}/19")).cached
        assert not (await one.get(f"{origin.url}/0")).cached


async def test_what_a_killed_process_left_is_removed_in_time(cached: Make, origin: Origin) -> None:
    async with cached() as one:
        place = one.folder / "bodies" / "ab"
        place.mkdir()
        for name, old in ((".new-old", 4_000), (".new-young", 0)):
            (place / name).write_bytes(b"half of")
            os.utime(place / name, (place.stat().st_atime - old, place.stat().st_mtime - old))
    async with cached() as one:
        assert [path.name for path in files_in(one.folder)] == [".new-young"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be used"):
        CacheFiles(tmp_path / "file" / "cache", 1000)


class Once(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield {"url": page.url}
        yield page.follow("a[href]")


async def test_a_crawl_from_the_disk_rests_for_nobody(origin: Origin, tmp_path: Path) -> None:
    origin.headers = {"Cache-Control": "max-age=60"}
    origin.body = "".join(f"<a href=/{number}>" for number in range(30))
    options: dict[str, Any] = {
        "start": [origin.url],
        "fetch": {"allow": ["127.0.0.1"], "cache": {"folder": str(tmp_path / "cache"), "mode": "always"}},
    }
    origin.headers["Content-Type"] = "text/html"
    async with Crawl(Once, **options, politeness={"delay": 0, "per_host": 4, "robots": False}) as crawl:
        assert (await crawl.wait()).pages == 31
    asked = len(origin.seen)
    # With a delay of an hour after each contact, the whole crawl would take more than a day.
    async with Crawl(Once, **options, politeness={"delay": 3600, "robots": False}) as crawl:
        assert (await crawl.wait()).pages == 31
    assert len(origin.seen) == asked == 31


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
