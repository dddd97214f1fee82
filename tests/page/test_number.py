"""Numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page import parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1299", 1299.0),
        ("1,299.50", 1299.5),
        ("1.299,50", 1299.5),
        ("1 299", 1299.0),
        ("1\u00a0299,5", 1299.5),
        ("1\u202f299\u202f000", 1299000.0),
        ("1'299.50", 1299.5),
        ("1\u2019299", 1299.0),
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("1.299", 1.299),
        ("1,299", 1299.0),
        ("1,2999", 1.2999),
        ("1,299,000", 1299000.0),
        ("1.299.000", 1299000.0),
        ("-3", -3.0),
        ("+3.5 %", 3.5),
        (".5", 0.5),
        ("£.99", 0.99),
        ("v.5", 5.0),
        ("7.", 7.0),
        ("$ 1,299.50 each", 1299.5),
        ("4.5 123 reviews", 4.5),
        ("12 of 345", 12.0),
        ("5 2990", 5.0),
        ("2026-05-17", 2026.0),
        ("", None),
        ("none", None),
        (". , -", None),
    ],
)
def test_the_first_number(text: str, number: float | None) -> None:
    assert parse_number(text) == number


@given(st.text() | st.text(st.sampled_from("0123456789.,' -+\u00a0٣"), max_size=30))
def test_no_text_makes_it_raise(text: str) -> None:
    number = parse_number(text)
    assert number is None or isinstance(number, float)


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_what_is_written_is_read(whole: int, cents: int) -> None:
    value = float(f"{whole}.{cents:02}")
    assert parse_number(f"{value:,.2f}") == value
    assert parse_number(f"{value:_.2f}".replace("_", " ").replace(".", ",")) == value
