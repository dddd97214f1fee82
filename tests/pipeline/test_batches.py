"""Batches: in the middle of a pipeline, where pages wait for each other, and at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import anyio
import msgspec
import pytest

from crawler import Page, Spider
from crawler.contracts import Mark
from crawler.errors import OutputError, PluginError
from crawler.stages import Batch, Drop, batch, stage
from crawler.store import MemoryStore
from crawler.testing import Crawled, PretendWeb, virtual


class Number(msgspec.Struct, frozen=True):
    value: int


class Word(msgspec.Struct, frozen=True):
    text: str


class Many(Spider):
    pages: int = 10

    async def starts(self) -> AsyncIterator[str]:
        for number in range(self.pages):
            yield f"https://n.test/{number}"

    async def parse(self, page: Page) -> AsyncIterator[Number]:
        yield Number(int(page.url.rpartition("/")[2]))


def web(pages: int) -> PretendWeb:
    made = PretendWeb()
    for number in range(pages):
        made.page(f"https://n.test/{number}", "")
    return made


def crawl(*stages: Any, pages: int = 10, delay: float = 0, **options: Any) -> Crawled:
    class Piped(Many):
        pipeline = stages

    options.setdefault("politeness", {"delay": delay, "per_host": 4})
    return virtual(Piped(pages=pages), web(pages), **options)


def values(crawled: Crawled) -> list[int]:
    return sorted(item.value for item in crawled.items)


# In the middle.


def test_a_batch_in_the_middle_gives_each_page_its_own() -> None:
    sizes: list[int] = []

    @batch(size=4, max_wait=100)
    async def tenfold(numbers: list[Number]) -> list[Number | None]:
        sizes.append(len(numbers))
        return [Number(10 * one.value) if one.value != 3 else None for one in numbers]

    crawled = crawl(tenfold)
    assert values(crawled) == [0, 10, 20, 40, 50, 60, 70, 80, 90]
    assert sum(sizes) == 10
    assert max(sizes) <= 4


def test_it_does_not_wait_for_pages_that_cannot_come() -> None:
    @batch(size=1000, max_wait=1_000_000)
    async def all_of_them(numbers: list[Number]) -> list[Number]:
        return numbers

    crawled = crawl(all_of_them, delay=1)
    assert values(crawled) == list(range(10))
    assert crawled.stats.seconds < 60


def test_it_is_handed_over_after_its_longest_wait() -> None:
    sizes: list[int] = []

    @batch(size=1000, max_wait=5)
    async def some(numbers: list[Number]) -> list[Number]:
        sizes.append(len(numbers))
        return numbers

    slow = web(9)
    slow.page("https://n.test/9", "", latency=30)

    class Piped(Many):
        pipeline = (some,)

    crawled = virtual(Piped(pages=10), slow, politeness={"delay": 0, "per_host": 4})
    assert values(crawled) == list(range(10))
    assert sizes[-1] == 1
    assert crawled.stats.seconds < 40


def test_a_batch_that_fails_is_tried_item_by_item_and_only_the_guilty_are_lost() -> None:
    @batch(size=5, max_wait=100)
    async def not_seven(numbers: list[Number]) -> list[Number]:
        if any(one.value == 7 for one in numbers):
            raise ValueError("seven")
        return numbers

    crawled = crawl(not_seven)
    assert values(crawled) == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert crawled.stats.failed == {("not_seven", "stage"): 1}


def test_a_batch_that_does_not_answer_for_each_item_fails() -> None:
    @batch(size=2, max_wait=1)
    async def forgetful(numbers: list[Number]) -> list[Number]:
        return []

    crawled = crawl(forgetful, pages=2)
    assert crawled.items == []
    assert crawled.stats.failed == {("forgetful", "stage"): 2}


def test_a_batch_may_drop() -> None:
    @batch(size=2, max_wait=1)
    async def none_of_them(numbers: list[Number]) -> list[Number]:
        raise Drop("no use")

    assert crawl(none_of_them, pages=3).stats.dropped == {("Number", "no use"): 3}


def test_two_batches_in_a_row_do_not_wait_for_each_other_for_ever() -> None:
    @batch(size=100, max_wait=1_000)
    async def first(numbers: list[Number]) -> list[Number]:
        return numbers

    @batch(size=3, max_wait=1_000)
    async def second(numbers: list[Number]) -> list[Number]:
        return numbers

    @stage
    async def between(number: Number) -> Number:
        await anyio.sleep(number.value)
        return number

    assert values(crawl(first, between, second)) == list(range(10))


# At the end.


def test_a_batch_at_the_end_gets_all_items_and_outputs_get_them_too() -> None:
    got: list[list[Number]] = []

    @batch(size=4, max_wait=100)
    async def save(numbers: Batch[Number]) -> None:
        assert numbers.id
        got.append(list(numbers))

    crawled = crawl(save)
    assert values(crawled) == list(range(10))
    assert [len(one) for one in got] == [4, 4, 2]
    assert sorted(one.value for some in got for one in some) == list(range(10))


def test_it_does_not_hold_pages_back() -> None:
    @batch(size=500, max_wait=1_000)
    async def save(numbers: list[Number]) -> None: ...

    @batch(size=500, max_wait=1_000)
    async def slow(numbers: list[Number]) -> None:
        await anyio.sleep(50)

    plain = crawl(pages=200).stats
    assert crawl(save, pages=200).stats.seconds == pytest.approx(plain.seconds, abs=1)
    assert crawl(slow, pages=200).stats.seconds == pytest.approx(plain.seconds + 50, abs=1)


def test_it_is_fed_after_its_longest_wait() -> None:
    when: list[float] = []

    @batch(size=500, max_wait=3)
    async def save(numbers: list[Number]) -> None:
        when.append(anyio.current_time())

    crawl(save, pages=10, politeness={"delay": 1})
    pauses = [after - before for before, after in pairwise(when)]
    assert len(when) >= 3
    assert all(3 <= pause <= 5 for pause in pauses[:-1])


def test_each_line_has_a_batch_of_its_own() -> None:
    numbers: list[Number] = []
    words: list[Word] = []

    @batch(size=3, max_wait=100)
    async def save_numbers(some: list[Number]) -> None:
        numbers.extend(some)

    @batch(size=3, max_wait=100)
    async def save_words(some: list[Word]) -> None:
        words.extend(some)

    class Mixed(Many):
        pipeline = {Number: [save_numbers], Word: [save_words]}  # noqa: RUF012

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield Number(1)
            yield Word("a")

    crawled = virtual(Mixed(pages=4), web(4), politeness={"delay": 0})
    assert (numbers, words) == ([Number(1)] * 4, [Word("a")] * 4)
    assert len(crawled.items) == 8


def test_a_failing_batch_ends_the_crawl_and_its_items_come_again_under_the_same_id() -> None:
    store = MemoryStore()
    ids: list[tuple[str, int]] = []
    broken = True

    @batch(size=4, max_wait=100)
    async def save(numbers: Batch[Number]) -> None:
        ids.append((numbers.id, len(numbers)))
        if broken:
            raise ConnectionError("the database is down")

    with pytest.raises(
        OutputError, match=r"save \(.*failed on a batch of 4 items: ConnectionError.*one in memory ends with"
    ):
        crawl(save, store=store)
    broken = False
    crawl(save, store=store)
    assert ids[0] == ids[1]
    assert sum(number for _, number in ids[1:]) == 10
    assert len(dict(ids)) == len(ids) - 1


def test_the_mark_names_the_batch_that_is_handed_over() -> None:
    store = MemoryStore()
    marks: list[Mark] = []

    @batch(size=10, max_wait=100)
    async def save(numbers: Batch[Number]) -> None:
        marks.append((await store.recall(owner="x", now=0)).marks["batch save"])
        assert marks[-1].place["batch"] == numbers.id

    crawl(save, store=store)
    assert [mark.item for mark in marks] == [0]


@pytest.mark.parametrize("kinds", ["classes", "names", "one class"])
def test_lines_whose_batches_take_the_same_are_kept_apart(kinds: str) -> None:
    first: list[Any] = []
    second: list[Any] = []

    @batch(size=2, max_wait=100)
    async def save(some: list[Number | Word]) -> None:
        first.extend(some)

    @batch(size=2, max_wait=100)
    async def save_too(some: list[Number | Word]) -> None:
        second.extend(some)

    class Mixed(Many):
        pipeline: Any = {Number: [save], Word: [save_too]}  # noqa: RUF012

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield Number(1)
            yield Word("a")
            yield {"plain": True}

    if kinds == "names":
        Mixed.pipeline = {"Number": [save], "Word": [save_too]}
    elif kinds == "one class":
        Mixed.pipeline = {Number: [save]}
    crawled = virtual(Mixed(pages=3), web(3), politeness={"delay": 0})
    assert first == [Number(1)] * 3
    assert second == ([] if kinds == "one class" else [Word("a")] * 3)
    assert crawled.stats.failed == {}
    assert len(crawled.items) == 9


def test_an_item_that_the_batch_at_the_end_does_not_take_is_told() -> None:
    saved: list[Number] = []

    @stage
    async def anything(number):  # type: ignore[no-untyped-def]
        return number if number.value else {"plain": True}

    @batch(size=5, max_wait=100)
    async def save(numbers: list[Number]) -> None:
        saved.extend(numbers)

    crawled = crawl(anything, save)
    assert len(saved) == 9
    assert crawled.stats.failed == {("save", "item_type"): 1}


def test_a_batch_at_the_end_has_one_worker() -> None:
    @batch(size=2, workers=4)
    async def save(numbers: list[Number]) -> None: ...

    with pytest.raises(PluginError, match=r"save \(.*handed over one after the other: workers cannot be 4"):
        crawl(save)
