"""Calls that go well: pages, failures, items of all kinds, batches, order, several at a time."""

from __future__ import annotations

import asyncio
import os
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from crawler.model import Dropped, Failure, Links, Reason, Request
from crawler.stages import Batch

BIG = 9_000_000


def test_a_page_goes_out_and_all_that_was_yielded_comes_back(
    process_pool: Any, process_plugin: ModuleType, run: Any
) -> None:
    async def story() -> None:
        async with process_pool(params={"rank": 7}) as pool:
            book, links, request, dropped = await pool.call("book", {"a": [1]})
        assert book == process_plugin.Book(url="http://a.test/{'a': [1]}", title="T 7 {'a': [1]}")
        assert links == Links("http://a.test/{'a': [1]}", ["b"], "hang", 2, ["B"])
        expected = Request("http://a.test/post", "book", method="POST", json={"a": 1}, on_error="failed")
        assert request == expected
        assert dropped == Dropped("Book", "dull")
        assert pool.told == []

    run(story)


async def test_a_failure_goes_out_to_an_error_callback(process_pool: Any) -> None:
    failure = Failure(Request("http://a.test/x"), Reason.DNS, "no such name")
    async with process_pool() as pool:
        answer = await pool.executor.call("failed", failure, "http://a.test/x")
    assert answer == [{"url": "http://a.test/x", "reason": Reason.DNS.value, "detail": "no such name"}]


async def test_items_of_every_kind_go_out_and_come_back_as_they_were(
    process_pool: Any, process_plugin: ModuleType
) -> None:
    made = process_plugin.every_kind("http://a.test/None")
    async with process_pool() as pool, process_pool(process_plugin.same) as stage:
        found = await pool.call("kinds")
        passed = [(await stage.executor.call("", item, ""))[0] for item in made]
    for items in (found, passed):
        assert [type(item) for item in items] == [type(item) for item in made]
        assert items[:4] == made[:4]
        assert items[4] == {"plain": [1, None, {"deep": True}], "half": "\ufffd"}
        assert items[5:] == made[5:]
        assert items[6].name == "Note"
        assert items[0].authors[0].born == date(1990, 1, 2)
        assert items[1].amount == 150
        assert items[2]._shelf == "top"
        assert items[3]._seen
        assert items[3].author == process_plugin.Critic(name="Bob")
        assert items[7].title is None


async def test_a_stage_returns_nothing_and_is_given_a_batch(
    process_pool: Any, process_plugin: ModuleType
) -> None:
    items = [{"n": 1}, {"n": 2}, {"n": 3}]
    async with process_pool(process_plugin.none) as pool:
        assert await pool.executor.call("", {"n": 1}, "") == []
    async with process_pool(process_plugin.numbered) as pool:
        answer = await pool.executor.call("", Batch(items, "b-1"), "")
        assert answer == [[{"n": 1, "id": "b-1"}], [], [{"n": 2}, {"n": 3}]]
    async with process_pool(process_plugin.saved, last=True) as pool:
        assert await pool.executor.call("", [process_plugin.Book(url="u")], "") == []


async def test_one_worker_answers_in_order_and_several_share_the_work(process_pool: Any) -> None:
    async with process_pool(workers=2) as pool:
        order: list[int] = []

        async def one(number: int) -> int:
            (item,) = await pool.call("number", number)
            order.append(item["number"])
            return int(item["pid"])

        pids = await asyncio.gather(*(one(number) for number in range(100)))
        assert sorted(order) == list(range(100))
        assert len(set(pids)) == 2
        assert os.getpid() not in pids
    async with process_pool() as pool:
        order.clear()
        await asyncio.gather(*(one(number) for number in range(50)))
        assert order == list(range(50))


async def test_neither_side_waits_for_ever_when_pages_and_answers_are_larger_than_the_sockets(
    process_pool: Any,
) -> None:
    async with process_pool() as pool:
        with anyio.fail_after(30):
            answers = await asyncio.gather(
                *(pool.call("large", BIG, body=b"<h1>" + b"x" * BIG) for _ in range(4))
            )
    assert [len(items[0]["text"]) for items in answers] == [BIG] * 4


@pytest.mark.usefixtures("short_grace")
async def test_calls_that_no_worker_has_taken_in_hand_are_waiting(process_pool: Any) -> None:
    async with process_pool(queue=2) as pool, anyio.create_task_group() as calls:
        for _ in range(3):
            calls.start_soon(pool.call, "hang")
        await anyio.wait_all_tasks_blocked()
        assert pool.executor.waiting == 2
        assert pool.executor.full
        calls.cancel_scope.cancel()
    assert pool.executor.waiting == 0


async def test_a_cancelled_call_frees_its_place_and_the_worker_goes_on(
    process_pool: Any, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    async with process_pool(params={"marks": str(marks)}) as pool:
        with anyio.move_on_after(0.1) as scope:
            await pool.call("mark", 0.3)
        assert scope.cancelled_caught
        (item,) = await pool.call("number", 1)
        assert marks.read_text().split() == [str(item["pid"])]
        assert pool.told == []


async def test_two_executors_at_once_do_not_touch_each_other(
    process_pool: Any, process_plugin: ModuleType
) -> None:
    async with process_pool(timeout=0.3) as hanging, process_pool(process_plugin.same) as other:

        async def hang() -> None:
            with pytest.raises(Exception, match=r"longer than 0\.3 s"):
                await hanging.call("hang")

        async with anyio.create_task_group() as both:
            both.start_soon(hang)
            for number in range(50):
                assert await other.executor.call("", {"n": number}, "") == [{"n": number}]
    assert other.told == []
    assert len(hanging.told) == 1
