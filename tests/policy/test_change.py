"""How the items of a page stand against those of the round before: cases, and what always holds."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.recrawl import KeptItem
from crawler.policy.change import compare, with_change


def kept(*texts: str, name: str = "Book") -> list[KeptItem]:
    return [KeptItem(name, True, json.dumps({"k": text[0], "text": text}).encode()) for text in texts]


def told(items: list[KeptItem]) -> list[str]:
    return [f"{json.loads(one.json)['text']} {one.change}" for one in items]


@pytest.mark.parametrize(
    ("before", "now", "key", "expected"),
    [
        ([], ["a"], (), ["a new"]),
        (["a"], ["a"], (), ["a unchanged"]),
        (["a"], [], (), ["a gone"]),
        (["a"], ["b"], (), ["b changed"]),
        (["a", "b"], ["b", "a"], (), ["b unchanged", "a unchanged"]),
        (["a", "b"], ["a", "c"], (), ["a unchanged", "c new", "b gone"]),
        (["a"], ["b", "c"], (), ["b new", "c new", "a gone"]),
        (["a", "a"], ["a"], (), ["a unchanged", "a gone"]),
        (["a"], ["a", "a"], (), ["a unchanged", "a new"]),
        (["a1", "b1"], ["b2", "a1"], ("k",), ["b2 changed", "a1 unchanged"]),
        (["a1"], ["b1"], ("k",), ["b1 new", "a1 gone"]),
    ],
)
def test_cases(before: list[str], now: list[str], key: tuple[str, ...], expected: list[str]) -> None:
    assert told(compare(kept(*before), kept(*now), key)) == expected


def test_items_of_other_names_are_others() -> None:
    compared = compare(kept("a"), kept("a", name="Film"))
    assert [(one.name, one.change) for one in compared] == [("Film", "new"), ("Book", "gone")]


texts = st.lists(st.text("ab", min_size=1, max_size=2), max_size=6)


@given(texts, texts, st.sampled_from([(), ("k",)]))
def test_every_item_is_told_once(before: list[str], now: list[str], key: tuple[str, ...]) -> None:
    compared = compare(kept(*before), kept(*now), key)
    changes = Counter(one.change for one in compared)
    assert [one.json for one in compared[: len(now)]] == [one.json for one in kept(*now)]
    assert changes["unchanged"] + changes["changed"] + changes["new"] == len(now)
    assert changes["unchanged"] + changes["changed"] + changes["gone"] == len(before)
    assert changes["unchanged"] == (Counter(before) & Counter(now)).total()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"{}", {"change": "new"}),
        (b'{"a":1}', {"a": 1, "change": "new"}),
        (b'{"change":"mine","a":1.50}', {"a": 1.5, "change": "new"}),
        (b'{"a":"\\"change\\""}', {"a": '"change"', "change": "new"}),
    ],
)
def test_the_change_is_the_last_field(text: bytes, expected: dict[str, object]) -> None:
    written = with_change(text, "new")
    assert json.loads(written) == expected
    assert list(json.loads(written)) == list(expected)
