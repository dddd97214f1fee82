"""How long a host in trouble rests, under any order of events."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy.backoff import AGAIN_SECONDS, PATIENCE, Backoff


def backoff(longest: float = 60.0) -> Backoff:
    return Backoff(1.0, longest, random=lambda: 0.5)


def test_each_trouble_doubles_the_rest_up_to_the_longest() -> None:
    host = backoff()
    rests = [host.trouble(100.0 * n, 100.0 * n) for n in range(9)]
    assert rests == [0.75, 1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 60.0, 60.0]


def test_a_burst_counts_once() -> None:
    host = backoff()
    assert host.trouble(10.0, 11.0) == 0.75
    assert [host.trouble(10.5, 11.0 + n) for n in range(5)] == [0.0] * 5
    assert host.level == 1
    assert host.trouble(12.0, 12.5) == 1.5


def test_what_a_burst_asks_for_counts_all_the_same() -> None:
    host = backoff()
    host.trouble(10.0, 11.0)
    assert host.trouble(10.5, 11.0, asked=30.0) == 30.0
    assert host.level == 1


@pytest.mark.parametrize(("asked", "rest"), [(None, 0.75), (0.0, 0.75), (5.0, 5.0), (86_400.0, 60.0)])
def test_what_a_host_asks_for_is_bounded_by_both_sides(asked: float | None, rest: float) -> None:
    assert backoff().trouble(0.0, 0.0, asked) == rest


def test_a_good_answer_takes_one_trouble_back() -> None:
    host = backoff()
    for n in range(3):
        host.trouble(n, n)
    host.well()
    assert host.trouble(9.0, 9.0) == 3.0  # again the third
    for _ in range(9):
        host.well()
    assert host.trouble(99.0, 99.0) == 0.75


def test_a_host_is_given_up_and_asked_once_more() -> None:
    host = backoff()
    for n in range(PATIENCE):
        assert not host.given_up(float(n))
        host.trouble(float(n), float(n))
    last = float(PATIENCE - 1)
    assert host.given_up(last)
    assert host.given_up(last + AGAIN_SECONDS - 1)
    again = last + AGAIN_SECONDS
    assert not host.given_up(again)
    host.trouble(again, again + 1)
    assert host.given_up(again + 2)
    host.well()
    host.well()
    assert not host.given_up(again + 3)


@given(
    st.lists(
        st.tuples(st.sampled_from(["trouble", "well"]), st.floats(0, 100), st.none() | st.floats(0, 1e9))
    )
)
def test_no_rest_is_negative_or_longer_than_the_longest(
    events: list[tuple[str, float, float | None]],
) -> None:
    host, now = Backoff(1.0, 60.0), 0.0
    for kind, seconds, asked in events:
        began, now = now, now + seconds
        if kind == "well":
            host.well()
            continue
        before = host.level
        rest = host.trouble(began, now, asked)
        assert min(asked or 0.0, 60.0) <= rest <= 60.0
        assert before <= host.level <= before + 1
        if host.level > before:
            assert rest >= min(0.5 * 2.0 ** min(before, 30), 60.0)
