"""A state file that is removed, replaced or taken over while a crawl writes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.contracts import Settlement
from crawler.errors import StateError, StateInUse
from crawler.model import Reason, Request
from crawler.store import SqliteStore
from crawler.store.retrying import retry

A = "https://a.test"


def remove(path: Path) -> None:
    path.unlink()


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def put_back_a_copy(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    os.replace(copy, path)


@pytest.mark.parametrize("change", [remove, remove_folder, put_back_a_copy])
async def test_one_that_is_not_there_any_more_is_noticed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    path = tmp_path / "states" / "state.db"
    with pytest.raises(StateError, match=r"was removed or replaced while the crawl ran"):
        async with SqliteStore(path) as store:
            await store.add([Request(f"{A}/1")])
            await store.flush()
            change(path)
            await store.add([Request(f"{A}/2")])
            await store.flush()


@pytest.mark.parametrize("anew", [False, True])
async def test_a_stale_owner_cannot_settle(tmp_path: Path, anew: bool) -> None:
    """Its lock was deleted, say by somebody who took it for one that was left behind."""
    path = tmp_path / "state.db"
    with pytest.raises(StateInUse, match="taken over by another process"):
        async with SqliteStore(path) as stale:
            await stale.start_anew({})
            await stale.add([Request(f"{A}/1")])
            (old,) = await stale.claim({A: 1}, owner="", now=0.0, ttl=60.0)
            await stale.flush()
            path.with_name("state.db.lock").unlink()
            async with SqliteStore(path) as new:
                if anew:
                    await new.start_anew({})
                    await new.add([Request(f"{A}/1")])
                (lease,) = await new.claim({A: 1}, owner="", now=0.0, ttl=60.0)
                assert lease.token > old.token
                await new.settle([Settlement(lease, Reason.OK, items=[{"by": "new"}])], now=0.0)
                await new.flush()
                await stale.settle([Settlement(old, Reason.OK, items=[{"by": "stale"}])], now=0.0)
                with pytest.raises(StateInUse):
                    await stale.flush()
    async with SqliteStore(path) as after:
        assert [record.item for record in await after.drain(0, 10)] == [{"by": "new"}]


async def test_a_copy_that_was_put_back_is_whole_afterwards(tmp_path: Path) -> None:
    path, copy = tmp_path / "state.db", tmp_path / "copy.db"
    async with SqliteStore(path) as store:
        await store.add([Request(f"{A}/{n}") for n in range(3_000)])
    shutil.copy(path, copy)
    with pytest.raises(StateError, match="was removed or replaced"):
        async with SqliteStore(path) as store:
            await store.add([Request(f"{A}/new/{n}") for n in range(5_000)])
            await store.flush()
            os.replace(copy, path)
            await store.add([Request(f"{A}/more")])
            await store.flush()
    async with SqliteStore(path) as store:
        (backlog,) = (await store.recall(owner="", now=0.0)).backlogs
        assert backlog.ready == store.known == 3_000


async def test_a_program_that_goes_to_another_folder_keeps_its_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    async with SqliteStore("state.db") as store:
        monkeypatch.chdir("elsewhere")
        await store.add([Request(f"{A}/1")])
        await store.flush()


async def test_retrying_without_the_lock_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with pytest.raises(StateInUse):
        async with SqliteStore(path) as store:
            await store.flush()
            path.with_name("state.db.lock").unlink()
            retry(path, ["dns"])
            await store.add([Request(f"{A}/1")])
            await store.flush()
