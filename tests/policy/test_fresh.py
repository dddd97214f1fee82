"""When a page is asked again, and by which headers."""

from __future__ import annotations

import pytest

from crawler.model import Request
from crawler.model.recrawl import Remembered
from crawler.policy.fresh import asked_digest, conditions, content_digest, is_young, validators

URL = "https://a.test/"


@pytest.mark.parametrize(
    ("at", "young"), [(100.0, True), (90.1, True), (90.0, False), (0.0, False), (100.1, False)]
)
def test_young_is_younger_than_after_and_never_from_the_future(at: float, young: bool) -> None:
    assert is_young(Remembered(at), 100.0, 10.0) is young


def test_after_zero_seconds_nothing_is_young() -> None:
    assert not is_young(Remembered(100.0), 100.0, 0.0)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(URL), {"If-None-Match": '"x"', "If-Modified-Since": "yesterday"}),
        (Request(URL, headers={"Accept": "*/*"}), {"If-None-Match": '"x"', "If-Modified-Since": "yesterday"}),
        (Request(URL, headers={"if-none-match": "mine"}), {}),
        (Request(URL, headers={"Range": "bytes=0-9"}), {}),
        (Request(URL, method="POST", body="a"), {}),
    ],
)
def test_conditions(request_: Request, expected: dict[str, str]) -> None:
    assert conditions(request_, Remembered(0.0, '"x"', "yesterday")) == expected


@pytest.mark.parametrize(
    ("etag", "kept"),
    [
        ('"x"', '"x"'),
        ('W/"x"', 'W/"x"'),
        ('"\udcff"', ""),
        ('"\x00"', ""),
        ('"' + "x" * 1000 + '"', ""),
        ("", ""),
    ],
)
def test_validators_that_cannot_be_sent_back_are_none(etag: str, kept: str) -> None:
    assert validators(etag, "now") == (kept, "now")


def test_digests_tell_apart_what_is_read_and_what_is_asked() -> None:
    html, plain = {"Content-Type": "text/html"}, {"Content-Type": "text/plain"}
    noindex = {**html, "X-Robots-Tag": "noindex"}
    contents = {content_digest(200, headers, b"a") for headers in (html, plain, noindex)}
    contents |= {content_digest(404, html, b"a"), content_digest(200, html, b"b")}
    assert len(contents) == 5
    asked = {
        asked_digest(Request(URL)),
        asked_digest(Request(URL, "other")),
        asked_digest(Request(URL, data=1)),
    }
    asked |= {asked_digest(Request(URL, headers={"A": "b"})), asked_digest(Request(URL, accept=(404,)))}
    assert len(asked) == 5
    assert asked_digest(Request(URL, data=[1])) == asked_digest(Request(URL, data=(1,)))
