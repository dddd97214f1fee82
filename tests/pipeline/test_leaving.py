"""A crawl is left while code on the loop makes something else of its cancellation: nothing is lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Page, Spider, stage
from crawler.testing import PretendWeb

POLITE = {"delay": 0, "robots": False}


class One(Spider):
    start = ("https://a.test/",)

    async def parse(self, page: Page) -> AsyncIterator[dict[str, Any]]:
        yield {"n": 1}


class Slow(One):
    """A callback that takes a cancellation for the end of its page."""

    entered: asyncio.Event
    done = False

    async def parse(self, page: Page) -> AsyncIterator[dict[str, Any]]:
        if not Slow.done:
            Slow.entered.set()
            try:
                await asyncio.sleep(100)
            except BaseException:
                yield {"n": 1, "half": True}
                return
        yield {"n": 1}


@pytest.mark.parametrize("way", ["raises", "half", "nothing", "callback"])
async def test_what_a_cancelled_stage_or_callback_gave_is_not_written_down(tmp_path: Path, way: str) -> None:
    web = PretendWeb(latency=0)
    web.page("https://a.test/", "")
    entered, finished = asyncio.Event(), False

    @stage
    async def enrich(item: dict) -> dict | None:  # type: ignore[type-arg]
        if finished:
            return item
        entered.set()
        try:
            await asyncio.sleep(100)
        except BaseException as error:
            if way == "raises":
                raise ConnectionError("lost connection") from error
            return {**item, "half": True} if way == "half" else None
        return item

    kind = One
    if way == "callback":
        kind, Slow.entered, Slow.done = Slow, entered, False
    else:
        One.pipeline = [enrich]
    state = str(tmp_path / "state.db")
    try:
        async with Crawl(kind, fetcher=web, state=state, politeness=POLITE):
            await entered.wait()
        finished = Slow.done = True
        async with Crawl(kind, fetcher=web, state=state, politeness=POLITE) as crawl:
            items = [item async for item in crawl.items()]
    finally:
        One.pipeline = ()
    assert items == [{"n": 1}]
    assert crawl.stats.pages == 1
