"""The first good page wins; when it is returned, the others are gone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler import Page
from crawler.errors import ConnectFailed
from crawler.model import Reason
from crawler.pages import PageError, first
from crawler.testing import PretendWeb

POLITE: dict[str, Any] = {"politeness": {"delay": 0, "robots": False, "retries": 0}}
OWN: dict[str, Any] = {**POLITE, "fetch": {"allow": ["127.0.0.1"]}}
names = (f"test{number}" for number in itertools.count())


# On real sockets: the servers say what they saw.


async def test_the_fast_one_wins_and_the_others_are_left(mirrors: Any, nothing_left: Any) -> None:
    name = next(names)
    urls = [mirrors.url(0, 30, name=name), mirrors.url(1, 0, 500, name=name), mirrors.url(2, 0.05, name=name)]
    with nothing_left():
        page = await first(urls, **OWN)
    assert page.source == "mirror 2"
    assert page.asked == urls[2]
    log = await mirrors.log(name)
    assert set(log) == {0, 1, 2}
    assert all("left" in times for times in log.values())  # each server saw its connection end
    assert "answered" not in log[0]


async def test_a_mirror_that_hangs_up_in_the_middle(mirrors: Any, nothing_left: Any) -> None:
    name = next(names)
    with nothing_left():
        page = await first([mirrors.url(0, 0.01, 0, name), mirrors.url(1, 0.05, name=name)], **OWN)
    assert page.source == "mirror 1"


async def test_robots_are_asked_of_each_mirror(mirrors: Any, nothing_left: Any) -> None:
    name = next(names)
    manner = {**OWN, "politeness": {"delay": 0}}
    with nothing_left():
        page = await first([mirrors.url(0, 30, name=name), mirrors.url(1, 0, name=name)], **manner)
    assert page.source == "mirror 1"


mirror = st.tuples(
    st.integers(0, 5).map(lambda number: number * 0.02), st.sampled_from([200, 200, 404, 500, 0])
)


@given(st.lists(mirror, min_size=1, max_size=4), st.sampled_from([None, 0.0, 0.03]))
@settings(max_examples=25, deadline=None)
def test_on_sockets_one_wins_and_nothing_is_left(
    mirrors: Any, run_first: Callable[..., Any], chosen: list[tuple[float, int]], hedge: float | None
) -> None:
    name = next(names)
    urls = [mirrors.url(place, seconds, status, name) for place, (seconds, status) in enumerate(chosen)]
    result, log = run_first(urls, hedge, name)
    assert all("left" in times for times in log.values())
    if isinstance(result, Page):
        winner = urls.index(result.asked)
        others = [
            times["answered"]
            for place, times in log.items()
            if "answered" in times and chosen[place][1] == 200
        ]
        assert chosen[winner][1] == 200
        assert log[winner]["answered"] <= min(others) + 0.015  # the latencies differ by more, or tie
    else:
        assert 200 not in [status for _, status in chosen]
        assert [error.url for error in result] == urls


@pytest.fixture(scope="session")
def run_first(mirrors: Any) -> Callable[..., Any]:
    async def main(urls: list[str], hedge: float | None, name: str) -> Any:
        result: Any
        before = asyncio.all_tasks()
        try:
            result = await first(urls, hedge=hedge, **OWN)
        except ExceptionGroup as group:
            result = group.exceptions
        assert asyncio.all_tasks() == before
        return result, await mirrors.log(name)

    return lambda *args: asyncio.run(main(*args))


# In virtual time: who wins, and when each starts, to the hundredth.


def expected(chosen: list[tuple[int, str]], hedge: float | None) -> tuple[list[float], set[int], float]:
    """When each mirror would start, who may win, and when it is decided."""
    starts = [0.0] * len(chosen) if hedge is None else [0.0]
    used: set[int] = set()  # the failures that have started another one
    while hedge is not None and len(starts) < len(chosen):
        ends = sorted((start + chosen[place][0], place) for place, start in enumerate(starts))
        failed = [(end, place) for end, place in ends if chosen[place][1] != "good" and place not in used]
        turn = starts[-1] + hedge
        if failed and failed[0][0] < turn:
            turn = max(starts[-1], failed[0][0])
            used.add(failed[0][1])
        starts.append(turn)
    good = [
        (start + chosen[place][0], place) for place, start in enumerate(starts) if chosen[place][1] == "good"
    ]
    best = min(good, default=(float("inf"), -1))[0]
    return starts, {place for end, place in good if end == best}, best


kinds = st.sampled_from(["good", "good", "bad", "404", "dead"])
latencies = st.lists(st.integers(1, 400), min_size=6, max_size=6, unique=True)


@given(latencies, st.lists(kinds, min_size=1, max_size=6), st.sampled_from([None, 0, 35, 101, 1000]))
@settings(max_examples=300, deadline=None)
def test_in_virtual_time_the_earliest_good_one_wins(
    virtually: Any, latencies: list[int], kinds: list[str], hedge: int | None
) -> None:
    chosen = list(zip(latencies, kinds, strict=False))
    web = PretendWeb(0)
    urls = [f"http://mirror{place}.test/" for place in range(len(chosen))]
    for url, (latency, kind) in zip(urls, chosen, strict=True):
        if kind == "dead":
            web.handler(url, fail_after(latency))
        else:
            web.page(url, kind, status=404 if kind == "404" else 200, latency=latency)
    starts, winners, when = expected(chosen, hedge)

    async def main() -> tuple[Any, float]:
        loop = asyncio.get_running_loop()
        try:
            won: Any = await first(
                urls, hedge=hedge, good=lambda page: page.source == "good", fetcher=web, **POLITE
            )
        except ExceptionGroup as group:
            won = group
        assert not web.under_way
        return won, loop.time()

    won, ended = virtually(main())
    if winners:
        assert urls.index(won.asked) in winners
        assert ended == pytest.approx(when)
    else:
        assert [error.url for error in won.exceptions] == urls
        reasons = {"bad": Reason.OK, "404": Reason.STATUS, "dead": Reason.CONNECT}
        assert [error.reason for error in won.exceptions] == [reasons[kind] for _, kind in chosen]
    began = {hit.url: hit.started for hit in web.hits}
    for url, start in zip(urls, starts, strict=True):
        if start < when:
            assert began[url] == pytest.approx(start)
        elif start > when:
            assert url not in began


def fail_after(seconds: float) -> Any:
    async def fail(request: object) -> str:
        await asyncio.sleep(seconds)
        raise ConnectFailed("nobody is there")

    return fail


# The rest.


def test_a_mirror_in_trouble_does_not_make_the_next_one_wait_for_its_retries(virtually: Any) -> None:
    web = PretendWeb(0.1)
    web.fault("http://one.test/robots.txt", ConnectFailed, times=9)
    web.page("http://two.test/", "two")

    async def main() -> None:
        page = await first(
            ["http://one.test/", "http://two.test/"], hedge=60, fetcher=web, politeness={"delay": 0}
        )
        assert page.source == "two"
        assert asyncio.get_running_loop().time() == pytest.approx(0.3)

    virtually(main())


def test_good_may_be_async_and_its_errors_are_the_callers(virtually: Any) -> None:
    web = PretendWeb()
    for host in ("one", "two"):
        web.page(f"http://{host}.test/", host)
    urls = ["http://one.test/", "http://two.test/"]

    async def is_two(page: Page) -> bool:
        await asyncio.sleep(1)
        return page.source == "two"

    def breaks(page: Page) -> bool:
        raise ZeroDivisionError

    assert virtually(first(urls, good=is_two, fetcher=web)).source == "two"
    with pytest.raises(ZeroDivisionError):
        virtually(first(urls, good=breaks, fetcher=web))


def test_all_bad_comes_in_the_order_of_the_mirrors(virtually: Any) -> None:
    web = PretendWeb()
    web.page("http://one.test/", "gone", status=410, latency=2)
    web.page("http://two.test/", "two")
    urls = ["http://one.test/", "nonsense", "http://two.test/", "http://one.test/"]
    with pytest.raises(ExceptionGroup) as caught:
        virtually(first(urls, good=lambda page: False, fetcher=web))
    errors = [error for error in caught.value.exceptions if isinstance(error, PageError)]
    assert [error.url for error in errors] == urls
    assert [error.reason for error in errors] == [Reason.STATUS, Reason.SCHEME, Reason.OK, Reason.STATUS]
    assert [error.page.source if error.page else "" for error in errors] == ["gone", "", "two", "gone"]


def test_a_limit_of_time_ends_the_race(virtually: Any) -> None:
    web = PretendWeb()
    web.page("http://one.test/", "one", latency=5)
    urls = ["http://one.test/", "http://two.test/", "http://three.test/"]
    with pytest.raises(ExceptionGroup) as caught:
        virtually(
            first(
                urls,
                hedge=60,
                good=lambda page: False,
                limits={"time": 3},
                fetcher=web,
                politeness={"delay": 0},
            )
        )
    assert [error.reason for error in caught.value.exceptions if isinstance(error, PageError)] == [
        Reason.OK,
        Reason.EXCESS,
        Reason.EXCESS,
    ]


async def test_nonsense_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="a URL at least"):
        await first([])
    with pytest.raises(TypeError, match="in a list"):
        await first("http://one.test/")
    with pytest.raises(ValueError, match="hedge"):
        await first(["http://one.test/"], hedge=-1)
    with pytest.raises(TypeError, match="no option 'limit'"):
        await first(["http://one.test/"], limit=3)  # type: ignore[call-arg]
