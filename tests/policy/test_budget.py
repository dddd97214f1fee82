"""How much a crawl may fetch."""

from __future__ import annotations

import pytest

from crawler.policy.budget import Budget


def test_without_limits_nothing_is_ever_spent() -> None:
    budget = Budget()
    for _ in range(1_000):
        budget.begin()
        budget.end(page=True, size=10**12)
    assert budget.spent() == ""
    assert not budget.full()


def test_pages_are_counted_when_they_have_ended_and_reserved_when_they_begin() -> None:
    budget = Budget(pages=2)
    budget.begin()
    assert not budget.full()
    budget.begin()
    assert budget.full()
    assert budget.spent() == ""
    budget.end(page=True, size=1)
    assert budget.full()
    budget.end(page=True, size=1)
    assert budget.spent() == "pages"


def test_what_is_no_page_makes_room_again() -> None:
    budget = Budget(pages=1)
    budget.begin()
    assert budget.full()
    budget.end(page=False, size=5)
    assert not budget.full()
    assert budget.spent() == ""


@pytest.mark.parametrize(("size", "spent"), [(99, ""), (100, "bytes"), (101, "bytes")])
def test_bytes(size: int, spent: str) -> None:
    budget = Budget(size=100)
    budget.begin()
    budget.end(page=False, size=size)
    assert budget.spent() == spent
    assert not budget.full()
