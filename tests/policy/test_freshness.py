"""What a cache may keep, and for how long it is fresh: cases of RFC 9111."""

from __future__ import annotations

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy.freshness import age, cache_control, http_date, lifetime, may_store, merged, varying

NOW = 1_800_000_000.0


def at(seconds: float) -> str:
    return formatdate(NOW + seconds, usegmt=True)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", {}),
        ("no-store", {"no-store": ""}),
        ("Max-Age=60, Public", {"max-age": "60", "public": ""}),
        ('private="set-cookie, x", max-age = 5', {"private": "set-cookie, x", "max-age": "5"}),
        ("max-age=1, max-age=2", {"max-age": "1"}),
        (",, max-age=3 ,", {"max-age": "3"}),
    ],
)
def test_directives(header: str, expected: dict[str, str]) -> None:
    assert cache_control(header) == expected


@pytest.mark.parametrize(
    ("status", "headers", "authenticated", "expected"),
    [
        (200, {}, False, True),
        (404, {}, False, True),
        (301, {}, False, True),
        (302, {}, False, False),
        (302, {"cache-control": "max-age=5"}, False, True),
        (403, {"expires": at(5)}, False, True),
        (500, {"cache-control": "max-age=5"}, False, False),
        (206, {"cache-control": "max-age=5"}, False, False),
        (200, {"cache-control": "no-store"}, False, False),
        (200, {"cache-control": "private"}, False, False),
        (200, {"vary": "Accept, *"}, False, False),
        (200, {}, True, False),
        (200, {"cache-control": "max-age=5"}, True, False),
        (200, {"cache-control": "public"}, True, True),
        (200, {"cache-control": "must-revalidate"}, True, True),
    ],
)
def test_what_may_be_kept(status: int, headers: dict[str, str], authenticated: bool, expected: bool) -> None:
    assert may_store(status, headers, authenticated=authenticated) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": "max-age=60, s-maxage=5"}, 5),
        ({"cache-control": "max-age=60, no-cache"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age=soon", "expires": at(60)}, 0),
        ({"cache-control": "max-age=99999999999999999999999"}, 0),
        ({"cache-control": "max-age=9999999999"}, 2**31),
        ({"cache-control": "max-age=0", "expires": at(60)}, 0),
        ({"expires": at(60), "date": at(0)}, 60),
        ({"expires": at(60)}, 60),
        ({"expires": at(-60)}, 0),
        ({"expires": "0"}, 0),
        ({"last-modified": at(-1000), "date": at(0)}, 100),
        ({"last-modified": at(-(10**8))}, 86_400),
        ({"last-modified": at(1000)}, 0),
        ({}, 0),
    ],
)
def test_lifetime(headers: dict[str, str], expected: float) -> None:
    assert lifetime(200, headers, NOW) == expected


def test_nothing_is_guessed_of_a_status_that_says_nothing() -> None:
    assert lifetime(302, {"last-modified": at(-1000)}, NOW) == 0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 12),
        ({"age": "100"}, 112),
        ({"age": "old"}, 12),
        ({"date": at(-50)}, 60),
        ({"date": at(50)}, 12),
        ({"age": "100", "date": at(-50)}, 112),
    ],
)
def test_age(headers: dict[str, str], expected: float) -> None:
    assert age(headers, NOW - 2, NOW, NOW + 10) == expected


def test_a_clock_that_was_set_back_makes_nothing_younger_than_new() -> None:
    assert age({}, NOW, NOW, NOW - 1000) == 0


def test_a_304_brings_the_stored_fields_up_to_date() -> None:
    stored = [("etag", '"1"'), ("content-length", "5"), ("link", "<a>"), ("link", "<b>"), ("x", "y")]
    newer = [("etag", '"1"'), ("content-length", "0"), ("link", "<c>"), ("date", at(0))]
    assert merged(stored, newer) == [
        ("content-length", "5"),
        ("x", "y"),
        ("etag", '"1"'),
        ("link", "<c>"),
        ("date", at(0)),
    ]


def test_varying() -> None:
    assert varying({"vary": "Cookie, accept ,, Cookie"}) == ["accept", "cookie"]


@given(st.text(max_size=60))
def test_no_header_is_too_odd(text: str) -> None:
    headers = dict.fromkeys(["cache-control", "expires", "date", "age", "last-modified", "vary"], text)
    assert lifetime(200, headers, NOW) >= 0
    assert age(headers, NOW, NOW, NOW) >= 0
    may_store(200, headers, authenticated=False)
    assert http_date(text) is None or isinstance(http_date(text), float)
