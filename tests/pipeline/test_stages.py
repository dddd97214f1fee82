"""Items on their way through stages, in whole crawls in virtual time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import msgspec
import pytest

from crawler import Links, Page, Request, Spider
from crawler.events import ItemFailed
from crawler.model import Dropped, Reason
from crawler.stages import Drop, stage
from crawler.testing import Crawled, PretendWeb, virtual


class Number(msgspec.Struct, frozen=True):
    value: int


class Word(msgspec.Struct, frozen=True):
    text: str


class Numbers(Spider):
    start = ("https://n.test/",)
    per_page: int = 3
    pages: int = 2

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        first = int(page.url.rpartition("/")[2] or 0) * 100
        for value in range(first, first + self.per_page):
            yield Number(value)
        following = first // 100 + 1
        if following < self.pages:
            yield Request(f"https://n.test/{following}")


def web(pages: int = 2) -> PretendWeb:
    made = PretendWeb()
    made.page("https://n.test/", "")
    for number in range(1, pages):
        made.page(f"https://n.test/{number}", "")
    return made


def crawl(*stages: Any, pages: int = 2, **params: Any) -> Crawled:
    class Piped(Numbers):
        pipeline = stages

    return virtual(Piped(pages=pages, **params), web(pages), politeness={"delay": 0})


def values(crawled: Crawled) -> list[int]:
    return [item.value for item in crawled.items]


@stage
async def double(number: Number) -> Number:
    return Number(2 * number.value)


@stage(run="process")
def plus_one(number: Number) -> Number:
    return Number(number.value + 1)


@stage
async def slowest_first(number: Number) -> Number:
    await anyio.sleep(10 - number.value % 100)
    return number


def test_order_is_position() -> None:
    assert values(crawl(double, plus_one)) == [1, 3, 5, 201, 203, 205]
    assert values(crawl(plus_one, double)) == [2, 4, 6, 202, 204, 206]


def test_items_of_one_page_keep_their_order() -> None:
    assert values(crawl(slowest_first, pages=1, per_page=9)) == list(range(9))


def test_a_stage_gives_one_item_none_or_several() -> None:
    @stage(run="thread")
    def odd_ones_thrice(number: Number) -> Iterator[Number]:
        if number.value % 2:
            for _ in range(3):
                yield number

    @stage
    async def not_201(number: Number) -> Number | None:
        return number if number.value != 201 else None

    @stage
    async def twice(number: Number) -> list[Number]:
        return [number, number]

    assert values(crawl(odd_ones_thrice)) == [1, 1, 1, 101, 101, 101]
    assert values(crawl(not_201, twice, pages=1, per_page=2)) == [0, 0, 1, 1]


def test_dropped_items_are_counted_by_their_reason() -> None:
    @stage
    async def small_only(number: Number) -> Number:
        if number.value >= 100:
            raise Drop("too large")
        return number

    crawled = crawl(small_only)
    assert values(crawled) == [0, 1, 2]
    assert crawled.stats.dropped == {("Number", "too large"): 3}
    assert not crawled.stats.failed


def test_a_stage_that_wants_to_end_the_process_fails_on_its_item() -> None:
    @stage
    async def no_one(number: Number) -> Number:
        if number.value == 1:
            raise SystemExit(3)
        return number

    crawled = crawl(no_one)
    assert values(crawled) == [0, 2, 100, 101, 102]
    assert crawled.stats.failed == {("no_one", "stage"): 1}


def test_a_drop_without_a_reason_says_so() -> None:
    @stage
    async def none(number: Number) -> Number:
        raise Drop

    assert crawl(none).stats.dropped == {("Number", "no reason given"): 6}


def test_a_failing_stage_costs_the_item_and_nothing_else() -> None:
    @stage
    async def no_one(number: Number) -> Number:
        if number.value == 1:
            raise ValueError("one is wrong")
        return number

    crawled = crawl(no_one, double)
    assert values(crawled) == [0, 4, 200, 202, 204]
    (event,) = [event for event in crawled.events if isinstance(event, ItemFailed)]
    assert (event.failed.where, event.failed.reason) == ("no_one", Reason.STAGE)
    assert "ValueError: one is wrong" in event.failed.detail
    assert "test_stages.py" in event.failed.traceback
    assert event.failed.item == Number(1)
    assert crawled.stats.failed == {("no_one", "stage"): 1}
    assert crawled.stats.pages == 2


def test_a_stage_on_the_loop_that_takes_too_long_fails_on_its_item() -> None:
    @stage(timeout=5)
    async def stuck_on_one(number: Number) -> Number:
        if number.value == 1:
            await anyio.sleep_forever()
        return number

    crawled = crawl(stuck_on_one, pages=1)
    assert values(crawled) == [0, 2]
    assert crawled.stats.failed == {("stuck_on_one", "call_timeout"): 1}


def test_an_item_that_a_stage_does_not_take_has_failed() -> None:
    class Mixed(Numbers):
        pipeline = (double,)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield Number(1)
            yield Word("one")

    crawled = virtual(Mixed, web(1))
    assert values(crawled) == [2]
    assert crawled.stats.failed == {("double", "item_type"): 1}


def test_each_kind_of_item_has_a_line_of_its_own_and_the_page_keeps_its_order() -> None:
    @stage
    async def loud(word: Word) -> Word:
        await anyio.sleep(1)
        return Word(word.text.upper())

    class Mixed(Numbers):
        pipeline = {Number: [double], Word: [loud]}  # noqa: RUF012

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield Word("a")
            yield Number(1)
            yield {"plain": True}
            yield Word("b")
            yield Number(2)

    crawled = virtual(Mixed, web(1))
    assert crawled.items == [Word("A"), Number(2), {"plain": True}, Word("B"), Number(4)]


def test_a_stage_is_set_up_once_and_torn_down() -> None:
    said: list[str] = []

    @stage(workers=1)
    class Counting:
        def __init__(self, start: int = 10) -> None:
            self.count = start

        async def open(self) -> None:
            said.append("open")

        async def __call__(self, number: Number) -> Number:
            self.count += 1
            return Number(self.count)

        def close(self) -> None:
            said.append("close")

    assert values(crawl(Counting)) == [11, 12, 13, 14, 15, 16]
    assert said == ["open", "close"]


def test_items_of_an_error_callback_pass_the_stages_too() -> None:
    class Failing(Numbers):
        pipeline = (double,)

        async def starts(self) -> AsyncIterator[Request]:
            yield Request("https://n.test/gone", on_error=self.failed)

        async def failed(self, failure: Any) -> AsyncIterator[Any]:
            yield Number(21)

    crawled = virtual(Failing(), web(1), scope={"hosts": ["n.test"]})
    assert values(crawled) == [42]
    assert crawled.stats.gave_up == {"status 404": 1}


def test_a_slow_stage_slows_the_crawl_and_not_the_memory() -> None:
    most, waiting = 0, 0

    @stage(workers=1, queue=5)
    async def slow(number: Number) -> Number:
        nonlocal waiting
        await anyio.sleep(1)
        waiting -= 1
        return number

    class Many(Numbers):
        pipeline = (slow,)

        async def starts(self) -> AsyncIterator[str]:
            for number in range(1, 200):
                yield f"https://n.test/{number}"

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            nonlocal most, waiting
            waiting += 1
            most = max(most, waiting)
            yield Number(0)

    crawled = virtual(Many(), web(200), politeness={"delay": 0, "per_host": 4}, fetch={"concurrency": 4})
    assert len(crawled.items) == 199
    assert most <= 5 + 1 + 4 + 1  # waiting, worked on, fetched meanwhile


@pytest.mark.parametrize("run", ["thread", "process"])
def test_callbacks_elsewhere_are_called_where_they_are_in_virtual_time(run: str) -> None:
    from crawler.stages import process, thread

    class Placed(Spider):
        start = ("https://n.test/",)

        @(thread if run == "thread" else process)
        def parse(self, page: Page) -> Iterator[Any]:
            yield Number(page.status)
            yield page.follow("a")

    site = PretendWeb()
    site.page("https://n.test/", "<a href=/1>")
    site.page("https://n.test/1", "")
    assert virtual(Placed, site).items == [Number(200), Number(200)]


def test_what_is_no_item_does_not_leave_the_pipeline() -> None:
    @stage
    async def odd(number):  # type: ignore[no-untyped-def]
        return "text" if number.value == 1 else number

    crawled = crawl(odd, pages=1)
    assert values(crawled) == [0, 2]
    assert crawled.stats.failed == {("odd", "item_type"): 1}
    (event,) = [event for event in crawled.events if isinstance(event, ItemFailed)]
    assert re.match(r"odd \(.*test_stages\.py:\d+\) gave 'text', a str", event.failed.detail)


@pytest.mark.parametrize("run", ["loop", "thread", "process"])
def test_links_and_requests_of_a_stage_are_no_items(run: str) -> None:
    def body(number: Any) -> Any:
        found = [number, Links("https://n.test/", ["/a"]), Request("https://n.test/b")]
        return found[number.value]

    async def on_loop(number: Any) -> Any:
        return body(number)

    crawled = crawl(stage(on_loop) if run == "loop" else stage(run=run)(body), pages=1)  # type: ignore[call-overload]
    assert values(crawled) == [0]
    failed = [event.failed for event in crawled.events if isinstance(event, ItemFailed)]
    assert [(one.reason, one.name) for one in failed] == [
        (Reason.ITEM_TYPE, "Links"),
        (Reason.ITEM_TYPE, "Request"),
    ]
    assert all(one.detail.endswith(f", a {one.name}, and outputs take items") for one in failed)


def test_a_reason_with_half_a_character_is_mended() -> None:
    @stage
    async def half(number: Number) -> Number:
        raise Drop("half \ud800")

    class Dropping(Numbers):
        pipeline = (half,)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield Number(1)
            yield Dropped("Wo\udfffrd", "too \ud800 long")

    crawled = virtual(Dropping, web(1))
    assert crawled.stats.dropped == {("Number", "half \ufffd"): 1, ("Wo\ufffdrd", "too \ufffd long"): 1}


def test_errors_and_drops_without_words_cost_their_item_only() -> None:
    class Wordless(Exception):
        def __str__(self) -> str:
            raise ValueError("no words")

    class Reasonless(Drop):
        def __init__(self) -> None: ...

    @stage
    async def nasty(number: Number) -> Number:
        if number.value == 0:
            raise Wordless
        if number.value == 1:
            raise Reasonless
        if number.value == 2:
            raise Drop(["x"])  # type: ignore[arg-type]
        return number

    crawled = crawl(nasty)
    assert values(crawled) == [100, 101, 102]
    assert crawled.stats.failed == {("nasty", "stage"): 1}
    assert sum(crawled.stats.dropped.values()) == 2


def test_an_object_is_used_by_one_thread_at_a_time() -> None:
    from crawler.errors import PluginError
    from crawler.stages import read_entry

    @stage(run="thread")
    class Kept:
        def __call__(self, number: Number) -> Number:
            return number

    @stage(run="thread", workers=3)
    class Shared(Kept): ...

    assert read_entry(Kept()).placed.workers == 1
    with pytest.raises(PluginError, match="one object cannot be shared by 3 threads: give its class"):
        read_entry(Shared())
