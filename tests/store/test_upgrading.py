"""State files of earlier versions are brought up to date, and the crawl in them goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler import Crawl, Page, Spider
from crawler.contracts import CONTACTS
from crawler.errors import StateError, StateInUse
from crawler.store import SqliteStore
from crawler.store.lock import StateLock
from crawler.store.looking import standing
from crawler.store.schema import VERSION, bring_up_to_date
from crawler.store.upgrading import STEPS, copy_of
from crawler.testing import PretendWeb

A = "https://a.test"
#: Each is a crawl of `Numbers` on 40 numbers, left while the ninth item had been taken.
KEPT = sorted((Path(__file__).parent / "versions").glob("version*.sql"))


class Number(msgspec.Struct):
    url: str
    n: int


class Numbers(Spider):
    start = (f"{A}/",)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow()
        if page.url != f"{A}/":
            yield Number(page.url, int(page.url.rpartition("/")[2]))


def web() -> PretendWeb:
    pages = PretendWeb()
    pages.page(f"{A}/", "".join(f"<a href=/{n}>" for n in range(40)))
    for n in range(40):
        pages.page(f"{A}/{n}")
    return pages


@pytest.fixture(params=KEPT, ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "state.db"
    connection = sqlite3.connect(path)
    connection.executescript(request.param.read_text())
    connection.close()
    return path


def tables(path: Path) -> dict[str, set[tuple[Any, ...]]]:
    """The columns of each table, in whatever order: name, type, whether NULL is allowed, part of the key."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        name: {(row[1], row[2], row[3], row[5]) for row in connection.execute(f"PRAGMA table_info({name})")}
        for name in names
    }
    indexes = set(connection.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"))
    connection.close()
    return {**found, "indexes": indexes}


def one_number(path: Path, query: str) -> int:
    connection = sqlite3.connect(path)
    (found,) = connection.execute(query).fetchone()
    connection.close()
    return int(found)


def version_of(path: Path) -> int:
    return one_number(path, "PRAGMA user_version")


def test_every_version_that_was_is_kept_and_has_a_step() -> None:
    assert [path.stem for path in KEPT] == [f"version{number}" for number in STEPS]
    assert list(STEPS) == list(range(2, VERSION))


async def test_the_crawl_in_it_goes_on(old: Path) -> None:
    pages, waiting = web(), one_number(old, "SELECT count(*) FROM requests WHERE state = 'waiting'")
    options: dict[str, Any] = {"politeness": {"delay": 0, "per_host": 4, "robots": False}}
    async with Crawl(Numbers, fetcher=pages, state=str(old), **options) as crawl:
        rest = [number.n async for number in crawl.items(Number)]
    assert sorted(rest) == list(range(9, 40))
    assert f"{A}/" not in {hit.url for hit in pages.hits}  # what was fetched is not fetched again
    assert len(pages.hits) == waiting > 0


async def test_it_is_as_a_new_one_then_and_a_copy_is_kept(old: Path, tmp_path: Path) -> None:
    before, items = version_of(old), one_number(old, "SELECT count(*) FROM items")
    async with SqliteStore(old), SqliteStore(tmp_path / "new.db"):
        pass
    assert tables(old) == tables(tmp_path / "new.db")
    assert version_of(old) == VERSION
    assert version_of(copy_of(old, before)) == before
    assert standing(old).items == {"Number": items}
    assert items > 9


async def test_one_that_cannot_be_copied_is_left_alone(old: Path) -> None:
    before = version_of(old)
    copy_of(old, before).mkdir()
    with pytest.raises(StateError, match="cannot be opened"):
        async with SqliteStore(old):
            pass
    assert version_of(old) == before
    copy_of(old, before).rmdir()
    async with SqliteStore(old):
        pass
    assert version_of(old) == VERSION


def test_commands_about_it_bring_it_up_to_date(old: Path) -> None:
    before = version_of(old)
    assert bring_up_to_date(old)
    assert not bring_up_to_date(old)
    assert version_of(copy_of(old, before)) == before
    assert standing(old).items["Number"] > 9


def test_one_that_is_used_is_left_alone(old: Path) -> None:
    before = version_of(old)
    with StateLock(old), pytest.raises(StateInUse):
        bring_up_to_date(old)
    assert version_of(old) == before


def test_nobody_else_may_read_it_afterwards(old: Path) -> None:
    old.chmod(0o644)
    before = version_of(old)
    bring_up_to_date(old)
    assert {path.stat().st_mode & 0o077 for path in (old, copy_of(old, before))} == {0}


async def test_its_hosts_may_have_been_contacted_just_now(old: Path) -> None:
    async with SqliteStore(old) as store:
        note = await store.kept(CONTACTS, now=0.0)
    assert note is not None
    assert note.value == b""


def test_who_only_looks_at_it_changes_nothing(old: Path) -> None:
    before = old.read_bytes()
    with pytest.raises(StateError, match="of an earlier program: run the crawl"):
        standing(old)
    assert old.read_bytes() == before
