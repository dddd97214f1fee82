"""A state is opened: how the run begins, what it knows then, and what it does to the file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crawler.contracts import Mark, Settlement
from crawler.errors import OtherCrawl, StateError, StateInUse
from crawler.model import Reason, Request
from crawler.policy.again import Beginning
from crawler.settings import Settings, from_mapping
from crawler.spider import Spider
from crawler.state import open_state
from crawler.store import MemoryStore

START = "https://a.test/"


class Books(Spider):
    start = (START,)


class Films(Spider):
    start = (START,)


def settings(path: Path, **more: Any) -> Settings:
    return from_mapping({"name": "books", "start": START, "state": str(path), **more})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "state.db"


async def run(configured: Settings, pages: int = 0, size: int = 0, ended: str = "", **more: Any) -> Beginning:
    """Open a state and begin; write down so many pages, each with an item, and why it ended."""
    async with open_state(configured, Books(), **more) as state:
        await state.begin()
        store = state.store
        for _ in range(pages):
            recalled = await store.recall(owner="", now=0)
            url = f"{START}{recalled.pages}"
            await store.add([Request(url, "parse")])
            (lease,) = await store.claim({"https://a.test": 1}, owner="me", now=0, ttl=60)
            done = Settlement(lease, Reason.OK, page=True, size=size, items=[{"url": url}])
            await store.settle([done], now=0)
            await store.mark([Mark("/out.jsonl", recalled.pages + 1, {"size": 7})])
        await state.note(ended=ended)
        return state.beginning


async def test_a_state_that_nobody_names_is_in_memory() -> None:
    for state in (None, "memory"):
        configured = from_mapping({"start": START} | ({"state": state} if state else {}))
        async with open_state(configured, Books()) as opened:
            assert isinstance(opened.store, MemoryStore)
            assert (opened.beginning, opened.path, dict(opened.facts)) == (Beginning.NEW, "", {})
            await opened.begin()
            await opened.note(ended="finished")
            assert dict((await opened.marks()).marks) == {}


async def test_the_first_run_is_new_and_writes_down_what_it_is(path: Path) -> None:
    async with open_state(settings(path), Books()) as state:
        assert state.beginning is Beginning.NEW
        assert state.path == str(path)
        assert "crawl" not in state.facts
        await state.begin()
        await state.note(**{"demo port": "80"})
        assert state.facts["name"] == "books"
        assert state.facts["ended"] == ""
    with closing(sqlite3.connect(path)) as connection:
        written = dict(connection.execute("SELECT key, value FROM meta"))
    assert written["demo port"] == "80"
    assert START not in written["crawl"]  # digests: parameters may be secret


@pytest.mark.parametrize("ended", ["", "stopped", "failed", "time", "pages"])
async def test_what_has_not_finished_is_resumed(path: Path, ended: str) -> None:
    assert await run(settings(path), pages=3, size=10, ended=ended) is Beginning.NEW
    async with open_state(settings(path), Books()) as state:
        assert state.beginning is Beginning.RESUMED
        recalled = await state.marks()
        assert (recalled.pages, recalled.size) == (3, 30)
        assert recalled.marks == {"/out.jsonl": Mark("/out.jsonl", 3, {"size": 7})}
        await state.begin()
        assert state.facts["ended"] == ""
        assert len(await state.store.drain(0, 100)) == 3


async def test_what_has_finished_begins_anew_with_its_outputs_at_their_beginning(path: Path) -> None:
    await run(settings(path), pages=3, ended="finished")
    async with open_state(settings(path), Books()) as state:
        assert state.beginning is Beginning.ANEW
        left = Mark("/out.jsonl", 0, {"size": 7})  # by its place it is known, and may be replaced
        assert (await state.marks()).marks == {"/out.jsonl": left}
        await state.begin()
        recalled = await state.store.recall(owner="", now=0)
        assert (recalled.pages, recalled.forgotten) == (0, 0)
        assert recalled.marks == {"/out.jsonl": left}  # the next time, too
        assert not state.store.knows(f"{START}0")
        assert list(await state.store.drain(0, 100)) == []


async def test_until_it_begins_the_state_is_as_it_was(path: Path) -> None:
    await run(settings(path), pages=2, ended="finished")
    for fresh in (False, True):
        async with open_state(settings(path), Books(), fresh=fresh) as state:
            assert state.beginning is not Beginning.RESUMED
    async with open_state(settings(path), Books()) as state:
        recalled = await state.store.recall(owner="", now=0)
        assert (recalled.pages, recalled.marks["/out.jsonl"].item) == (2, 2)
        assert state.facts["ended"] == "finished"


async def test_fresh_is_new_whatever_there_is(path: Path) -> None:
    await run(settings(path), pages=2)
    assert await run(settings(path, limits={"depth": 1}), pages=1, fresh=True) is Beginning.NEW
    assert await run(settings(path, limits={"depth": 1})) is Beginning.RESUMED


@pytest.mark.parametrize(
    ("limits", "begins"),
    [
        ({"pages": 4}, Beginning.RESUMED),
        ({"pages": 3}, Beginning.ANEW),
        ({"pages": 2}, Beginning.RESUMED),  # more was wanted before: it is not thrown away
        ({"bytes": 31}, Beginning.RESUMED),
        ({"bytes": 30}, Beginning.ANEW),
        ({"bytes": 31, "pages": 3}, Beginning.ANEW),
        ({"time": "1ms"}, Beginning.RESUMED),  # counts for each run
    ],
)
async def test_limits_that_leave_nothing(path: Path, limits: dict[str, Any], begins: Beginning) -> None:
    await run(settings(path), pages=3, size=10, ended="pages")
    assert await run(settings(path, limits=limits)) is begins


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"start": "https://b.test/"}, "start.urls"),
        ({"scope": {"exclude": ["x"]}}, "scope.exclude"),
        ({"follow": [{"css": "nav a"}]}, "follow.0.css"),
        ({"pages": {"book": {"fields": {"title": "h1"}}}}, "pages.book.fields.title.css"),
        ({"limits": {"depth": 3}}, "limits.depth"),
        ({"spider": "books:Books"}, "spider.use"),
    ],
)
async def test_another_crawl_is_refused_and_the_key_named(
    path: Path, change: dict[str, Any], key: str
) -> None:
    await run(settings(path), pages=1)
    with pytest.raises(OtherCrawl, match=rf"different: .*\b{key}\b") as refused:
        await run(settings(path, **change))
    assert str(path) in str(refused.value)
    assert await run(settings(path)) is Beginning.RESUMED  # and nothing has happened to it


async def test_another_spider_object_is_another_crawl(path: Path) -> None:
    await run(settings(path), pages=1)
    with pytest.raises(OtherCrawl, match="spider class"):
        async with open_state(settings(path), Films()):
            pass


@pytest.mark.parametrize(
    "change",
    [
        {"output": "other.jsonl"},
        {"fetch": {"concurrency": 3}},
        {"politeness": {"delay": "9s"}},
        {"limits": {"pages": 100, "hops": 2, "time": "1h"}},
        {"name": "other"},
    ],
)
async def test_how_it_is_done_may_change(path: Path, change: dict[str, Any]) -> None:
    await run(settings(path), pages=1)
    assert await run(settings(path, **change)) is Beginning.RESUMED


async def test_one_at_a_time(path: Path) -> None:
    async with open_state(settings(path), Books()):
        with pytest.raises(StateInUse):
            await run(settings(path), fresh=True)
    assert await run(settings(path)) is Beginning.NEW


@pytest.fixture
def list_of_shopping(path: Path) -> bytes:
    path.parent.mkdir()
    path.write_text("a shopping list\n" * 100)
    return path.read_bytes()


async def test_what_is_no_state_is_said(path: Path, list_of_shopping: bytes) -> None:
    with pytest.raises(StateError, match=r"state\.db cannot be opened: "):
        await run(settings(path), fresh=True)
    with open(path, "rb") as file:  # noqa: ASYNC230 - a kilobyte
        assert file.read() == list_of_shopping
    os.unlink(path)
    assert await run(settings(path)) is Beginning.NEW  # the lock was let go of
