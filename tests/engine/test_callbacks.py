"""A spider's callbacks by name."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from crawler import Page, Request, Response, Spider
from crawler.engine.callbacks import Callbacks
from crawler.errors import SpiderError

PAGE = Page(Response(Request("https://a.test/"), 200, {}, b""))


class Sample(Spider):
    seen: list[object]

    def __init__(self) -> None:
        self.seen = []

    async def parse(self, page: Any) -> AsyncIterator[int]:
        yield 1
        yield 2

    async def note(self, page: Any) -> None:
        self.seen.append(page)

    def plain(self, page: Any) -> list[int]:
        return [1]

    async def fails(self, page: Any) -> AsyncIterator[int]:
        yield 1
        raise ValueError("no")


async def test_outputs_are_collected_in_order() -> None:
    assert await Callbacks(Sample()).collect("parse", PAGE) == [1, 2]


async def test_a_coroutine_yields_nothing_but_runs() -> None:
    spider, page = Sample(), PAGE
    assert await Callbacks(spider).collect("note", page) == []
    assert spider.seen == [page]


async def test_an_exception_leaves_nothing_behind() -> None:
    with pytest.raises(ValueError, match="no"):
        await Callbacks(Sample()).collect("fails", PAGE)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(SpiderError, match="Sample has no callback 'prase'; did you mean 'parse'"):
        Callbacks(Sample()).find("prase")


def test_a_far_name_has_no_suggestion() -> None:
    with pytest.raises(SpiderError, match=r"has no callback 'zzzzz'$"):
        Callbacks(Sample()).find("zzzzz")


@pytest.mark.parametrize("name", ["plain", "name"])
def test_what_is_not_async_is_no_callback(name: str) -> None:
    with pytest.raises(SpiderError, match=f"must be written `async def {name}"):
        Callbacks(Sample()).find(name)


def test_a_callback_is_looked_up_once() -> None:
    callbacks = Callbacks(Sample())
    assert callbacks.find("parse") is callbacks.find("parse")
