"""Hostile pages under the rules of a configuration: read in a process of their own, or refused by name."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from crawler import Crawl, Page
from crawler.assembly import places
from crawler.errors import PluginError
from crawler.events import Event, Visited, WorkerLost
from crawler.extract import Field, FollowRule, PageKind, RuleSpider
from crawler.model import Dropped, Refused, Request, Response
from crawler.testing import PretendWeb

A = "https://a.test"
#: Seconds of processor time that no step of the loop may take.
STEP = 0.2


def repeated(unit: bytes) -> Callable[[int], bytes]:
    return lambda size: unit * (size // len(unit))


def numbered(unit: bytes) -> Callable[[int], bytes]:
    return lambda size: b"".join(unit.replace(b"%", b"%d" % at) for at in range(size // (len(unit) + 4)))


# Each makes markup of about so many bytes.
ATTACKS: dict[str, Callable[[int], bytes]] = {
    "nested div": repeated(b"<div>"),
    "options": lambda size: b"<select>" + repeated(b"<option>")(size),
    "misnested": repeated(b"<b><i></b></i>"),
    "misnested in blocks": repeated(b"<b><p></b>"),
    "huge text": repeated(b"text "),
    "huge comment": lambda size: b"<!--" + b"-" * size,
    "comments": repeated(b"<!---->"),
    "huge value": lambda size: b'<p title="' + b"x " * (size // 2) + b'">',
    "links": numbered(b"<a href=/robbed/%>x</a>"),
    "unclosed script": lambda size: b"<script>" + repeated(b"x<y ")(size),
    "unclosed textarea": lambda size: b"<textarea>" + repeated(b"<p>")(size),
    "plaintext": lambda size: b"<plaintext>" + repeated(b"<p>")(size),
    "tables": repeated(b"<table><tr><td>"),
    "forms": repeated(b"<form><input>"),
    "svg": repeated(b"<svg>"),
    "math": repeated(b"<math>"),
    "templates": repeated(b"<template>"),
    "lists": repeated(b"<ul><li>"),
    "zeros": repeated(b"<p\0>\0"),
    "brackets": repeated(b"<"),
    "entities": repeated(b"&CounterClockwiseContourIntegral;"),
    "ampersands": repeated(b"&"),
    "invalid": repeated(b"\xff\xfe\xc3<p>"),
    "noise": lambda size: bytes(random.Random(1).choices(b"<>/\"'= ab!-", k=size)),
    "end tags": repeated(b"</x>"),
}
BOMB = b"<p>" + numbered(b"<b a=%>")(40_000) + b"<p>x" * 8_000
ATTRIBUTES = b"<p " + numbered(b"a% ")(900_000) + b">"


def hostile(name: str, markup: bytes) -> bytes:
    return b"<title>T</title><a class=leaf href=/leaf/%s>x</a>" % name.replace(" ", "-").encode() + markup


def spider() -> RuleSpider:
    made = RuleSpider([FollowRule("a.leaf")], [PageKind("page", fields={"title": Field(css="title")})])
    made.start = [f"{A}/"]
    return made


class Meter:
    """Notes the longest that the loop's thread has computed from one breath to the next."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - began)


async def crawled(
    pages: dict[str, bytes], kinds: dict[str, str] | None = None
) -> tuple[Crawl, Any, Any, float]:
    """Crawl pages that a front page links to; return the crawl, its items, events and longest step."""
    web, events, meter = PretendWeb(latency=0), list[Event](), Meter()
    links = "".join(f'<a class=leaf href="/{name}">x</a>' for name in pages)
    web.page(f"{A}/", f"<title>home</title>{links}")
    for name, body in pages.items():
        kind = (kinds or {}).get(name, "text/html; charset=utf-8")
        web.page(f"{A}/{name}", body, content_type=kind)
        web.page(f"{A}/leaf/{name}", "<title>leaf</title>")
    metering = asyncio.create_task(meter.run())
    polite = {"delay": 0, "robots": False}
    async with Crawl(spider(), fetcher=web, listeners=[events.append], politeness=polite) as crawl:
        items = [item async for item in crawl.items()]
    metering.cancel()
    return crawl, items, events, meter.longest


