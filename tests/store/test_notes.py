"""What a state file keeps beside requests and items: notes, and how each attempt went."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crawler.contracts import CONTACTS, Settlement, State
from crawler.model import Reason, Request
from crawler.store import SqliteStore

A = "https://a.test"


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def age_of(path: Path, name: str, now: float) -> float | None:
    async with SqliteStore(path, clock=lambda: now) as store:
        note = await store.kept(name, now=0.0)
        return None if note is None else note.age


async def test_a_note_outlives_the_process_and_its_age_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path, clock=lambda: 1_000.0) as store:
        await store.keep("rest a.test", b"60", now=0.0)
    assert await age_of(path, "rest a.test", 1_025.0) == 25.0
    assert await age_of(path, "rest b.test", 1_025.0) is None


@pytest.mark.parametrize("now", [1_000.0, 990.0, 0.0, -5.0])
async def test_a_clock_that_was_set_back_makes_no_note_younger_than_new(tmp_path: Path, now: float) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path, clock=lambda: 1_000.0) as store:
        await store.keep("rest a.test", b"60", now=0.0)
    assert await age_of(path, "rest a.test", now) == 0.0


async def test_a_new_crawl_forgets_what_sites_said_but_not_that_they_rest(
    tmp_path: Path,
) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path) as store:
        for name in ("rest a.test", f"robots {A}", "cookies a.test", CONTACTS):
            await store.keep(name, b"x", now=0.0)
        await store.start_anew({})
        assert await store.kept("cookies a.test", now=0.0) is None
        assert await store.kept("rest a.test", now=0.0) is not None
    assert rows(path, "SELECT name FROM notes ORDER BY name") == [("contacts",), ("rest a.test",)]


async def test_attempts_leave_when_how_long_and_what_came(tmp_path: Path) -> None:
    path, clock = tmp_path / "state.db", iter(range(100, 200))
    async with SqliteStore(path, clock=lambda: float(next(clock))) as store:
        await store.add([Request(f"{A}/1")])
        for attempt, (reason, status) in enumerate(
            [(Reason.CONNECT, 0), (Reason.BUSY, 503), (Reason.OK, 200)]
        ):
            (lease,) = await store.claim({A: 1}, owner="", now=float(attempt), ttl=60.0)
            again = float(attempt) + 0.5 if status != 200 else None
            settlement = Settlement(
                lease,
                reason,
                State.DONE if again is None else State.WAITING,
                again_at=again,
                detail="words",
                status=status,
                seconds=0.25,
            )
            assert (await store.settle([settlement], now=float(attempt)))[0].accepted
    ((state, attempts, at, seconds, status),) = rows(
        path, "SELECT state, attempts, at, seconds, status FROM requests"
    )
    assert (state, attempts, seconds, status) == ("done", 3, 0.25, 200)
    tries = rows(path, "SELECT attempt, at, seconds, status, reason, detail FROM tries ORDER BY attempt")
    assert [(one[0], *one[2:]) for one in tries] == [
        (1, 0.25, 0, "connect", "words"),
        (2, 0.25, 503, "busy", "words"),
    ]
    assert tries[0][1] < tries[1][1] < at


async def test_nobody_else_may_read_a_state(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path) as store:
        await store.keep("cookies a.test", b"session", now=0.0)
        await store.flush()
        modes = {os.stat(f"{path}{ending}").st_mode & 0o077 for ending in ("", "-wal", "-shm")}
    assert modes == {0}
