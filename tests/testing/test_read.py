from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from crawler import Dropped, Page, Request, Spider
from crawler.errors import SpiderError
from crawler.testing import read, read_now


class Books(Spider):
    currency: str = "EUR"

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield page.follow("a", self.book, priority=2, data=lambda node: node.text())
        yield Request("https://api.test/prices", "book", method="POST", json={"c": self.currency})

    async def book(self, page: Page) -> AsyncIterator[Any]:
        yield {"title": page.text("h1"), "rank": page.data, "url": page.url}
        yield Dropped("book", "no price")

    async def waits(self, page: Page) -> AsyncIterator[Any]:
        await anyio.sleep(0.001)
        yield {"status": page.status, "type": page.content_type}

    async def wrong(self, page: Page) -> AsyncIterator[Any]:
        yield 5

    async def broken(self, page: Page) -> AsyncIterator[Any]:
        yield {}
        raise KeyError("price")


LINKS = '<a href="/1">one</a><a href="2#x">two</a><a href="mailto:x">mail</a><a href="/1">again</a>'


def test_links_and_requests() -> None:
    got = read(Books, LINKS, url="https://books.test/list/")
    assert got.urls == ["https://books.test/1", "https://books.test/list/2", "https://api.test/prices"]
    assert [request.callback for request in got.requests] == ["book"] * 3
    assert [request.data for request in got.requests] == ["one", "two", None]
    assert [request.priority for request in got.requests] == [2, 2, 0]
    assert (got.requests[2].method, got.requests[2].body) == ("POST", b'{"c":"EUR"}')
    assert got.items == []


def test_items_of_a_callback_with_data() -> None:
    got = read(Books().book, "<h1> The  Book </h1>", data=7)
    assert got.items == [{"title": "The Book", "rank": 7, "url": "https://example.test/"}]
    assert got.dropped == [Dropped("book", "no price")]
    assert got.requests == []


def test_a_spider_with_parameters() -> None:
    assert read(Books(currency="USD"), "").requests[-1].body == b'{"c":"USD"}'


def test_a_callback_that_waits_and_other_answers() -> None:
    got = read(Books().waits, b"\x00", status=404, content_type="application/pdf")
    assert got.items == [{"status": 404, "type": "application/pdf"}]


def test_what_must_not_be_yielded() -> None:
    with pytest.raises(SpiderError, match="wrong yielded 5, a int"):
        read(Books().wrong, "")


def test_an_exception_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="price"):
        read(Books().broken, "")


@pytest.mark.parametrize("callback", [lambda page: None, len, print])
def test_what_is_no_callback(callback: Any) -> None:
    with pytest.raises(SpiderError, match="one of its methods"):
        read(callback, "")


async def test_on_a_running_loop() -> None:
    got = await read_now(Books().book, "<h1>x</h1>", url="https://books.test/ä")
    assert got.items[0]["url"] == "https://books.test/%C3%A4"