def named(size: int) -> dict[str, bytes]:
    return {name.replace(" ", "-"): hostile(name, make(size)) for name, make in ATTACKS.items()}


async def test_rules_hold_on_hostile_pages_and_the_loop_goes_on() -> None:
    pages = named(60_000)
    wide = hostile("wide", ATTACKS["nested div"](30_000)).decode().encode("utf-16le")
    crawl, items, _, longest = await crawled(pages | {"wide": wide}, {"wide": "text/html; charset=utf-16le"})
    titles = {item["url"]: item["title"] for item in items}
    assert titles == {
        f"{A}/": "home",
        **{f"{A}/{name}": "T" for name in [*pages, "wide"]},
        **{f"{A}/leaf/{name}": "leaf" for name in [*pages, "wide"]},
    }
    assert (crawl.stats.refused, crawl.stats.gave_up) == ({}, {})
    assert longest < STEP


async def test_what_hurts_the_process_is_refused_by_name_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(places, "RULES_TIMEOUT", 3.0)
    monkeypatch.setattr(places, "RULES_MEMORY", 64_000_000)
    pages = {"bomb": BOMB, "attributes": ATTRIBUTES, "healthy": b"<title>T</title>", "div": b"<div>" * 8_000}
    _, items, events, longest = await crawled(pages)
    told = {
        event.lease.request.url: event.outcome.detail
        for event in events
        if isinstance(event, Visited) and isinstance(event.outcome, Refused)
    }
    assert set(told) == {f"{A}/bomb", f"{A}/attributes"}
    assert "wanted more than the 64,000,000 bytes of memory" in told[f"{A}/bomb"]
    assert "took longer than 3 s" in told[f"{A}/attributes"]
    assert {event.url for event in events if isinstance(event, WorkerLost)} == set(told)
    assert {item["url"] for item in items} == {f"{A}/", f"{A}/healthy", f"{A}/div"}
    assert longest < STEP


async def test_ordinary_pages_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "ProcessExecutor", None)
    _, items, _, _ = await crawled({"page": b"<title>T</title><p class=x><b>y</b>" * 500})
    assert [item["title"] for item in items] == ["home", "T"]


async def test_without_a_process_such_pages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported() -> None:
        raise PluginError("no processes here")

    monkeypatch.setattr("crawler.executors.process.executor.check_supported", unsupported)
    crawl, items, events, _ = await crawled({"nested": b"<div>" * 30_000, "page": b"<title>T</title>"})
    assert crawl.stats.refused == {"parse_guard": 1}
    assert len(items) == 2
    (detail,) = [
        one.outcome.detail for one in events if isinstance(one, Visited) and one.outcome.reason != "ok"
    ]
    assert detail == f"{A}/nested: a process of its own could not read it: no processes here"


def test_a_page_gives_so_many_items_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.extract.rules.MOST_ITEMS", 2)
    rules = RuleSpider(kinds=[PageKind("row", each="li", fields={"text": Field(css="b")})])
    response = Response(Request(f"{A}/"), 200, {"Content-Type": "text/html"}, b"<li>x" * 3, 15)
    *items, last = rules.read(Page(response))
    assert len(items) == 2
    assert last == Dropped("row", "more than 2 on one page")


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ATTACKS)
async def test_sixteen_megabytes_do_not_keep_the_loop(name: str) -> None:
    page = hostile(name, ATTACKS[name](15_900_000))
    crawl, items, _, longest = await crawled({"page": page, "healthy": b"<title>T</title>"})
    assert f"{A}/healthy" in {item["url"] for item in items}
    assert set(crawl.stats.refused) <= {"parse_guard"}
    assert crawl.stats.gave_up == {"status 404": 1} or not crawl.stats.gave_up
    assert longest < STEP
