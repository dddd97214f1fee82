"""What a later run knows of hosts: when they were contacted, who is to be left alone, their robots.txt."""

from collections.abc import Awaitable, Callable

import anyio

from crawler.frontier import Frontier
from crawler.model import ROBOTS, Done, Reason, Request
from crawler.policy.politeness import Politeness
from crawler.policy.robots import RobotsText, rules_for_failure, rules_for_status
from crawler.store import MemoryStore
from crawler.testing import virtual_time

VisitAll = Callable[..., Awaitable[list[tuple[float, str]]]]

A, B = "https://a.test", "https://b.test"
FORBIDDING = b"user-agent: *\ndisallow: /private\ncrawl-delay: 7"


def make(
    store: MemoryStore, politeness: Politeness | None = None, *, robots: bool = False, agent: str = "own"
) -> Frontier:
    return Frontier(store, politeness or Politeness(delay=10.0), robots=robots, agent=agent)


async def lend(frontier: Frontier, *urls: str) -> None:
    """Add requests, and lend the first of them without an end: then the process dies."""
    await frontier.recall()
    await frontier.add([Request(url) for url in urls])
    assert await frontier.lease()


def test_after_a_crash_each_host_rests_first(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        await lend(make(store), f"{A}/1", f"{B}/1")
        await anyio.sleep(3.0)  # that the contact ended sooner, nobody knows
        frontier = make(store)
        await frontier.recall()
        await frontier.add([Request("https://new.test/")])
        assert {at for at, _ in await visit_all(frontier)} == {10.0}

    virtual_time(story)


def test_who_left_in_good_order_waits_for_the_rest_of_the_delay(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store)
        await lend(first, f"{A}/1")
        await first.leave()
        await anyio.sleep(4.0)
        frontier = make(store)
        await frontier.recall()
        assert await visit_all(frontier) == [(6.0, f"{A}/1")]

    virtual_time(story)


def test_a_first_run_waits_for_nothing(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(MemoryStore())
        await frontier.recall()
        await frontier.add([Request(f"{A}/1")])
        assert await visit_all(frontier) == [(0.0, f"{A}/1")]

    virtual_time(story)


def test_a_back_off_goes_on_in_the_next_run(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store)
        await first.recall()
        await first.add([Request(f"{A}/1"), Request(f"{B}/1")])
        lease = await first.lease()
        assert lease is not None
        await first.pause(lease, 50.0)
        await anyio.sleep(20.0)
        frontier = make(store)
        await frontier.recall()
        assert await visit_all(frontier) == [(10.0, f"{B}/1"), (30.0, f"{A}/1")]

    virtual_time(story)


def test_a_back_off_is_no_longer_than_the_longest_that_is_allowed_now(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store)
        await first.recall()
        await first.add([Request(f"{A}/1")])
        lease = await first.lease()
        assert lease is not None
        await first.pause(lease, 3_000.0)
        frontier = make(store, Politeness(delay=1.0, max_delay=40.0))
        await frontier.recall()
        assert await visit_all(frontier) == [(40.0, f"{A}/1")]

    virtual_time(story)


def test_robots_txt_is_not_asked_again_before_it_is_a_day_old(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store, robots=True)
        await lend(first, f"{A}/1")
        await first.learn(A, rules_for_status(200, FORBIDDING, "own"), RobotsText(200, FORBIDDING))
        await anyio.sleep(86_000.0)
        second = make(store, Politeness(delay=1.0), robots=True)
        await second.recall()
        await second.add([Request(f"{A}/private"), Request(f"{A}/2")])
        lease = await second.lease()
        assert lease is not None
        assert second.rules_of(lease).refuses(f"{A}/private")
        second.rest(lease, contacted=True)
        await second.settle(lease, Done())
        visits = await visit_all(second)
        assert [at for at, _ in visits] == [7.0, 14.0]  # its Crawl-delay holds as well
        third = make(store, robots=True)
        await third.recall()
        await third.add([Request(f"{A}/3")])
        await anyio.sleep(500.0)
        assert [url for _, url in await visit_all(third)] == [f"{A}/robots.txt", f"{A}/3"]

    virtual_time(story, longest=1e6)


def test_it_is_read_for_the_name_that_the_crawl_has_now() -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store, robots=True)
        await lend(first, f"{A}/1")
        body = b"user-agent: other\ndisallow: /"
        await first.learn(A, rules_for_status(200, body, "own"), RobotsText(200, body))
        second = make(store, robots=True, agent="other")
        await second.recall()
        await second.add([Request(f"{A}/1")])
        lease = await second.lease()
        assert lease is not None
        assert lease.request.callback != ROBOTS
        assert second.rules_of(lease).refuses(f"{A}/1")

    virtual_time(story)


def test_one_that_could_not_be_read_is_asked_again(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store, robots=True)
        await lend(first, f"{A}/1")
        await first.learn(A, rules_for_failure(Reason.CONNECT))
        second = make(store, robots=True)
        await second.recall()
        await second.add([Request(f"{A}/1")])
        assert [url for _, url in await visit_all(second)] == [f"{A}/robots.txt", f"{A}/1"]

    virtual_time(story)


def test_a_shorter_back_off_does_not_end_a_longer_one(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        first = make(store, Politeness(delay=0.0, per_host=2))
        await first.recall()
        await first.add([Request(f"{A}/1"), Request(f"{A}/2")])
        leases = [await first.lease(), await first.lease()]
        for lease, seconds in zip(leases, (50.0, 1.0), strict=True):
            assert lease is not None
            await first.pause(lease, seconds)
        frontier = make(store, Politeness(delay=0.0))
        await frontier.recall()
        assert {at for at, _ in await visit_all(frontier)} == {50.0}

    virtual_time(story)


def test_rules_that_are_too_old_serve_on_while_robots_txt_cannot_be_read() -> None:
    """RFC 9309, 2.4, as within one run."""

    async def story() -> None:
        store = MemoryStore()
        first = make(store, robots=True)
        await lend(first, f"{A}/1")
        await first.learn(A, rules_for_status(200, FORBIDDING, "own"), RobotsText(200, FORBIDDING))
        for _ in range(25):
            await anyio.sleep(3_600.0)
        second = make(store, robots=True)
        await second.recall()
        await second.add([Request(f"{A}/2")])
        asked = await second.lease()
        assert asked is not None
        assert asked.request.callback == ROBOTS
        await second.learn(A, rules_for_failure(Reason.CONNECT))
        second.rest(asked, contacted=True)
        await second.settle(asked, Done())
        lease = await second.lease()
        assert lease is not None
        assert not second.rules_of(lease).refuses(f"{A}/2")
        assert second.rules_of(lease).refuses(f"{A}/private")

    virtual_time(story, longest=1e6)
