"""A host's requests in memory and on the disk, while some of them are being read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from crawler.contracts import Settlement, State
from crawler.model import Lease, Reason, Request
from crawler.store import SqliteStore, window
from crawler.store.leases import Kept
from crawler.store.window import Window

HOST = "https://a.test"


def kept(id: int, priority: int = 0) -> Kept:
    return Kept(id, Request(f"{HOST}/{id}", priority=priority), HOST)


def taken(all_of: Window) -> list[int]:
    found = []
    while (one := all_of.take()) is not None:
        found.append(one.id)
    return found


def half_hidden() -> Window:
    """Requests 1 and 2 in memory, 3 to 5 on the disk alone."""
    half = Window(1, HOST)
    for id in range(1, 6):
        half.add(kept(id), most=2)
    assert (half.hidden, half.beyond) == (3, (0, 3))
    return half


def test_what_comes_while_it_is_read_is_in_memory_or_hidden_but_not_lost() -> None:
    half = half_hidden()
    assert half.read_on() == (0, 3)
    half.add(kept(6))  # not in what is read, and behind some that may stay on the disk
    half.add(kept(7, priority=1))
    assert len(half) == 7
    half.reveal([kept(3), kept(4)])
    assert taken(half) == [7, 1, 2, 3, 4]
    assert (half.hidden, half.beyond) == (2, (0, 5))
    half.read_on()
    half.reveal([kept(5), kept(6)], all=True)
    assert taken(half) == [5, 6]
    assert (len(half), half.beyond) == (0, None)


def test_what_came_before_the_reading_began_is_there_once() -> None:
    half = half_hidden()
    half.read_on()
    half.add(kept(6))
    half.add(kept(7))
    half.reveal([kept(3), kept(4), kept(5), kept(6)])
    assert taken(half) == [1, 2, 3, 4, 5, 6, 7]
    assert (len(half), half.beyond) == (0, None)


def test_nothing_is_hidden_while_it_is_read() -> None:
    half = half_hidden()
    half.read_on()
    for id in range(6, 16):
        half.add(kept(id, priority=1), most=2)
    half.reveal([kept(3), kept(4), kept(5)], all=True)
    assert taken(half) == [*range(6, 16), 1, 2, 3, 4, 5]
    assert (len(half), half.beyond) == (0, None)


def test_what_was_lent_out_when_it_was_read_is_not_given_twice() -> None:
    half = half_hidden()
    half.read_on()
    half.reveal([kept(3), kept(4), kept(5)], apart={4}, all=True)
    assert taken(half) == [1, 2, 3, 5]


def test_reading_that_fails_loses_nothing() -> None:
    half = half_hidden()
    half.read_on()
    half.add(kept(6))
    half.reveal(None)
    assert (len(half), half.hidden, half.beyond) == (6, 4, (0, 3))


async def all_of(store: SqliteStore) -> list[str]:
    found: list[Lease] = []
    while leases := await store.claim({HOST: 1}, owner="me", now=0.0, ttl=60.0):
        found += leases
    return sorted(lease.request.url.rpartition("/")[2] for lease in found)


async def test_a_store_reads_and_takes_in_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window, "MOST", 4)
    monkeypatch.setattr(window, "LEAST", 4)
    async with SqliteStore(tmp_path / "state.db") as store:
        await store.add([Request(f"{HOST}/old{n}", priority=-1) for n in range(40)])
    async with SqliteStore(tmp_path / "state.db") as store:
        await store.recall(owner="me", now=0.0)
        claiming = asyncio.create_task(store.claim({HOST: 1}, owner="me", now=0.0, ttl=60.0))
        before = store._writer.batch
        while store._writer.batch is before:  # until the thread reads
            await asyncio.sleep(0)
        await store.add([Request(f"{HOST}/new{n}", priority=n % 3 - 1) for n in range(40)])
        first = [lease.request.url.rpartition("/")[2] for lease in await claiming]
        async with asyncio.timeout(10):
            rest = await all_of(store)
    assert sorted(first + rest) == sorted(f"{age}{n}" for age in ("old", "new") for n in range(40))


async def test_a_retry_and_the_end_in_one_group_count_together(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "state.db", group=60.0) as store:
        await store.add([Request(f"{HOST}/1")])
        (lease,) = await store.claim({HOST: 1}, owner="me", now=0.0, ttl=60.0)
        await store.settle([Settlement(lease, Reason.BUSY, State.WAITING, again_at=1.0, size=5)], now=0.0)
        (lease,) = await store.claim({HOST: 1}, owner="me", now=2.0, ttl=60.0)
        await store.settle([Settlement(lease, Reason.OK, page=True, size=7)], now=2.0)
    async with SqliteStore(tmp_path / "state.db") as store:
        assert store.totals == (1, 12)
        assert not (await store.recall(owner="me", now=0.0)).backlogs
