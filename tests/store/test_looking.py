"""What is read from a state file for people, beside a crawl that may be running on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.contracts import Mark, Settlement, State
from crawler.errors import StateError
from crawler.model import Failed, Reason, Request
from crawler.model.items import NamedItem
from crawler.store import SqliteStore
from crawler.store.looking import Ended, FailedOn, Failure, Queue, batches, failures, standing, stored
from crawler.store.schema import connect

NOW = 1_000_000.0


def new_store(path: Path, *, keep_items: bool = True) -> SqliteStore:
    return SqliteStore(path, keep_items=keep_items, clock=lambda: NOW)


async def fill(store: SqliteStore, items: int = 3) -> None:
    """Two hosts; one page with items, one given up, one refused, one to be tried again, two that wait."""
    await store.start_anew({"crawl": '{"start": "x"}', "name": "books", "began": "2026-01-02 03:04:05"})
    await store.add([Request(f"https://a.test/{n}", "parse") for n in range(5)])
    await store.add([Request("https://b.test/", "parse")])
    leases = await store.claim({"https://a.test": 4}, owner="me", now=0.0, ttl=60.0)
    found = [NamedItem("book", {"n": n}) for n in range(items)]
    await store.settle(
        [
            Settlement(leases[0], Reason.OK, items=found, page=True, size=1_000),
            Settlement(leases[1], Reason.STATUS, State.GAVE_UP, page=True, detail="404"),
            Settlement(leases[2], Reason.ROBOTS, State.REFUSED),
            Settlement(leases[3], Reason.BUSY, State.WAITING, again_at=30.0, size=7),
        ],
        now=10.0,
    )
    await store.flush()


async def test_all_of_it_while_the_store_is_open(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store)
        await store.mark([Mark("/out/books.jsonl", 2)])
        await store.flush()
        seen = standing(path)
    assert (seen.name, seen.began, seen.ended) == ("books", "2026-01-02 03:04:05", "")
    assert seen.crawl == {"start": "x"}
    assert (seen.requests, seen.pages, seen.size) == (6, 2, 1_007)
    assert seen.ends == [
        Ended(State.DONE, "ok", 1),
        Ended(State.GAVE_UP, "status 404", 1),
        Ended(State.REFUSED, "robots", 1),
    ]
    assert seen.retried == {"busy": 1}
    assert seen.queues == [Queue("https://a.test", 1, 1, NOW + 20.0), Queue("https://b.test", 1)]
    assert (seen.items, seen.last_item, seen.forgotten) == ({"book": 3}, 3, 0)
    assert seen.outputs == {"/out/books.jsonl": 2}
    assert "process" in seen.holder
    assert seen.disk >= path.stat().st_size > 0


async def test_nobody_holds_what_was_closed(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store)
        await store.note({"ended": "finished"})
    seen = standing(path)
    assert (seen.holder, seen.ended) == ("", "finished")
    assert stored(path).finished


def listing(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}


async def test_looking_leaves_nothing_beside_a_closed_state(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store)
    before = listing(tmp_path)
    standing(path)
    assert len(list(batches(path, last=3))) == 1
    assert listing(tmp_path) == before


async def test_items_come_in_batches_up_to_the_last_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store, items=7)
        assert stored(path).last == 7
        found = list(batches(path, last=6, size=4))
    assert [[record.id for record in batch] for batch in found] == [[1, 2, 3, 4], [5, 6]]
    first = found[0][0]
    assert (first.item, first.item.name, first.url) == ({"n": 0}, "book", "https://a.test/0")


async def test_what_the_state_let_go_of_is_known(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path, keep_items=False) as store:
        await fill(store, items=7)
        await store.mark([Mark("x", 5)])
        await store.flush()
        seen = standing(path)
        assert (seen.items, seen.last_item, seen.forgotten) == ({"book": 2}, 7, 5)
        assert [record.id for batch in batches(path, last=7) for record in batch] == [6, 7]
        await store.mark([Mark("x", 7)])
        await store.flush()
        there = stored(path)
        assert (there.last, there.forgotten) == (7, 7)
        assert list(batches(path, last=7)) == []


async def test_a_crawl_that_begins_anew_does_not_mix_its_items_with_the_old_ones(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store, items=4)
        reading = batches(path, last=4, size=2)
        assert len(next(reading)) == 2
        await fill(store, items=4)
        with pytest.raises(StateError, match="began anew"):
            next(reading)


async def test_a_reader_in_the_middle_lets_the_file_be_tidied(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store, items=4)
        reading = batches(path, last=4, size=2)
        next(reading)
        connection = sqlite3.connect(path)
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.close()
        assert busy == 0
        assert [len(batch) for batch in reading] == [2]


def _text(path: Path) -> None:
    path.write_text("no database, but rather long text " * 100)


def _other(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()


def _newer(path: Path) -> None:
    connection = connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def _without_a_table(path: Path) -> None:
    connection = connect(path)
    connection.execute("INSERT INTO meta VALUES ('crawl', '{}')")
    connection.executescript("DROP TABLE items; DROP TABLE requests")
    connection.close()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "there is no state"),
        (Path.mkdir, "is a folder"),
        (Path.touch, "is empty"),
        (_text, "cannot be read: file is not a database"),
        (_other, "not the state of a crawl"),
        (_newer, "has version 99"),
        (lambda path: connect(path).close(), "is empty: no crawl has begun in it"),
        (_without_a_table, "cannot be read: no such table"),
    ],
)
@pytest.mark.parametrize("read", [standing, stored])
def test_what_is_no_state(
    tmp_path: Path, make: Callable[[Path], object], words: str, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "state.db"
    make(path)
    with pytest.raises(StateError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_the_long_lists_are_read_by_index(tmp_path: Path) -> None:
    """Counting what waits must not look at every request that was ever found."""
    from crawler.store import looking

    connection = connect(tmp_path / "state.db")
    for query, index in ((looking._READY, "waiting"), (looking._DELAYED, "delayed")):
        plan = " ".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
        assert f"USING INDEX {index}" in plan or f"USING COVERING INDEX {index}" in plan, plan
    connection.close()


async def test_what_plugins_failed_on_is_kept_with_item_and_traceback(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    on_item = Failed(
        "clean", Reason.STAGE, "no \ud83d", "line 1\nline 2", "book", NamedItem("book", {"n": 1})
    )
    no_json = Failed("clean", Reason.CALL_RESULT, "what is it", "", "book", {"it": object()})
    on_page = Failed("parse", Reason.CALL_TIMEOUT, "too long")
    async with new_store(path) as store:
        await store.start_anew({"crawl": "{}"})
        await store.add([Request(f"https://a.test/{n}") for n in range(2)])
        leases = await store.claim({"https://a.test": 2}, owner="me", now=0.0, ttl=60.0)
        await store.settle(
            [
                Settlement(leases[0], Reason.OK, failed=[on_item, on_item, no_json]),
                Settlement(leases[1], Reason.CALL_TIMEOUT, State.GAVE_UP, failed=[on_page]),
            ],
            now=1.0,
        )
        await store.flush()
        assert standing(path).failed == [
            FailedOn("clean", "stage", "book", 2),
            FailedOn("clean", "call_result", "book", 1),
            FailedOn("parse", "call_timeout", "", 1),
        ]
        kept = failures(path, 10)
        assert kept[0] == Failure(
            "https://a.test/0",
            "clean",
            "stage",
            "no ?",
            "line 1\nline 2",
            "book",
            b'{"n":1}',
            "done",
            "ok",
            NOW,
        )
        assert kept[2].item is not None
        assert b"<object object" in kept[2].item
        assert kept[3] == Failure(
            "https://a.test/1",
            "parse",
            "call_timeout",
            "too long",
            "",
            "",
            None,
            "gave_up",
            "call_timeout",
            NOW,
        )
        assert len(failures(path, 2)) == 2
        await store.start_anew({"crawl": "{}"})
        assert failures(path, 10) == []


async def test_marks_are_on_the_disk_at_once_when_they_are_to_be(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store)
        await store.mark([Mark("batch save", 0, {"batch": "x-1", "last": 3})], at_once=True)
        connection = sqlite3.connect(path)
        assert connection.execute("SELECT place FROM sinks").fetchall() == [('{"batch": "x-1", "last": 3}',)]
        connection.close()


@pytest.mark.parametrize("keep_items", [True, False])
async def test_what_a_batch_failed_on_is_kept_with_its_item_and_page(
    tmp_path: Path, keep_items: bool
) -> None:
    path = tmp_path / "state.db"
    async with new_store(path, keep_items=keep_items) as store:
        await fill(store)
        failed = Failed("save", Reason.ITEM_TYPE, "it does not fit", "", "book", NamedItem("book", {"n": 1}))
        await store.mark([Mark("batch save", 3)], failed=[(2, failed)])
        await store.flush()
    words = "it does not fit"
    expected = Failure(
        "https://a.test/0", "save", "item_type", words, "", "book", b'{"n":1}', "done", "ok", NOW
    )
    assert failures(path, 10) == [expected]
    assert standing(path).failed == [FailedOn("save", "item_type", "book", 1)]
    assert standing(path).forgotten == (0 if keep_items else 3)


async def test_what_a_batch_failed_on_is_written_together_with_its_mark(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqliteStore(path, group=3_600) as store:
        await fill(store)
        failed = Failed("save", Reason.ITEM_TYPE, "it does not fit", "", "book", NamedItem("book", {"n": 1}))
        await store.mark([Mark("batch save", 2)], failed=[(2, failed)])
        assert (failures(path, 10), dict(standing(path).outputs)) == ([], {})
        await store.flush()
        assert (len(failures(path, 10)), dict(standing(path).outputs)) == (1, {"batch save": 2})


async def test_a_crawl_that_begins_anew_has_its_outputs_and_no_batches(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with new_store(path) as store:
        await fill(store)
        await store.mark([Mark("/out/books.jsonl", 2), Mark("batch save", 3), Mark("batches.jsonl", 1)])
        await store.start_anew({"crawl": "{}"})
        assert dict(standing(path).outputs) == {"/out/books.jsonl": 0, "batches.jsonl": 0}


async def test_a_name_with_half_a_character_is_kept_without_it(tmp_path: Path) -> None:
    path, name = tmp_path / "state.db", "b\ud83d"
    async with new_store(path) as store:
        await store.start_anew({"crawl": "{}"})
        await store.add([Request("https://a.test/")])
        (lease,) = await store.claim({"https://a.test": 1}, owner="me", now=0.0, ttl=60.0)
        failed = Failed("clean", Reason.STAGE, "", "", name, NamedItem(name, {}))
        await store.settle(
            [Settlement(lease, Reason.OK, items=[NamedItem(name, {})], failed=[failed])], now=1.0
        )
        await store.flush()
        assert standing(path).items == {"b\ufffd": 1}
        assert standing(path).failed == [FailedOn("clean", "stage", "b?", 1)]
