import dataclasses
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from crawler import Dropped, Page, Request, Spider
from crawler.errors import SpiderError
from crawler.events import CallbackFailed, Visited
from crawler.model import GaveUp, Links
from crawler.testing import PretendWeb, virtual

A = "https://a.test"
OPTIONS: dict[str, Any] = {"politeness": {"delay": 0.0, "robots": False}}


class Struct(msgspec.Struct):
    n: int


@dataclasses.dataclass
class Data:
    n: int


class Faulty(Spider):
    """Yields two pages and an item, then does what it is told, then yields one more."""

    start = (f"{A}/",)

    def __init__(self, fault: Any) -> None:
        super().__init__()
        self.fault = fault

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow("a", self.leaf)
        yield {"before": True}
        if page.depth == 0:
            if isinstance(self.fault, BaseException):
                raise self.fault
            yield self.fault
        yield {"after": True}

    async def leaf(self, page: Page) -> AsyncIterator[Any]:
        yield {"leaf": page.url}


def crawl(fault: Any, body: str = "<a href=1></a><a href=2></a>") -> tuple[Any, PretendWeb]:
    web = PretendWeb()
    web.page(f"{A}/", body)
    web.page(f"{A}/1")
    web.page(f"{A}/2")
    return virtual(Faulty(fault), web, **OPTIONS), web


def test_an_exception_costs_the_page_all_of_it() -> None:
    crawled, web = crawl(ValueError("a bug"))
    assert crawled.items == []
    assert len(web.hits) == 1
    assert crawled.stats.gave_up == {"callback": 1}
    assert crawled.cause == "finished"


def test_a_callback_that_wants_to_end_the_process_costs_its_page() -> None:
    crawled, _ = crawl(SystemExit(3))
    assert crawled.stats.gave_up == {"callback": 1}
    assert crawled.cause == "finished"


def test_an_exception_is_told_with_its_traceback() -> None:
    error = ValueError("a bug")
    crawled, _ = crawl(error)
    (told,) = [event for event in crawled.events if isinstance(event, CallbackFailed)]
    assert (told.url, told.callback, told.error) == (f"{A}/", "parse", error)
    assert told.error.__traceback__ is not None
    (visited,) = [event for event in crawled.events if isinstance(event, Visited)]
    assert isinstance(visited.outcome, GaveUp)
    assert visited.outcome.detail == "parse: ValueError: a bug"


def test_other_pages_go_on() -> None:
    class OneOfThree(Spider):
        start = tuple(f"{A}/{number}" for number in range(3))

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"url": page.url}
            if page.url.endswith("1"):
                raise KeyError("price")

    web = PretendWeb()
    web.handler(f"{A}/", lambda request: "<p>")
    crawled = virtual(OneOfThree, web, **OPTIONS)
    assert [item["url"][-1] for item in crawled.items] == ["0", "2"]
    assert crawled.stats.callback_errors == 1


@pytest.mark.parametrize("output", [None, 5, "text", ["list"], (1, 2), {1}, Struct, object()])
def test_what_is_no_item_costs_the_page_and_is_named(output: Any) -> None:
    crawled, web = crawl(output)
    assert crawled.items == []
    assert len(web.hits) == 1
    (told,) = [event for event in crawled.events if isinstance(event, CallbackFailed)]
    assert type(output).__name__ in str(told.error)
    assert "yield items" in str(told.error)


@pytest.mark.parametrize("item", [{"n": 1}, Struct(1), Data(1)])
def test_what_is_an_item_is_delivered_as_it_is(item: Any) -> None:
    crawled, _ = crawl(item)
    assert crawled.items[:3] == [{"before": True}, item, {"after": True}]


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (Request("relative/url"), "relative/url"),
        (Request("mailto:a@b.test"), "mailto"),
        (Request(f"{A}/", "laef"), "did you mean 'leaf'"),
    ],
)
def test_a_request_that_cannot_be_made_costs_the_page(request_: Request, says: str) -> None:
    crawled, web = crawl(request_)
    assert crawled.items == []
    assert len(web.hits) == 1
    (told,) = [event for event in crawled.events if isinstance(event, CallbackFailed)]
    assert says in str(told.error)


def test_dropped_items_are_counted_and_not_delivered() -> None:
    crawled, _ = crawl(Dropped("book", "no price"))
    assert {"before": True} in crawled.items
    assert crawled.stats.dropped == {("book", "no price"): 1}
    assert len(crawled.items) == 4


