"""Requests: keys, bodies, callbacks by name, hops."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import SpiderError
from crawler.model import Request, callback_name
from crawler.url import canonical


class Owner:
    def parse(self, page: object) -> None: ...

    def other(self, page: object) -> None: ...


def loose(page: object) -> None: ...


def test_what_a_request_is_by_default() -> None:
    request = Request("https://a.test/")
    assert (request.callback, request.method, request.headers, request.body) == ("parse", "GET", {}, b"")
    assert (request.data, request.priority, request.accept, request.again) == (None, 0, (), False)
    assert (request.on_error, request.depth, request.parent, request.history) == (None, 0, None, ())
    assert request.key is request.url
    assert repr(request) == "<Request GET https://a.test/ -> parse>"


def test_callbacks_travel_as_names() -> None:
    request = Request("https://a.test/", Owner().other, on_error=Owner().parse)
    assert (request.callback, request.on_error) == ("other", "parse")
    assert callback_name("anything") == "anything"


@pytest.mark.parametrize(
    "callback", [loose, lambda page: None, partial(Owner().parse), print, Owner.parse, 5]
)
def test_what_has_no_name_is_no_callback(callback: Any) -> None:
    with pytest.raises(SpiderError, match="data="):
        Request("https://a.test/", callback)


@pytest.mark.parametrize(
    ("given", "body", "kind"),
    [
        ({"json": {"a": "é", "b": [1, None]}}, '{"a":"é","b":[1,null]}'.encode(), "application/json"),
        ({"json": None}, b"null", "application/json"),
        ({"form": {"a": "1 2", "b": ["x", "y"]}}, b"a=1+2&b=x&b=y", "application/x-www-form-urlencoded"),
        ({"body": "é"}, "é".encode(), None),
        ({"body": b"\xff"}, b"\xff", None),
    ],
)
def test_bodies(given: dict[str, Any], body: bytes, kind: str | None) -> None:
    request = Request("https://a.test/", method="post", **given)
    assert request.method == "POST"
    assert request.body == body
    assert request.headers.get("Content-Type") == kind


def test_a_given_content_type_stays() -> None:
    request = Request("https://a.test/", json=1, headers={"content-type": "application/x+json"})
    assert request.headers == {"content-type": "application/x+json"}


@pytest.mark.parametrize(
    "given", [{"json": 1, "form": {}}, {"json": 1, "body": b"x"}, {"form": {}, "body": "x"}]
)
def test_one_kind_of_body(given: dict[str, Any]) -> None:
    with pytest.raises(SpiderError, match="give one of body, json and form"):
        Request("https://a.test/", **given)


def test_the_headers_are_a_copy() -> None:
    headers = {"A": "1"}
    request = Request("https://a.test/", headers=headers)
    headers["A"] = "2"
    assert request.headers == {"A": "1"}


def test_keys_tell_requests_apart() -> None:
    keys = [
        Request("https://a.test/").key,
        Request("https://a.test/x").key,
        Request("https://a.test/", method="HEAD").key,
        Request("https://a.test/", method="POST").key,
        Request("https://a.test/", method="POST", body=b"1").key,
        Request("https://a.test/", method="POST", body=b"2").key,
        Request("https://a.test/", body=b"2").key,
        Request("https://a.test/", key="mine").key,
    ]
    assert len(set(keys)) == len(keys)
    assert Request("https://a.test/", method="POST", body=b"1").key == keys[4]


def test_a_key_made_from_the_url_follows_it_and_a_given_one_stays() -> None:
    assert Request("https://A.test").at(canonical("https://A.test")).key == "https://a.test/"
    assert Request("https://A.test", key="mine").at("https://a.test/").key == "mine"


def test_children_know_their_parent() -> None:
    parent = Request("https://a.test/")
    child = Request("https://a.test/x").child_of(parent)
    assert (child.depth, child.parent) == (1, "https://a.test/")


def test_a_hop_inherits_and_leaves_the_first_request_alone() -> None:
    request = Request(
        "https://a.test/x", "other", data=[1], priority=3, accept=(404,), on_error="failed", key="mine"
    ).child_of(Request("https://a.test/"))
    hop = request.hop("https://b.test/", keep_body=True, cookie=True)
    assert (hop.callback, hop.data, hop.priority, hop.accept) == ("other", [1], 3, (404,))
    assert (hop.on_error, hop.depth, hop.parent) == ("failed", 1, "https://a.test/")
    assert (hop.url, hop.key, hop.history, hop.hops) == (
        "https://b.test/",
        "https://b.test/",
        (request.url,),
        1,
    )
    assert hop.cookie_seen
    assert (request.url, request.history, request.cookie_seen) == ("https://a.test/x", (), False)


def test_a_hop_without_the_body_loses_its_headers_too() -> None:
    request = Request("https://a.test/x", method="POST", json=1, headers={"X-Key": "1"})
    hop = request.hop("https://a.test/y", keep_body=False)
    assert (hop.method, hop.body, hop.headers) == ("GET", b"", {"X-Key": "1"})
    assert "Content-Type" in request.headers
    kept = request.hop("https://a.test/y", keep_body=True)
    assert (kept.method, kept.body, kept.headers) == ("POST", b"1", request.headers)


@given(st.lists(st.sampled_from(["https://a.test/", "https://a.test/x", "https://b.test/"]), max_size=5))
def test_the_history_is_the_way(urls: list[str]) -> None:
    request = Request("https://a.test/start", headers={"X-Key": "1"})
    for url in urls:
        request = request.hop(url, keep_body=True)
    assert request.history == tuple(["https://a.test/start", *urls][: len(urls)])
    assert request.headers == ({} if "https://b.test/" in urls else {"X-Key": "1"})


@pytest.mark.parametrize(
    ("url", "bare", "header"),
    [
        ("https://user:pw@a.test/x?y", "https://a.test/x?y", "Basic dXNlcjpwdw=="),
        ("https://user@a.test/", "https://a.test/", "Basic dXNlcjo="),
        ("https://u%40b:p%3A%2F@a.test:81/", "https://a.test:81/", "Basic dUBiOnA6Lw=="),
        ("https://a.test/@x", "https://a.test/@x", None),
        ("https://a.test/?x=b@c", "https://a.test/?x=b@c", None),
    ],
)
def test_a_login_in_a_url_becomes_a_header(url: str, bare: str, header: str | None) -> None:
    request = Request(url).at(canonical(url))
    assert (request.url, request.key, request.headers.get("Authorization")) == (bare, bare, header)
    own = Request(url, headers={"authorization": "mine"}).at(canonical(url))
    assert own.headers == {"authorization": "mine"}
    assert request.hop("https://b.test/", keep_body=True).headers == {}
