"""Items for the program that embeds a crawl."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from crawler.contracts import Mark, Record
from crawler.export import Audience, Hold, Items, Tap
from crawler.model.items import NamedItem


def records(*items: Any) -> list[Record]:
    return [Record(number, item, "https://a.test/") for number, item in enumerate(items)]


async def test_the_writer_waits_until_the_last_item_was_done_with() -> None:
    tap = Tap()
    items: Items[Any] = Items(tap)
    writing = asyncio.create_task(tap.write(records(1, 2)))
    assert await anext(items) == 1
    assert await anext(items) == 2
    await asyncio.sleep(0)
    assert not writing.done()
    asking = asyncio.ensure_future(anext(items))
    await writing
    tap.end()
    with pytest.raises(StopAsyncIteration):
        await asking


async def test_one_kind_is_picked_and_nobody_waits_for_the_others() -> None:
    tap = Tap(str)
    items: Items[str] = Items(tap)
    await tap.write(records(1, 2))
    writing = asyncio.create_task(tap.write(records(1, "a")))
    await asyncio.sleep(0)
    tap.end()
    assert [item async for item in items] == ["a"]
    writing.cancel()


async def test_what_waits_is_given_before_the_end_and_its_error_once() -> None:
    tap = Tap()
    items: Items[Any] = Items(tap)
    writing = asyncio.create_task(tap.write(records(1)))
    await asyncio.sleep(0)
    tap.end(ValueError("broken"))
    assert await anext(items) == 1
    with pytest.raises(ValueError, match="broken"):
        await anext(items)
    with pytest.raises(StopAsyncIteration):
        await anext(items)
    writing.cancel()


async def test_steps_may_be_taken_in_different_tasks() -> None:
    tap = Tap()
    items: Items[Any] = Items(tap)
    writing = asyncio.create_task(tap.write(records(1, 2)))
    taken = [await asyncio.create_task(anext(items)) for _ in range(2)]
    assert taken == [1, 2]
    writing.cancel()


async def test_a_hold_keeps_items_until_it_is_released() -> None:
    hold = Hold()
    assert await hold.open(None) == 0
    writing = asyncio.create_task(hold.write(records(1)))
    await asyncio.sleep(0)
    assert not writing.done()
    hold.release()
    await writing
    await hold.write(records(2))
    await hold.close()


async def test_two_tasks_may_wait_for_the_next_item() -> None:
    tap = Tap()
    items: Items[Any] = Items(tap)
    waiting = [asyncio.ensure_future(anext(items)) for _ in range(2)]
    await asyncio.sleep(0)
    writing = asyncio.create_task(tap.write(records(1, 2)))
    assert sorted(await asyncio.gather(*waiting)) == [1, 2]
    writing.cancel()


async def test_another_iterator_goes_on_where_one_was_left() -> None:
    tap = Tap()
    writing = asyncio.create_task(tap.write(records(1, 2)))
    await asyncio.sleep(0)
    async for first in Items[Any](tap):
        assert first == 1
        break
    assert tap.deserted
    assert await anext(Items[Any](tap)) == 2
    writing.cancel()


async def test_nobody_waits_for_a_consumer_that_has_gone() -> None:
    audience = Audience()
    tap, _ = audience.tap(None)
    items: Items[Any] = Items(tap)
    audience.let_go()
    writing = asyncio.create_task(tap.write(records(1)))
    await asyncio.sleep(0)
    assert not writing.done()
    del items
    await writing


async def test_what_earlier_runs_have_taken_is_not_offered_again() -> None:
    for sink in (Tap(), Hold()):
        assert await sink.open(Mark("", 7)) == 7


def test_a_consumer_is_known_by_the_type_of_its_items() -> None:
    assert (Tap().name, Tap(str).name) == ("consumer of everything", "consumer of builtins.str")


@dataclass
class Book:
    title: str


async def test_items_from_a_state_are_of_their_class_again() -> None:
    tap = Tap(Book)
    items: Items[Book] = Items(tap)
    away = [
        NamedItem("Book", {"title": "a"}, stands_in=True),
        NamedItem("Author", {"title": "b"}, stands_in=True),
    ]
    writing = asyncio.create_task(tap.write(records(*away, Book("c"))))
    await asyncio.sleep(0)
    tap.end()
    assert [item async for item in items] == [Book("a"), Book("c")]
    writing.cancel()


async def test_items_from_a_state_come_as_they_are_when_no_class_is_asked_for() -> None:
    tap = Tap()
    writing = asyncio.create_task(tap.write(records(NamedItem("Book", {"title": "a"}))))
    item = await anext(Items[Any](tap))
    assert (item, item.name) == ({"title": "a"}, "Book")
    writing.cancel()
