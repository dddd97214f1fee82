"""What counts as a crawler trap, judged by the URL alone and by what came before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, islice, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model import TRAPS, Reason
from crawler.policy.combinations import CombinationRule
from crawler.policy.loops import repeats
from crawler.policy.sessions import without_session
from crawler.policy.shape import family_of, is_walk, shape_of
from crawler.policy.traps import TrapLimits, Traps
from crawler.settings import from_mapping

A = "https://a.test"
OFF = TrapLimits(
    repeats=None,
    path_depth=None,
    parameters=None,
    years_ahead=None,
    years_back=None,
    combinations=None,
    sessions=None,
    endless=None,
)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        # Paths
        ("/x/x/x", None),
        ("/x/x/x/x", Reason.REPEATS),
        ("/x/x/x/x/", Reason.REPEATS),
        ("/a/b/a/b/a/b/", None),
        ("/a/b/a/b/a/b/a/b/", Reason.REPEATS),
        ("/z/a/b/c/a/b/c/a/b/c/a/b/c/y", Reason.REPEATS),
        ("/a/b/a/c/a/d/a/e/a/f/a", None),
        ("/a/b/a/c/a/d/a/e/a/f/a/g/a", Reason.REPEATS),
        ("/tiles/0/0/0.png", None),
        ("/2001/01/01/01-01", None),
        ("/" + "/".join(map(str, range(30))) + "/", None),
        ("/" + "/".join(map(str, range(31))), Reason.PATH_DEPTH),
        # Queries
        ("/?" + "&".join(f"p{number}={number}" for number in range(40)), None),
        ("/?" + "&".join(f"p{number}={number}" for number in range(41)), Reason.PARAMETERS),
        ("/?id=1&id=2&id=3&id=4&id=5", None),
        ("/?lang=en&lang=en&lang=en", None),
        ("/?lang=en&lang=de&lang=en&lang=en&lang=en", Reason.REPEATS),
        ("/?back=/a/b/a/b/a/b/a/b/a/b", None),
        # Dates; it is 2026
        ("/calendar/2036-12-31", None),
        ("/calendar/2037-01-01", Reason.CALENDAR),
        ("/calendar/2037/01/01/", Reason.CALENDAR),
        ("/calendar?date=2041-02", Reason.CALENDAR),
        ("/calendar?view=month&year=2041&month=2", Reason.CALENDAR),
        ("/calendar?month=2041-02", Reason.CALENDAR),
        ("/calendar/1725-12-31", Reason.CALENDAR),
        ("/archive/1726/01/01/", None),
        # No dates
        ("/t/2041/7", None),
        ("/article/2041-05", None),
        ("/product/2041", None),
        ("/sku/4521-10-05", None),
        ("/?id=2041", None),
        ("/?year=20410", None),
        ("/x2041-01-01", None),
        ("/2041-01-011", None),
    ],
)
def test_by_itself(tail: str, reason: Reason | None) -> None:
    assert Traps(year=2026).refuses(A + tail) is reason
    assert Traps(OFF, year=2026).refuses(A + tail) is None


@pytest.mark.parametrize(
    ("tail", "shape"),
    [
        ("/", "/"),
        ("/about/us.html?x=y", "/about/us.html?x=y"),
        ("/product/123456", "/product/<n>"),
        ("/viewtopic.php?f=2&t=123", "/viewtopic.php?f=<n>&t=<n>"),
        ("/a/some-title-1234.html", "/a/some-title-<n>.html"),
        ("/file/3f9ac01be775", "/file/<n>"),
        ("/maze/kq8zx/zz91", "/maze/<n>/<n>"),
        ("/maze/kq8zx/zz91/a1/b2/c3", "/maze/<deep>"),
        ("/2024/05/12/story", "/<date>/story"),
        ("/2024-05-12/8", "/<date>/<n>"),
        ("/cal?d=2024-05-12", "/cal?d=<date>"),
        ("/wiki/%C3%A4b", "/wiki/%C3%A4b"),
        ("/wiki/%C3%A4b1", "/wiki/<n>"),
        ("/pub/a/b/c/d/e/f/g", "/pub/a/b/c/d/e/f/g"),
        ("/pub/a/b/c/d/e/f/g/h?x", "/pub/<deep>"),
        ("/p1/a/b/c/d/e/f/g/h", "/<deep>"),
    ],
)
def test_shapes(tail: str, shape: str) -> None:
    assert shape_of(A + tail) == A + shape


@pytest.mark.parametrize(
    ("tail", "walk", "family"),
    [
        ("/list?page=7", True, "/"),
        ("/shop/list?page=7&sort=up", True, "/shop"),
        ("/shop/page/7/", True, "/shop"),
        ("/cal/day/2024-05-12", True, "/cal"),
        ("/cal/month?year=2024&month=5", True, "/cal"),
        ("/maze/a1/b2/c3/d4", True, "/maze"),
        ("/thread?t=12&page=7", False, "/"),
        ("/2024/05/12/77", False, "/"),
        ("/product/77", False, "/product"),
        ("/homepage/77", False, "/homepage"),
        ("/about", False, "/"),
    ],
)
def test_what_is_a_walk(tail: str, walk: bool, family: str) -> None:
    shape = shape_of(A + tail)
    assert is_walk(shape) is walk
    assert family_of(shape) == A + family


@pytest.mark.parametrize(
    ("tail", "page"),
    [
        ("/x?PHPSESSID=8f3k2mz91x0qpw7c&a=1", "/x?&a=1"),
        ("/x;jsessionid=A8F3K2MZ91X0QPW7.node1?a", "/x;?a"),
        ("/story?sid=20/01/05/1234567", None),
        ("/story?sid=123", None),
        ("/x?token=8f3k2mz91x0qpw7c", None),
        ("/x", None),
    ],
)
def test_session_ids_are_known_by_name_and_look(tail: str, page: str | None) -> None:
    assert without_session(A + tail) == (None if page is None else A + page)


def let_in(traps: Traps, urls: Iterable[str], depth: int = 1) -> tuple[int, Counter[Reason]]:
    """Let each URL be found on the start page; return how many were let in, and why others were not."""
    leads = traps.leads_of(f"{A}/", depth)
    refused = Counter(reason for url in urls if (reason := traps.turns_away(url, leads)) is not None)
    traps.learn(leads)
    return traps.counted - refused.total(), refused


def test_sessions() -> None:
    traps = Traps()
    ids = [f"8f3k2mz91x0qpw{number:02}" for number in range(50)]
    number, refused = let_in(traps, (f"{A}/{page}?sid={one}" for one in ids for page in ("x", "y", "z")))
    assert (number, refused) == (9, {Reason.SESSIONS: 141})
    assert traps.last_refused(f"{A}/x?sid=0123456789abcdef") is Reason.SESSIONS
    assert traps.last_refused(f"{A}/other") is None


FACETS = [
    [f"{name}={value}" for value in range(4)] for name in ("size", "colour", "brand", "sort", "view", "per")
]


def facets() -> Iterator[str]:
    for number in range(2, 7):
        for chosen in combinations(FACETS, number):
            for pairs in product(*chosen):
                yield f"{A}/shop?{'&'.join(pairs)}"


def orders() -> Iterator[str]:
    for pairs in islice(permutations([facet[0] for facet in FACETS] + ["a=1", "b=1"]), 12_000):
        yield f"{A}/shop?{'&'.join(pairs)}"


@pytest.mark.parametrize("urls", [facets, orders])
def test_combinations_of_few_values_come_to_an_end(urls: Callable[[], Iterable[str]]) -> None:
    number, refused = let_in(Traps(), urls())
    assert 5_000 <= number < 8_000
    assert set(refused) == {Reason.COMBINATIONS}


HEALTHY = {
    "threads": [f"{A}/viewtopic.php?f={t % 9}&t={t}&start={s * 40}" for t in range(400) for s in range(40)],
    "books": [f"{A}/book?id={b}&page={p}&lang=en" for b in range(60) for p in range(300)],
    "wiki": [
        f"{A}/index.php?title=T{t}&action={a}&section={s}"
        for t in range(400) for a in ("edit", "view", "raw", "info") for s in range(10)
    ],
    "days": [
        f"{A}/cal?year={y}&month={m}&day={d}"
        for y in range(2004, 2026) for m in range(12) for d in range(31)
    ],
    "products": [f"{A}/product/{number}" for number in range(20_000)],
    "tiles": [f"{A}/tile/{z}/{x}/{y}.png" for z in range(3) for x in range(60) for y in range(60)],
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_large_healthy_sites_are_let_in(name: str) -> None:
    traps = Traps(year=2026)
    assert [url for url in HEALTHY[name] if traps.refuses(url)] == []
    assert let_in(traps, HEALTHY[name]) == (len(HEALTHY[name]), {})


def test_what_combinations_remember_is_bounded() -> None:
    rule = CombinationRule(5_000)
    for number in range(3_000):
        assert rule.refuses(f"{A}/x", f"{A}/x?a={number}&b=1") is None
        assert rule.refuses(f"{A}/p{number}", f"{A}/p{number}?a=1&b=1") is None
    assert len(rule._paths) <= 256
    assert sum(len(path.pairs) for path in rule._paths.as_dict().values()) <= 256 * 2_000


def walk(traps: Traps, urls: Iterable[str], also: str = "") -> int:
    """Follow a chain of pages, each of which leads to the next one; return how far it goes."""
    page, length = f"{A}/", 0
    for depth, url in enumerate(urls):
        leads = traps.leads_of(page, depth)
        reason = traps.turns_away(url, leads)
        if also:
            assert traps.turns_away(f"{also}{depth}", leads) is None
        traps.learn(leads)
        if reason is not None:
            assert reason is Reason.ENDLESS
            break
        page, length = url, length + 1
    return length


CHAINS = {
    "pages": "/list?page={}",
    "counter": "/next/{}",
    "maze": "/maze/a{}/b1/c1/d1",
    "deep": "/a/b/c/d/e/f/g/h/i/{}",
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_of_one_kind_comes_to_an_end(name: str) -> None:
    chain = [A + CHAINS[name].format(number) for number in range(6_000)]
    assert 5_000 <= walk(Traps(), chain) <= 5_010
    assert walk(Traps(TrapLimits(endless=None)), chain) == 6_000


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_that_leads_to_other_pages_goes_on(name: str) -> None:
    chain = [A + CHAINS[name].format(number) for number in range(6_000)]
    assert walk(Traps(), chain, also=f"{A}/item/") == 6_000


def test_numbered_pages_that_lead_to_one_another_are_no_chain() -> None:
    traps = Traps()
    for page in range(20_000):
        leads = traps.leads_of(f"{A}/product/{page}", 8)
        for number in range(3):
            assert traps.turns_away(f"{A}/product/{1_000_000 + 3 * page + number}", leads) is None
        traps.learn(leads)


def test_budgets() -> None:
    urls = [f"{A}/{kind}/{number}" for kind in "ab" for number in range(100)]
    assert let_in(Traps(TrapLimits(pattern_budget=30)), urls) == (60, {Reason.PATTERN_BUDGET: 140})
    assert let_in(Traps(TrapLimits(host_budget=30)), urls) == (30, {Reason.HOST_BUDGET: 170})


def test_what_was_counted_goes_on_in_a_later_run() -> None:
    limits = TrapLimits(endless=100, host_budget=1_000)
    first, second = Traps(limits), Traps(limits)
    chain = [f"{A}/list?page={number}" for number in range(500)]
    walk(first, chain[:80])
    second.recall(first.counts())
    assert walk(second, chain[80:]) < 30
    assert 80 < second.counts().hosts[A] < 110
    assert second.last_refused(chain[0]) is Reason.ENDLESS


def test_the_settings_have_the_same_defaults() -> None:
    assert TrapLimits(**dict(from_mapping({}).traps)) == TrapLimits()
    assert {field for field in TrapLimits.__slots__ if not field.startswith("years")} == TRAPS - {
        Reason.CALENDAR
    }


@given(st.lists(st.sampled_from("ab"), max_size=14), st.integers(1, 4))
def test_repetition_is_what_a_regular_expression_finds(segments: list[str], most: int) -> None:
    text = "".join(segments)
    often = len(segments) - len(set(segments)) >= 2 * most
    found = re.search(rf"(.+)\1{{{most}}}", text) is not None
    assert (bool(segments) and repeats(segments, most)) == (often or found)
