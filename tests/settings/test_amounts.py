"""Durations and sizes, read and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.settings.amounts import duration_text, seconds, size, size_text


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        (0, 0.0),
        (3, 3.0),
        (1.5, 1.5),
        ("700ms", 0.7),
        ("10s", 10.0),
        ("5m", 300.0),
        ("1.5h", 5400.0),
        ("1D", 86400.0),
        ("10 s", 10.0),
    ],
)
def test_a_duration_is_seconds(written: float | str, meaning: float) -> None:
    assert seconds(written) == meaning


@pytest.mark.parametrize(
    ("written", "meaning"),
    [
        (0, 0),
        (5, 5),
        (2.0, 2),
        ("12b", 12),
        ("10kb", 10_000),
        ("16.1MB", 16_100_000),
        ("1gb", 10**9),
        ("1kib", 1024),
        ("1.5mib", 1_572_864),
        ("2GiB", 2**31),
        ("500 MB", 500_000_000),
    ],
)
def test_a_size_is_bytes(written: float | str, meaning: int) -> None:
    assert size(written) == meaning


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0.0, "0s"), (0.5, "500ms"), (1.5, "1.5s"), (60.0, "1m"), (90.0, "90s"), (172800.0, "2d")],
)
def test_a_duration_is_written_with_the_unit_that_fits(amount: float, text: str) -> None:
    assert duration_text(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0"), (999, "999"), (16_000_000, "16mb"), (1024, "1kib"), (10**9, "1gb")]
)
def test_a_size_is_written_with_the_unit_that_fits(amount: int, text: str) -> None:
    assert size_text(amount) == text


@given(st.integers(0, 10**9))
def test_what_is_written_is_read_back(milliseconds: int) -> None:
    assert seconds(duration_text(milliseconds / 1000)) == milliseconds / 1000
    written = size_text(milliseconds)
    assert size(int(written) if written.isdecimal() else written) == milliseconds
