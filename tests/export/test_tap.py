"""Items for the program that embeds a crawl."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crawler.contracts import Record
from crawler.export import Hold, Items


def records(*items: Any) -> list[Record]:
    return [Record(number, item, "https://a.test/") for number, item in enumerate(items)]


async def test_the_writer_waits_until_the_last_item_was_done_with() -> None:
    items: Items[Any] = Items()
    writing = asyncio.create_task(items.write(records(1, 2)))
    assert await anext(items) == 1
    assert await anext(items) == 2
    await asyncio.sleep(0)
    assert not writing.done()
    asking = asyncio.ensure_future(anext(items))
    await writing
    items.end()
    with pytest.raises(StopAsyncIteration):
        await asking


async def test_one_kind_is_picked_and_nobody_waits_for_the_others() -> None:
    items = Items(str)
    await items.write(records(1, 2))
    writing = asyncio.create_task(items.write(records(1, "a")))
    await asyncio.sleep(0)
    items.end()
    assert [item async for item in items] == ["a"]
    writing.cancel()


async def test_what_waits_is_given_before_the_end_and_its_error_once() -> None:
    items: Items[Any] = Items()
    writing = asyncio.create_task(items.write(records(1)))
    await asyncio.sleep(0)
    items.end(ValueError("broken"))
    assert await anext(items) == 1
    with pytest.raises(ValueError, match="broken"):
        await anext(items)
    with pytest.raises(StopAsyncIteration):
        await anext(items)
    writing.cancel()


async def test_steps_may_be_taken_in_different_tasks() -> None:
    items: Items[Any] = Items()
    writing = asyncio.create_task(items.write(records(1, 2)))
    taken = [await asyncio.create_task(anext(items)) for _ in range(2)]
    assert taken == [1, 2]
    writing.cancel()


async def test_a_hold_keeps_items_until_it_is_released() -> None:
    hold = Hold()
    await hold.open()
    writing = asyncio.create_task(hold.write(records(1)))
    await asyncio.sleep(0)
    assert not writing.done()
    hold.release()
    await writing
    await hold.write(records(2))
    await hold.close()
