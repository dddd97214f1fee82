"""How long to wait before trying again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy.retry import RetryRule, retry_after

NOW = datetime(2026, 5, 17, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempt", "pause"), [(1, 0.75), (2, 1.5), (3, 3.0), (4, None), (5, None)])
def test_pauses_double_and_end(attempt: int, pause: float | None) -> None:
    assert RetryRule(3, random=lambda: 0.5).pause(attempt) == pause


def test_no_retries() -> None:
    assert RetryRule(0).pause(1) is None


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e9))
def test_a_pause_is_bounded_by_both_sides(attempt: int, chance: float, asked: float | None) -> None:
    rule = RetryRule(60, base=1.0, longest=60.0, random=lambda: chance)
    pause = rule.pause(attempt, asked)
    assert pause is not None
    assert min(2.0 ** (attempt - 1) / 2, 60.0) <= pause <= 60.0
    assert pause >= min(asked or 0.0, 60.0)


def test_a_busy_answer_may_come_more_often() -> None:
    rule = RetryRule(2)
    assert [rule.busy_again(attempt) for attempt in (1, 6, 7)] == [True, True, False]
    assert not RetryRule(0).busy_again(1)


def test_the_jitter_differs() -> None:
    rule = RetryRule(5)
    assert len({rule.pause(1) for _ in range(20)}) > 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        ("Sun, 17 May 2026 14:01:00 +0200", 60.0),
        ("Sun, 17 May 2026 12:00:10 -0000", 10.0),
        ("Sunday, 17-May-26 12:00:30 GMT", 30.0),
        ("Sun May 17 12:00:30 2026", 30.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        ("Sun, 99 May 2026 12:00:00 GMT", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999", None),
    ],
)
def test_both_forms_of_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(
    st.text()
    | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,5} [A-Z][a-z]{2} \d{1,6} \d{1,3}:\d\d:\d\d [+-]\d{1,6}\Z")
)
def test_no_value_makes_it_raise(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or seconds >= 0.0
