"""What holds for every sitemap and feed: bounded work for hostile ones, however they come in pieces."""

from __future__ import annotations

import asyncio
import gc
import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from time import thread_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import ContentError
from crawler.model import Request, Response
from crawler.page import Page, ParseRefused
from crawler.page.entries import MOST_ENTRIES
from crawler.page.feed import ROOTS, feed_entry
from crawler.page.listing import Document, Kind
from crawler.page.pieces import MOST_BYTES, mended
from crawler.page.sitemap import ROOTS as MAPS
from crawler.page.sitemap import listed, of_feed, sitemap_entry

HERE = "https://a.test/sitemap.xml"
ONE = b"<url><loc>https://a.test/1</loc></url>"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def page(body: bytes) -> Page:
    return Page(Response(Request(HERE), 200, {}, body))


@pytest.mark.parametrize(
    "body",
    [
        f'<!DOCTYPE urlset [<!ENTITY l0 "ha">{LAUGHS}]><urlset><url><loc>&l9;</loc></url></urlset>',
        f'<!DOCTYPE urlset [<!ENTITY a "{"x" * 100_000}">]><urlset><url>{"&a;" * 1_000}</url></urlset>',
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item>&x;</item></channel></rss>',
        '<!DOCTYPE urlset [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]><urlset/>',
        f'<!DOCTYPE urlset [<!ATTLIST url a CDATA "{"x" * 1000}">]><urlset><url/></urlset>',
        "<urlset><url>" + "<a>" * 1_000_000,
        "<urlset><url>" + "<a/>" * 1_000_000,
        "<urlset><url " + " ".join(f"a{n}=''" for n in range(100_000)),
        "<urlset><url a='" + "x" * 10_000_000,
        "<urlset><!--" + "x" * 10_000_000,
        "<urlset><?x " + "x" * 10_000_000,
        f"<{'x' * 10_000_000}/>",
    ],
    ids=lambda body: body[:40],
)
def test_what_could_hurt_the_parser_is_refused(body: str) -> None:
    for read in (page(body.encode()).sitemap(), page(body.replace("urlset", "feed").encode()).feed()):
        with pytest.raises(ParseRefused, match=r"https://a\.test/sitemap\.xml: "):
            list(read)


def test_a_refusal_wins_over_what_was_read() -> None:
    with pytest.raises(ParseRefused):
        list(page(b"<urlset>" + ONE + b"<url>" + b"<a>" * 1_000).sitemap())


def bomb(size: int) -> bytes:
    """Return a gzip file of a sitemap with one entry and a lot of white space."""
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(b"<urlset>" + ONE), *(packer.compress(b" " * 1_000_000) for _ in range(size))]
    return b"".join([*parts, packer.flush()])


def test_a_bomb_is_read_up_to_what_the_protocol_allows() -> None:
    body = bomb(60)
    assert len(body) < 70_000
    read = page(body).sitemap()
    tracemalloc.start()
    assert len(list(read)) == 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read.trouble == "more than 50 MB, which no sitemap may have"
    assert peak < 5_000_000


def test_an_endless_list_is_read_up_to_what_the_protocol_allows() -> None:
    read = page(gzip.compress(b"<urlset>" + ONE * (MOST_ENTRIES + 1))).sitemap()
    assert sum(1 for _ in read) == MOST_ENTRIES == 50_000
    assert read.trouble == "more than 50,000 entries, which no sitemap may have"


def test_the_very_most_is_no_trouble() -> None:
    read = page(b"<urlset>" + ONE * MOST_ENTRIES + b"</urlset>").sitemap()
    assert sum(1 for _ in read) == MOST_ENTRIES
    assert read.trouble == ""
    head, tail = b"<urlset>" + ONE, b"</urlset>"
    read = page(head + b" " * (MOST_BYTES - len(head + tail)) + tail).sitemap()
    assert (len(list(read)), read.trouble) == (1, "")


