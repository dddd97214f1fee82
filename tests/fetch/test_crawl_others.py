"""Whole crawls of pages and files: what is skipped, what is saved, and where callbacks find it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler import Crawl, Page, Request, Spider, process
from crawler.events import Event, Visited
from crawler.model import Refused

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100


class Everything(Spider):
    server = ""

    async def starts(self) -> AsyncIterator[Request]:
        for path in ("/page", "/one.png", "/two.png"):
            yield Request(self.server + path)

    async def parse(self, page: Page) -> AsyncIterator[Any]:
        yield row(page)


class Elsewhere(Everything):
    @process
    def parse(self, page: Page) -> Iterator[Any]:  # type: ignore[override]
        yield row(page)


def row(page: Page) -> dict[str, Any]:
    file = page.file
    name = page.url.rpartition("/")[2]
    return {
        "name": name,
        "body": len(page.body),
        "file": file and Path(file.path).name[-10:],
        "size": file and file.size,
    }


def reply(head: str) -> bytes:
    kind, body = ("text/html", b"<p>hello") if head.startswith("GET /page") else ("image/png", PNG)
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind.encode(), len(body))
        + body
    )


def crawl(kit: Any, spider: type[Everything], **fetch: Any) -> tuple[list[Any], list[Event], list[float]]:
    events: list[Event] = []
    asked: list[float] = []

    def answering(head: str) -> bytes:
        asked.append(time.monotonic())
        return reply(head)

    async def main() -> list[Any]:
        async with kit.answering(answering) as peer:
            spider.server = peer.url
            running = Crawl(
                spider(),
                fetch={"allow": ["127.0.0.1"], **fetch},
                politeness={"delay": 0.2, "robots": False},
                scope={"hosts": ["127.0.0.1"]},
                listeners=[events.append],
            )
            async with running:
                return sorted([item async for item in running.items()], key=lambda item: str(item["name"]))

    return asyncio.run(main()), events, asked


def test_what_is_kept_is_a_page_like_any_other(kit: Any) -> None:
    items, _, _ = crawl(kit, Everything)
    assert [(item["name"], item["body"]) for item in items] == [
        ("one.png", len(PNG)),
        ("page", 8),
        ("two.png", len(PNG)),
    ]


def test_what_is_skipped_is_refused_under_its_name_and_the_host_rests_all_the_same(kit: Any) -> None:
    items, events, asked = crawl(kit, Everything, other="skip")
    assert [item["name"] for item in items] == ["page"]
    refused = [
        event.outcome for event in events if isinstance(event, Visited) and event.outcome.reason != "ok"
    ]
    assert all(isinstance(outcome, Refused) for outcome in refused)
    assert [outcome.reason for outcome in refused] == ["content_type"] * 2
    assert len(asked) == 3  # no other try
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(asked))


@pytest.mark.parametrize("spider", [Everything, Elsewhere])
def test_a_callback_finds_what_was_saved(kit: Any, spider: type[Everything], tmp_path: Path) -> None:
    items, _, _ = crawl(kit, spider, other="save", files=str(tmp_path))
    (saved,) = tmp_path.iterdir()
    assert saved.read_bytes() == PNG
    png = {"body": 0, "file": saved.name[-10:], "size": len(PNG)}
    assert items == [
        {"name": "one.png", **png},
        {"name": "page", "body": 8, "file": None, "size": None},
        {"name": "two.png", **png},
    ]
