"""Plugins that hang, crash, leave, eat memory, raise or return garbage: whole crawls of the demo site."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from crawler import Crawl
from crawler.demo import serve
from crawler.settings import from_mapping
from crawler.store.looking import failures, standing

CODE = '''
import os, re, signal, time

from crawler import process, Spider, stage

WAYS = ["hangs", "crashes", "leaves", "eats", "raises", "garbage"]

def way_of(url):
    """One article in twenty is misbehaved on, each in another way."""
    number = re.search(r"/articles/(\\d+)$", url)
    place = int(number[1]) - 1 if number else 1
    return WAYS[place // 20 % 6] if place % 20 == 0 else ""

def misbehave(way):
    if way == "hangs":
        time.sleep(3600)
    elif way == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif way == "leaves":
        os._exit(1)
    elif way == "eats":
        eaten = []
        while True:
            eaten.append(bytearray(10_000_000))
    elif way == "raises":
        raise ValueError("no good")

class Pages(Spider):
    async def parse(self, page):
        yield {"url": page.url}
        yield page.follow()

class Placed(Spider):
    @process(timeout=1.0, memory=100_000_000)
    def parse(self, page):
        way = way_of(page.url)
        misbehave(way)
        yield {"url": page.url, "garbage": object()} if way == "garbage" else {"url": page.url}
        yield page.follow()

@stage(run="process", timeout=1.0, memory=100_000_000)
def hostile(item: dict) -> dict:
    way = way_of(item["url"])
    misbehave(way)
    return object() if way == "garbage" else item
'''

REASONS = {
    "hangs": "call_timeout",
    "crashes": "quarantined",
    "leaves": "quarantined",
    "eats": "call_memory",
    "garbage": "call_result",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hostile.py").write_text(CODE)
    return tmp_path


async def crawl(folder: Path, **more: object) -> tuple[set[str], Counter[str]]:
    """Crawl the demo site; return the paths of the items, and why articles failed."""
    async with serve(120) as site:
        settings = from_mapping(
            {
                "start": [site.url + "/articles"],
                "scope": {"include": ["/articles"]},
                "fetch": {"allow": ["127.0.0.1"], "concurrency": 8},
                "politeness": {"delay": 0, "per_host": 8},
                "output": "items.jsonl",
                "state": "state.db",
                **more,
            }
        )
        async with Crawl(settings=settings) as crawling:
            await crawling.wait()
        lines = (folder / "items.jsonl").read_text().splitlines()
        items = [json.loads(line)["url"].removeprefix(site.url) for line in lines]
    assert len(set(items)) == len(items)
    failed = failures(folder / "state.db", 100)
    assert {one.url.removeprefix(site.url) for one in failed} == guilty()
    assert all(one.where in ("hostile", "parse") for one in failed)
    return set(items), Counter(one.reason for one in failed)


def guilty() -> set[str]:
    return {f"/articles/{number}" for number in range(1, 121, 20)}


@pytest.mark.timeout(90)
async def test_a_stage_costs_its_item_and_no_other(folder: Path) -> None:
    items, reasons = await crawl(folder, spider="hostile.py:Pages", pipeline=["hostile.py:hostile"])
    articles = {path for path in items if re.fullmatch(r"/articles/\d+", path)}
    assert articles == {f"/articles/{number}" for number in range(1, 121)} - guilty()
    assert reasons == Counter([*REASONS.values(), "stage"])
    told = standing(folder / "state.db")
    assert sum(one.times for one in told.failed) == 6
    raised = next(one for one in failures(folder / "state.db", 100) if one.reason == "stage")
    assert "ValueError: no good" in raised.detail
    assert "in misbehave" in raised.traceback
    assert raised.item is not None
    assert json.loads(raised.item)["url"].endswith("/articles/81")


@pytest.mark.timeout(90)
async def test_a_callback_costs_its_page_and_no_other(folder: Path) -> None:
    items, reasons = await crawl(folder, spider="hostile.py:Placed")
    articles = {path for path in items if re.fullmatch(r"/articles/\d+", path)}
    assert articles == {f"/articles/{number}" for number in range(1, 121)} - guilty()
    assert reasons == Counter([*REASONS.values(), "callback"])
    assert {
        one.reason: one.requests for one in standing(folder / "state.db").ends if one.state == "gave_up"
    } == (dict(reasons))
