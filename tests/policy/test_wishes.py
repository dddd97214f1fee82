"""Which wishes of a page are followed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from multidict import CIMultiDict

from crawler.model import Links, Request, Response
from crawler.page import Page
from crawler.policy.wishes import PageWishes

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("nofollow", "nofollow_for", "unwanted"),
    [
        ([], [], []),
        (["b"], [], ["b"]),
        (["b"], ["otherbot"], ["b"]),
        ([], ["*"], ["a", "b"]),
        (["b"], ["otherbot", "shopbot"], ["a", "b"]),
    ],
)
def test_links_that_a_page_asks_not_to_follow(
    nofollow: list[str], nofollow_for: list[str], unwanted: list[str]
) -> None:
    links = Links("https://a.test/", ["a", "b"], nofollow=nofollow, nofollow_for=nofollow_for)
    assert list(PageWishes("ShopBot").unwanted(links)) == unwanted
    assert list(PageWishes("ShopBot", nofollow=False).unwanted(links)) == []


def page(body: str | bytes = "", tag: str = "", kind: str = "text/html") -> Page:
    headers = CIMultiDict({"Content-Type": kind} | ({"X-Robots-Tag": tag} if tag else {}))
    raw = body.encode() if isinstance(body, str) else body
    return Page(Response(Request("https://a.test/"), 200, headers, raw))


@pytest.mark.parametrize(
    ("made", "dropped"),
    [
        (page("<p>none"), False),
        (page("<META NAME=robots CONTENT=NoIndex>"), True),
        (page("<meta name=robots content='none'>"), True),
        (page("<meta name=shopbot content='noindex'>"), True),
        (page("<meta name=otherbot content='noindex'>"), False),
        (page("<meta name=description content='none of it'>"), False),
        (page("<!-- <meta name=robots content=noindex> -->"), False),
        (page("<meta name=robots content=nofollow>"), False),
        (page("<meta name=robots content=noindex>".encode("utf-16")), True),
        (page("<meta name=robots content=noindex>", kind="application/json"), False),
        (page(tag="noindex", kind="application/json"), True),
        (page(tag="otherbot: noindex"), False),
        (page(tag="ShopBot: none"), True),
        (page(tag="unavailable_after: 2025-12-31"), True),
        (page(tag="unavailable_after: 2026-01-02"), False),
        (page("<meta name=robots content='unavailable_after: 31 Dec 2025 12:00:00 GMT'>"), True),
        # It cannot be looked at, and may say so: one that does not even mention it does not.
        (page("<meta name=robots content=noindex>" + "<div>" * 50_000), True),
        (page("<div>" * 50_000), False),
    ],
)
def test_pages_whose_items_are_dropped(made: Any, dropped: bool) -> None:
    assert PageWishes("shopbot", noindex=True).keeps_no_items(made, NOW) is dropped
    assert not PageWishes("shopbot").keeps_no_items(made, NOW)


def test_what_may_not_be_shown_any_more_by_the_clock() -> None:
    assert PageWishes(noindex=True).keeps_no_items(page(tag="unavailable_after: 2001-01-01"))
    assert not PageWishes(noindex=True).keeps_no_items(page(tag="unavailable_after: 9000-01-01"))
