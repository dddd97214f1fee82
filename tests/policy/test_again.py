"""What running a crawl again means."""

from __future__ import annotations

import pytest

from crawler.policy.again import Beginning, beginning, differences

NEW, RESUMED, ANEW, OVER = Beginning.NEW, Beginning.RESUMED, Beginning.ANEW, Beginning.OVER
OTHER = ["start.urls"]

# known, ended, used up, differences, and how it begins then
CASES = [
    (False, "", False, [], NEW),
    (False, "", False, OTHER, NEW),
    (True, "", False, [], RESUMED),  # killed
    (True, "stopped", False, [], RESUMED),
    (True, "failed", False, [], RESUMED),
    (True, "time", False, [], RESUMED),
    (True, "pages", False, [], RESUMED),  # there is no limit any more, or a higher one
    (True, "pages", True, [], ANEW),
    (True, "bytes", True, [], ANEW),
    (True, "", True, [], RESUMED),  # killed, and now there is a limit that it had reached before
    (True, "stopped", True, [], RESUMED),
    (True, "stopped", True, OTHER, None),
    (True, "finished", False, [], ANEW),
    (True, "finished", True, [], ANEW),
    (True, "finished", False, OTHER, ANEW),
    (True, "pages", True, OTHER, ANEW),
    (True, "", False, OTHER, None),
    (True, "stopped", False, OTHER, None),
    (True, "pages", False, OTHER, None),
]


@pytest.mark.parametrize(("known", "ended", "used_up", "different", "begins"), CASES)
@pytest.mark.parametrize("fresh", [False, True])
def test_how_a_run_begins(
    known: bool, ended: str, used_up: bool, different: list[str], begins: Beginning | None, fresh: bool
) -> None:
    said = beginning(known=known, ended=ended, used_up=used_up, differences=different, fresh=fresh)
    assert said is (NEW if fresh else begins)  # a state that is thrown away does not matter


@pytest.mark.parametrize(
    ("before", "now", "keys"),
    [
        ({}, {}, []),
        ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}, []),
        ({"a": "1"}, {"a": "2"}, ["a"]),
        ({"a": "1"}, {"a": "1", "b": "2"}, ["b"]),  # said now
        ({"a": "1", "b": "2"}, {"a": "1"}, ["b"]),  # not said any more
        ({"gone": "1", "a": "1", "b": "2"}, {"b": "3", "new": "1", "a": "1"}, ["b", "new", "gone"]),
        ({}, {"a": "1"}, ["a"]),
    ],
)
def test_what_is_not_the_same(before: dict[str, str], now: dict[str, str], keys: list[str]) -> None:
    assert differences(before, now) == keys


@pytest.mark.parametrize(
    ("known", "ended", "used_up", "different", "begins"),
    [
        (False, "", False, [], NEW),
        (True, "", False, [], RESUMED),
        (True, "pages", False, [], RESUMED),
        (True, "stopped", True, [], RESUMED),
        (True, "finished", False, [], OVER),
        (True, "pages", True, [], OVER),
        (True, "finished", False, OTHER, None),  # it is not what was asked for
        (True, "", False, OTHER, None),
    ],
)
def test_once_leaves_alone_what_is_over(
    known: bool, ended: str, used_up: bool, different: list[str], begins: Beginning | None
) -> None:
    facts = {"known": known, "ended": ended, "used_up": used_up}
    assert beginning(**facts, differences=different, fresh=False, once=True) is begins  # type: ignore[arg-type]
    assert beginning(**facts, differences=different, fresh=True, once=True) is NEW  # type: ignore[arg-type]
