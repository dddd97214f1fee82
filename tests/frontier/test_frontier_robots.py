from collections.abc import Awaitable, Callable

import anyio

from crawler.frontier import Frontier
from crawler.model import ROBOTS, Done, Reason, Request
from crawler.policy.pace import Pace
from crawler.policy.politeness import Politeness
from crawler.policy.robots import OFF, RobotsRules, rules_for_failure
from crawler.store import MemoryStore
from crawler.testing import virtual_time

VisitAll = Callable[..., Awaitable[list[tuple[float, str]]]]

A, B = "https://a.test", "https://b.test"


def make(
    politeness: Politeness | None = None, store: MemoryStore | None = None, *, robots: bool = False
) -> Frontier:
    return Frontier(
        MemoryStore() if store is None else store, politeness or Politeness(delay=1.0), robots=robots
    )


def urls(*paths: str, host: str = A, priority: int = 0) -> list[Request]:
    return [Request(f"{host}/{path}", priority=priority) for path in paths]


# robots.txt


def test_robots_txt_goes_first_and_once_per_origin(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(robots=True)
        await frontier.add([*urls("1", "2"), *urls("1", host="http://a.test")])
        order = [url for _, url in await visit_all(frontier)]
        assert [url for url in order if url.endswith("robots.txt")] == [
            f"{A}/robots.txt",
            "http://a.test/robots.txt",
        ]
        assert order.index(f"{A}/robots.txt") < order.index(f"{A}/1")
        assert order.index("http://a.test/robots.txt") < order.index("http://a.test/1")

    virtual_time(story)


def test_nothing_of_an_origin_is_lent_before_its_rules_are_known(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=0.0, per_host=4), robots=True)
        await frontier.add(urls("1", "2"))
        lease = await frontier.lease()
        assert lease is not None
        assert lease.request.callback == ROBOTS
        with anyio.move_on_after(100) as waited:
            await frontier.lease()
        assert waited.cancelled_caught
        frontier.rest(lease, contacted=True)
        await frontier.learn(A, OFF)
        await frontier.settle(lease, Done())
        assert [url for _, url in await visit_all(frontier)] == [f"{A}/1", f"{A}/2"]

    virtual_time(story)


def test_rules_are_asked_for_again_after_a_day(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=20_000.0), robots=True)
        await frontier.add(urls(*map(str, range(6))))
        visits = await visit_all(frontier)
        assert [at for at, url in visits if url.endswith("robots.txt")] == [0.0, 100_000.0]

    virtual_time(story, longest=1e6)


def test_a_crawl_delay_slows_the_host_down_from_the_first_page_on(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0, per_host=2), robots=True)
        await frontier.add(urls("1", "2"))
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        await frontier.learn(A, RobotsRules("", allow_all=True, crawl_delay=7.0))
        await frontier.settle(lease, Done())
        assert await visit_all(frontier, seconds=1.0) == [(7.0, f"{A}/1"), (15.0, f"{A}/2")]

    virtual_time(story)


def test_a_crawl_delay_is_capped_by_the_longest_pause_of_ours() -> None:
    pace = Pace(1.0, 1, longest=60.0)
    pace.slow_down(86_400.0)
    assert pace.delay == 60.0


def test_a_host_that_is_slowed_down_while_it_is_contacted_rests_after_the_last_contact() -> None:
    pace = Pace(1.0, 2)
    pace.begin()
    pace.begin()
    pace.slow_down(10.0)
    pace.end(5.0, contacted=True)
    pace.end(8.0, contacted=True)
    assert pace.wait(8.0) == 10.0
    pace.begin()
    assert pace.wait(18.0) == float("inf")


def test_rules_that_were_read_serve_on_while_robots_txt_is_unreachable(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(robots=True)
        forbidding = RobotsRules("rules read", forbid_all=True)
        await frontier.learn(A, forbidding)
        await frontier.learn(A, rules_for_failure(Reason.CONNECT))
        await frontier.add(urls("1"))
        lease = await frontier.lease()
        assert lease is not None
        assert frontier.rules_of(lease) is forbidding

    virtual_time(story)
