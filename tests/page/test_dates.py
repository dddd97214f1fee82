"""Dates of sitemaps and feeds, as they are written in the wild."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crawler.page.dates import parse_date


def at(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        # W3C, from a year to a fraction of a second
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-07", datetime(2024, 5, 7, tzinfo=UTC)),
        ("2024-05-07T19:20+01:00", datetime(2024, 5, 7, 19, 20, tzinfo=at(1))),
        ("2024-05-07T19:20:30Z", datetime(2024, 5, 7, 19, 20, 30, tzinfo=UTC)),
        ("2024-05-07T19:20:30.45-03:30", datetime(2024, 5, 7, 19, 20, 30, 450_000, tzinfo=at(-3.5))),
        ("2024-05-07T19:20:30.1234567Z", datetime(2024, 5, 7, 19, 20, 30, 123_456, tzinfo=UTC)),
        # no zone, or otherwise careless
        ("2024-05-07T19:20:30", datetime(2024, 5, 7, 19, 20, 30, tzinfo=UTC)),
        (" 2024-05-07 19:20:30\n", datetime(2024, 5, 7, 19, 20, 30, tzinfo=UTC)),
        ("20240507", datetime(2024, 5, 7, tzinfo=UTC)),
        # mail
        ("Tue, 07 May 2024 19:20:30 GMT", datetime(2024, 5, 7, 19, 20, 30, tzinfo=UTC)),
        ("7 May 24 19:20 EST", datetime(2024, 5, 7, 19, 20, tzinfo=at(-5))),
        ("Tue, 07 May 2024 19:20:30 +0200", datetime(2024, 5, 7, 19, 20, 30, tzinfo=at(2))),
        ("Tue, 07 May 2024 19:20:30 -0000", datetime(2024, 5, 7, 19, 20, 30, tzinfo=UTC)),
        ("Tue, 07 May 2024 19:20:30 CEST", datetime(2024, 5, 7, 19, 20, 30, tzinfo=at(2))),
        # none at all
        ("", None),
        ("yesterday", None),
        ("2024-13-45", None),
        ("2024-05-07T25:00:00Z", None),
        ("0000-00-00", None),
        ("99999999999999999999", None),
        ("Tue, 99 May 2024 19:20:30 GMT", None),
        ("1 Jan 2024 10:00:00 +99999999999", None),
        ("9" * 100_000, None),
    ],
)
def test_dates(text: str, moment: datetime | None) -> None:
    found = parse_date(text)
    assert found == moment
    assert found is None or found.utcoffset() == (moment and moment.utcoffset())


@example("0001-01-01T00:00+14:00")
@given(
    st.text(max_size=70)
    | st.text(st.sampled_from("0123456789-:T+Z. JanMonGMT,"), max_size=40)
    | st.datetimes().map(str)
)
def test_any_text_gives_a_moment_with_its_zone_or_none(text: str) -> None:
    found = parse_date(text)
    assert found is None or found.utcoffset() is not None