@pytest.mark.parametrize(
    "body",
    [
        b"<urlset>" + ONE * MOST_ENTRIES + b"</urlset>",
        bomb(30),
        gzip.compress(b"https://a.test/" + b"x" * 10_000_000),
        b"<urlset>"
        + (b"<url " + b" ".join(b"a%d=''" % n for n in range(20_000)) + b"/>") * 20
        + b"</urlset>",
        b" " * 30_000_000,
    ],
    ids=["full", "bomb", "line", "attributes", "nothing"],
)
async def test_others_have_their_turn_in_between(body: bytes) -> None:
    """No turn takes long, measured by the processor's time: a busy machine makes no difference."""
    longest, before = 0.0, thread_time()

    async def watch() -> None:
        nonlocal longest, before
        while True:
            longest, before = max(longest, thread_time() - before), thread_time()
            await asyncio.sleep(0)

    gc.disable()  # it would look through all that the tests before have left
    try:
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        with suppress(ContentError):
            async for _ in page(body).sitemap():
                pass
        watching.cancel()
    finally:
        gc.enable()
    assert longest < 0.1


async def test_both_ways_to_iterate_go_on_where_the_other_stopped() -> None:
    read = page(
        b"<urlset>" + b"".join(b"<url><loc>/%d</loc></url>" % n for n in range(9)) + b"</urlset>"
    ).sitemap()
    found = [next(iter(read)).url, next(iter(read)).url]
    async for entry in read:
        found.append(entry.url)
        if len(found) == 5:
            break
    found += [entry.url for entry in read]
    assert found == [f"https://a.test/{n}" for n in range(9)]
    assert list(read) == []


# However it is cut

KINDS: list[Kind[Any]] = [
    Kind(MAPS, sitemap_entry, of_feed, listed),
    Kind(ROOTS, feed_entry, lambda entry: entry),
]


def outcome(kind: Kind[Any], pieces: Sequence[bytes]) -> tuple[list[Any], str]:
    """Return what a document gives, and the kind of error it ends with."""
    document: Document[Any] = Document(kind, HERE, "")
    found: list[Any] = []
    try:
        steps: list[Callable[[], None]] = [partial(document.feed, piece) for piece in pieces]
        for step in (*steps, document.close):
            try:
                step()
            finally:
                found += document.take()
    except ContentError as error:
        return found, type(error).__name__ + str(error).partition(":")[0]
    return found, ""


DOCUMENTS = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from(
            [
                *("<urlset>", "</urlset>", "<url>", "</url>", "<loc>", "</loc>", "<lastmod>2024</lastmod>"),
                *("<rss>", "<channel>", "</channel>", "</rss>", "<item>", "</item>", "<link>", "</link>"),
                *(
                    "<feed>",
                    "<entry>",
                    "<link href='/x' rel='alternate'/>",
                    "</entry>",
                    "</feed>",
                    "<id>7</id>",
                ),
                *(
                    "<sitemapindex xmlns:i='u'>",
                    "<i:loc>",
                    "<!--",
                    "-->",
                    "<![CDATA[",
                    "]]>",
                    "<?xml version='1.0'?>",
                ),
                *(
                    "&amp;",
                    "&",
                    "&nbsp;",
                    "&#x41;",
                    "é",
                    "https://a.test/",
                    "\n",
                    " ",
                    "\ufeff",
                    "\0",
                    "x" * 300,
                ),
                *(
                    "{",
                    "}",
                    '"items":[{"url":"/"}]',
                    "Sitemap: /x\n",
                    "xml:base='/b/'",
                    "<!DOCTYPE rss>",
                    "[",
                    "]",
                ),
            ]
        ),
        max_size=30,
    ).map(lambda parts: "".join(parts).encode()),
)


@settings(max_examples=150)
@given(DOCUMENTS, st.lists(st.integers(0, 400), max_size=6), st.sampled_from(KINDS))
def test_how_a_document_is_cut_makes_no_difference(body: bytes, cuts: list[int], kind: Kind[Any]) -> None:
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[start:end] for start, end in pairwise(places)]
    assert outcome(kind, pieces) == outcome(kind, [body]) == outcome(kind, [bytes([byte]) for byte in body])
    assert b"".join(mended(pieces)) == b"".join(mended([body]))


@settings(max_examples=150)
@given(DOCUMENTS | DOCUMENTS.map(gzip.compress), st.integers(0, 300))
def test_any_bytes_are_read_or_refused(body: bytes, end: int) -> None:
    for read in (page(body).sitemap(), page(body[:end]).sitemap(), page(body).feed()):
        with suppress(ContentError):
            list(read)
