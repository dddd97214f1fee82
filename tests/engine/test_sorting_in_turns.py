"""Many links are sorted in portions, with the same result as at once."""

from __future__ import annotations

from typing import Any

from crawler.engine.admission import MOST_LINKS, Admission, Findings
from crawler.engine.turns import AT_ONCE as PORTION
from crawler.model import Dropped, Links, Reason, Request
from crawler.policy.scope import Scope

PAGE = "https://a.test/x/y"


def admission() -> Admission:
    return Admission(Scope(["a.test"]), {f"{PAGE}?known"}.__contains__, lambda name: None)


def told(findings: Findings) -> Any:
    found = [(request.url, request.data, request.depth, request.parent) for request in findings.found]
    return found, findings.items, findings.dropped, findings.rejected


async def same(outputs: list[Any]) -> Findings:
    """Sort in portions; check that it comes to the same as at once."""
    found = await admission().sort_in_turns(outputs, Request(PAGE))
    assert told(found) == told(admission().sort(outputs, Request(PAGE)))
    return found


async def test_portions_come_to_the_same() -> None:
    hrefs = [f"?{number}" for number in range(2 * PORTION + 7)] + ["?known", "https://b.test/"]
    outputs: list[Any] = [{"n": 1}, Links(PAGE, hrefs), Dropped("x", "y"), {"n": 2}, Links(PAGE, ["/z"])]
    assert len((await same(outputs)).found) == 2 * PORTION + 8


async def test_data_stays_with_its_link() -> None:
    many = 3 * PORTION
    found = await same([Links(PAGE, [f"?{n}" for n in range(many)], data=list(range(many)))])
    assert [request.data for request in found.found] == list(range(many))


async def test_marks_stay_with_their_links() -> None:
    hrefs = [f"?{number}" for number in range(2 * PORTION)]
    found = await same([Links(PAGE, hrefs, nofollow=hrefs[PORTION - 5 : PORTION + 5])])
    assert found.rejected == {Reason.NOFOLLOW: 10}


async def test_many_items_come_in_order() -> None:
    items = [{"n": number} for number in range(3 * PORTION + 1)]
    assert (await same(list(items))).items == items


async def test_links_beyond_the_limit_are_counted() -> None:
    found = await admission().sort_in_turns([Links(PAGE, ["/z"] * (MOST_LINKS + 5))], Request(PAGE))
    assert found.rejected == {Reason.EXCESS: 5}
    assert {request.url for request in found.found} == {"https://a.test/z"}