def test_items_of_a_page_come_in_order_and_together() -> None:
    class Many(Spider):
        start = tuple(f"https://{host}.test/" for host in "abcdef")

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            for number in range(50):
                yield {"url": page.url, "number": number}

    web = PretendWeb()
    for host in "abcdef":
        web.page(f"https://{host}.test/")
    items = virtual(Many, web, **OPTIONS).items
    for start in range(0, 300, 50):
        assert [item["number"] for item in items[start : start + 50]] == list(range(50))
        assert len({item["url"] for item in items[start : start + 50]}) == 1


# Pages that could hurt the parser

HOSTILE = "<div>" * 30_000


def test_a_hostile_page_is_refused_and_the_crawl_goes_on() -> None:
    web = PretendWeb()
    web.page(f"{A}/", '<a href="1"></a><a href="2"></a>')
    web.page(f"{A}/1", HOSTILE)
    web.page(f"{A}/2")

    class Titles(Spider):
        start = (f"{A}/",)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"url": page.url, "title": page.text("title")}
            yield page.follow()

    crawled = virtual(Titles, web, **OPTIONS)
    assert [item["url"] for item in crawled.items] == [f"{A}/", f"{A}/2"]
    assert crawled.stats.refused == {"parse_guard": 1}


def test_a_hostile_page_that_nobody_parses_is_a_page() -> None:
    web = PretendWeb()
    web.page(f"{A}/", HOSTILE)

    class Sizes(Spider):
        start = (f"{A}/",)

        async def parse(self, page: Page) -> AsyncIterator[Any]:
            yield {"size": len(page.body)}

    assert virtual(Sizes, web, **OPTIONS).items == [{"size": len(HOSTILE)}]


def test_data_that_could_not_be_stored_costs_the_page() -> None:
    crawled, web = crawl(Request(f"{A}/1", Faulty.leaf.__name__, data={"connection": object()}))
    assert crawled.stats.gave_up == {"callback": 1}
    assert len(web.hits) == 1
    (failed,) = [event for event in crawled.events if isinstance(event, CallbackFailed)]
    assert "`data` cannot be stored" in str(failed.error)


class Odd(str):
    """Text that is no plain text."""


def altered(**parts: Any) -> Request:
    request = Request(f"{A}/1", "leaf")
    for name, value in parts.items():
        setattr(request, name, value)
    return request


UNSTORABLE = [
    (Request(f"{A}/1", "leaf", key="k\ud83d"), "`key`"),
    (altered(key=5), "`key`"),
    (Request(f"{A}/1", "leaf", method="K\ud83d"), "`method`"),
    (Request(f"{A}/1", "leaf", headers={"a": "k\ud83d"}), "`headers`"),
    (Request(f"{A}/1", "leaf", headers={"k\ud83d": "a"}), "`headers`"),
    (altered(headers={"a": 1}), "`headers`"),
    (altered(headers={"a": Odd("b")}), "`headers`"),
    (altered(body="text"), "`body`"),
    (altered(body=None), "`body`"),
    (Request(f"{A}/1", "leaf", data="k\ud83d"), "`data`"),
    (altered(accept=(object(),)), "`accept`"),
    (Request(f"{A}/1", "leaf", on_error="k\ud83d"), "`on_error`"),
    (Request(f"{A}/1", "leaf", priority=2**70), "`priority`"),
    (Request(f"{A}/1", "leaf", priority=-(2**53) - 1), "`priority`"),
    (altered(priority=1.5), "`priority`"),
    (altered(priority=float("nan")), "`priority`"),
]


@pytest.mark.parametrize(("request_", "part"), UNSTORABLE)
def test_a_request_that_could_not_be_stored_costs_the_page(request_: Request, part: str) -> None:
    crawled, web = crawl(request_)
    assert crawled.stats.gave_up == {"callback": 1}
    assert len(web.hits) == 1
    (failed,) = [event for event in crawled.events if isinstance(event, CallbackFailed)]
    assert part in str(failed.error)


@pytest.mark.parametrize(("request_", "part"), UNSTORABLE)
def test_a_start_request_that_could_not_be_stored_is_an_error(request_: Request, part: str) -> None:
    class Begins(Faulty):
        start = (request_,)  # type: ignore[assignment]

    with pytest.raises(SpiderError, match=rf"start request {A}/1: {part}"):
        virtual(Begins(None), PretendWeb(), **OPTIONS)


def test_links_with_a_priority_that_could_not_be_stored_cost_the_page() -> None:
    crawled, web = crawl(Links(f"{A}/", ["1"], "leaf", priority=2**70))
    assert crawled.stats.gave_up == {"callback": 1}
    assert len(web.hits) == 1


@pytest.mark.parametrize("priority", [2**53, -(2**53)])
def test_the_highest_priorities(priority: int) -> None:
    crawled, _ = crawl(Request(f"{A}/1", "leaf", priority=priority))
    assert {"leaf": f"{A}/1"} in crawled.items
