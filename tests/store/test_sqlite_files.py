"""State files that cannot be used, and writing that fails."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from crawler.contracts import Settlement, State
from crawler.errors import NewerState, StateError
from crawler.model import Reason, Request
from crawler.store import SqliteStore


async def refused(path: Path) -> str:
    with pytest.raises(StateError) as caught:
        async with SqliteStore(path):
            pass
    return str(caught.value)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no database, but rather long text " * 100)
    assert "cannot be opened" in await refused(path)
    assert path.read_text().startswith("no database")


async def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    assert "not the state of a crawl" in await refused(path)


async def test_a_state_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(NewerState, match="version 99"):
        async with SqliteStore(path):
            pass


async def test_a_folder(tmp_path: Path) -> None:
    assert "cannot be opened" in await refused(tmp_path)


async def test_after_a_failure_nothing_is_accepted_any_more(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with pytest.raises(StateError, match="cannot be written"):
        async with SqliteStore(path) as store:
            await store.add([Request("https://a.test/1")])
            await store.flush()
            other = sqlite3.connect(path)
            other.execute("DROP TABLE items")
            other.close()
            (lease,) = await store.claim({"https://a.test": 1}, owner="", now=0.0, ttl=9.0)
            await store.settle([Settlement(lease, Reason.OK, items=[{"n": 1}])], now=0.0)
            with pytest.raises(StateError):
                await store.drain(0, 10)
            with pytest.raises(StateError):
                await store.add([Request("https://a.test/2")])
            with pytest.raises(StateError):
                await store.claim({"https://a.test": 1}, owner="", now=0.0, ttl=9.0)


async def test_a_state_that_makes_no_sense_is_refused_and_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path) as store:
        await store.note({"secret": "not hexadecimal"})
    threads = threading.active_count()
    for _ in range(2):  # the second time it is not in use
        assert "not hexadecimal" in await refused(path) or "non-hexadecimal" in await refused(path)
    assert threading.active_count() == threads


async def test_more_callbacks_than_fit_into_a_byte(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    requests = [Request(f"https://a.test/{n}", f"callback{n}") for n in range(300)]
    async with SqliteStore(path) as store:
        await store.add(requests)
        assert await store.callback_of("https://a.test/7") == "callback7"
        assert await store.callback_of("https://a.test/299") == "callback299"
    async with SqliteStore(path) as store:
        assert await store.callback_of("https://a.test/299") == "callback299"
        leases = await store.claim({"https://a.test": 400}, owner="", now=0.0, ttl=9.0)
        assert [lease.request.callback for lease in leases] == [f"callback{n}" for n in range(300)]


async def test_half_a_character_in_the_words_of_an_error_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path) as store:
        await store.add([Request("https://a.test/1")])
        (lease,) = await store.claim({"https://a.test": 1}, owner="", now=0.0, ttl=9.0)
        await store.settle([Settlement(lease, Reason.CALLBACK, State.GAVE_UP, detail="no \ud83d")], now=0.0)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT detail FROM requests").fetchall() == [("no ?",)]
    connection.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db") as store:
        pass
    with pytest.raises(StateError, match="is closed"):
        await store.flush()


async def test_cancelling_waits_until_the_file_is_closed(tmp_path: Path) -> None:
    path, writing = tmp_path / "state.db", threading.Event()

    def slowly(_: object) -> None:
        writing.set()
        time.sleep(0.3)

    async def use() -> None:
        async with SqliteStore(path) as store:
            await store.add([Request("https://a.test/1")])
            await store._writer.do(slowly)

    task = asyncio.create_task(use())
    while not writing.is_set():
        await asyncio.sleep(0.001)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.02)
    with pytest.raises(asyncio.CancelledError):
        await task
    async with SqliteStore(path) as store:
        assert store.known == 1


@pytest.mark.parametrize(("shift", "waits"), [(-31_536_000.0, 60.0), (10.0, 20.0), (31_536_000.0, 0.0)])
async def test_a_clock_that_was_set_does_no_harm(tmp_path: Path, shift: float, waits: float) -> None:
    path, wall = tmp_path / "state.db", [1.7e9]

    def store() -> SqliteStore:
        return SqliteStore(path, clock=lambda: wall[0], longest=60.0)

    async with store() as before:
        await before.add([Request("https://a.test/")])
        (lease,) = await before.claim({"https://a.test": 1}, owner="", now=5.0, ttl=9.0)
        await before.settle([Settlement(lease, Reason.BUSY, State.WAITING, again_at=35.0)], now=5.0)
    wall[0] += shift
    async with store() as after:
        (backlog,) = (await after.recall(owner="", now=1_000.0)).backlogs
    assert list(backlog.delayed) == [1_000.0 + waits]
