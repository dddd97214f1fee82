"""What a callback yielded comes out of its bytes as it went in."""

from __future__ import annotations

import pytest

from crawler.engine.linkpack import pack, unpack
from crawler.model import Links, Request


@pytest.mark.parametrize(
    "output",
    [
        Links("https://a.test/", ["/a", "b?c"], "book", 3),
        Links("https://a.test/", ["/a", "/a"], data=[{"rank": 1}, {"rank": 2}]),
        Links("https://a.test/", ["/a", "/b"], nofollow=["/b"], nofollow_for=["*"]),
        Request("https://a.test/x"),
        Request("https://a.test/x", "book", method="POST", json={"a": 1}, priority=2, data=[1]),
        Request("https://a.test/x", key="mine", accept=(404,), again=True, on_error="failed"),
    ],
)
def test_it_comes_out_as_it_went_in(output: Links | Request) -> None:
    packed = pack([{"an": "item"}, output])
    assert packed is not None
    (found,) = unpack(packed)
    assert found == output


def test_links_that_repeat_are_kept_once() -> None:
    (found,) = unpack(pack([Links("https://a.test/", ["/a", "/b", "/a"])]) or b"")
    assert isinstance(found, Links)
    assert list(found.hrefs) == ["/a", "/b"]


def test_nothing_is_nothing() -> None:
    assert pack([{"an": "item"}]) == b""
    assert unpack(b"") == []


def test_data_that_cannot_be_kept_is_said() -> None:
    assert pack([Request("https://a.test/", data=object())]) is None
    assert pack([Links("https://a.test/", ["\udcff"])]) is None  # half a character
