"""Outputs of very long pages, taken apart and still whole."""

from __future__ import annotations

from typing import Any

from crawler.engine.turns import AT_ONCE, is_long, turns
from crawler.model import Links, Request


def links(number: int) -> Links:
    hrefs = [f"/{n}" for n in range(number)]
    return Links("https://a.test/", hrefs, "shelf", 3, hrefs, nofollow=hrefs[::7], step=0)


def test_a_page_of_ordinary_length_is_not_long() -> None:
    assert not is_long([links(AT_ONCE - 1), {"a": 1}])
    assert is_long([links(AT_ONCE), {"a": 1}])
    assert is_long([{"a": 1}] * (AT_ONCE + 1))


def test_nothing_is_lost_and_no_portion_is_long() -> None:
    outputs: list[Any] = [{"a": 1}, links(1_234), Request("https://a.test/x"), links(3), *[{"b": 2}] * 700]
    portions = list(turns(outputs, 100_000))
    assert not any(map(is_long, portions))
    found = [one for portion in portions for one in portion]
    assert [one for one in found if not isinstance(one, Links)] == [outputs[0], outputs[2], *outputs[4:]]
    pieces = [one for one in found if isinstance(one, Links)]
    assert [href for one in pieces for href in one.hrefs] == [*links(1_234).hrefs, *links(3).hrefs]
    assert [href for one in pieces for href in one.nofollow] == [*links(1_234).nofollow, *links(3).nofollow]
    assert all(one.data == one.hrefs and one.priority == 3 and one.step == 0 for one in pieces)


def test_what_is_too_much_of_one_batch_is_cut_off() -> None:
    pieces = [one for portion in turns([links(2_000)], 1_200) for one in portion]
    assert sum(len(one) for one in pieces) == 1_200
