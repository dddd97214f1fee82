import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import anyio

from crawler.contracts import Record, Settled, Settlement
from crawler.frontier import Frontier, MemoryStore
from crawler.model import ROBOTS, Done, Lease, Reason, Request, Retry
from crawler.policy.politeness import Pace, Politeness
from crawler.policy.robots import OFF, RobotsRules
from crawler.testing import virtual_time

A, B = "https://a.test", "https://b.test"


def make(
    politeness: Politeness | None = None, store: MemoryStore | None = None, *, robots: bool = False
) -> Frontier:
    return Frontier(
        MemoryStore() if store is None else store, politeness or Politeness(delay=1.0), robots=robots
    )


def urls(*paths: str, host: str = A, priority: int = 0) -> list[Request]:
    return [Request(f"{host}/{path}", priority=priority) for path in paths]


async def visit(frontier: Frontier, seconds: float = 0.0) -> tuple[float, Lease] | None:
    """Lease, pretend to fetch, settle; return when it was leased, and what."""
    lease = await frontier.lease()
    if lease is None:
        return None
    at = anyio.current_time()
    await anyio.sleep(seconds)
    frontier.rest(lease, contacted=True)
    if lease.request.callback == ROBOTS:
        frontier.learn(lease.request.data, OFF)
    await frontier.settle(lease, Done())
    return at, lease


async def visit_all(frontier: Frontier, seconds: float = 0.0) -> list[tuple[float, str]]:
    began, visits = anyio.current_time(), []
    while got := await visit(frontier, seconds):
        visits.append((round(got[0] - began, 6), got[1].request.url))
    return visits


# The order of requests


def test_higher_priority_goes_first_then_as_added() -> None:
    async def story() -> None:
        frontier = make()
        await frontier.add([*urls("1", "2"), *urls("3", priority=9), *urls("4", priority=-1)])
        order = [url for _, url in await visit_all(frontier)]
        assert order == [f"{A}/3", f"{A}/1", f"{A}/2", f"{A}/4"]

    virtual_time(story)


def test_hosts_take_turns_and_none_waits_for_another() -> None:
    async def story() -> None:
        frontier = make()
        hosts = [f"https://{name}.test" for name in "abc"]
        for host in hosts:
            await frontier.add(urls("1", "2", "3", host=host))
        visits = await visit_all(frontier)
        assert [at for at, _ in visits] == [0.0] * 3 + [1.0] * 3 + [2.0] * 3
        for turn in range(3):
            assert {url.rpartition("/")[0] for _, url in visits[3 * turn : 3 * turn + 3]} == set(hosts)

    virtual_time(story)


def test_hosts_take_turns_without_any_delay_too() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=0.0))
        await frontier.add([*urls("1", "2", "3"), *urls("1", "2", "3", host=B)])
        order = [url for _, url in await visit_all(frontier)]
        assert order == [f"{host}/{n}" for n in (1, 2, 3) for host in (A, B)]

    virtual_time(story)


def test_the_delay_counts_from_the_end_of_a_contact() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=2.0))
        await frontier.add(urls("1", "2", "3"))
        assert [at for at, _ in await visit_all(frontier, seconds=0.5)] == [0.0, 2.5, 5.0]

    virtual_time(story)


def test_a_host_that_was_not_contacted_does_not_rest() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=100.0))
        await frontier.add(urls("1", "2"))
        for _ in range(2):
            lease = await frontier.lease()
            assert lease is not None
            frontier.rest(lease, contacted=False)
            await frontier.settle(lease, Done())
        assert await frontier.lease() is None
        assert anyio.current_time() < 1.0 + began

    began = 0.0

    async def timed() -> None:
        nonlocal began
        began = anyio.current_time()
        await story()

    virtual_time(timed)


def test_http_and_https_of_a_host_share_a_pace_and_other_ports_do_not() -> None:
    async def story() -> None:
        frontier = make()
        for origin in (A, "http://a.test", "https://a.test:8443"):
            await frontier.add(urls("1", host=origin))
        visits = await visit_all(frontier)
        assert sorted(at for at, _ in visits) == [0.0, 0.0, 1.0]
        assert {url: at for at, url in visits}[f"{A}:8443/1"] == 0.0

    virtual_time(story)


def test_several_contacts_at_a_time_where_that_is_allowed() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0, per_host=3))
        await frontier.add(urls(*map(str, range(5))))
        leases = [await frontier.lease() for _ in range(3)]
        with anyio.move_on_after(50) as waited:
            await frontier.lease()
        assert waited.cancelled_caught
        assert len({lease.request.url for lease in leases if lease}) == 3

    virtual_time(story)


# Waiting and waking


def test_a_request_for_later_is_lent_when_its_time_has_come() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=0.0))
        await frontier.add(urls("1", "2"))
        began = anyio.current_time()
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        await frontier.settle(lease, Retry(Reason.CONNECT, 30.0))
        assert frontier.pending == 2
        assert [(at, url) for at, url in await visit_all(frontier)] == [(0.0, f"{A}/2"), (30.0, f"{A}/1")]
        assert anyio.current_time() - began == 30.0

    virtual_time(story)


def test_a_paused_host_waits_and_others_do_not() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0))
        await frontier.add([*urls("1", "2"), *urls("1", "2", host=B)])
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        frontier.pause(lease, 60.0)
        await frontier.settle(lease, Done())
        assert await visit_all(frontier) == [(0.0, f"{B}/1"), (1.0, f"{B}/2"), (60.0, f"{A}/2")]

    virtual_time(story)


def test_a_host_that_was_in_the_queue_already_is_paused_too() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0, per_host=2))
        await frontier.add(urls("1", "2", "3"))
        first, second = await frontier.lease(), await frontier.lease()
        assert first is not None
        assert second is not None
        frontier.rest(first, contacted=True)
        frontier.rest(second, contacted=True)
        frontier.pause(second, 25.0)
        await frontier.settle(first, Done())
        await frontier.settle(second, Done())
        assert await visit_all(frontier) == [(25.0, f"{A}/3")]

    virtual_time(story)


def test_a_new_request_wakes_who_waits_for_a_lease() -> None:
    async def story() -> None:
        frontier = make()
        frontier.feeding(begin=True)

        async def feed() -> None:
            await anyio.sleep(5.0)
            await frontier.add(urls("1"))
            await anyio.sleep(5.0)
            frontier.feeding(begin=False)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(feed)
            assert await visit_all(frontier) == [(5.0, f"{A}/1")]

    virtual_time(story)


def test_no_lease_ends_before_what_is_lent_out_has_been_settled() -> None:
    async def story() -> None:
        frontier = make()
        await frontier.add(urls("1"))
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)

        async def settle() -> None:
            await anyio.sleep(9.0)
            await frontier.settle(lease, Done(found=urls("2")))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(settle)
            assert await visit_all(frontier) == [(9.0, f"{A}/2")]

    virtual_time(story)


def test_close_wakes_who_waits() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1000.0))
        await frontier.add(urls("1", "2"))
        await visit(frontier)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(close_later, frontier)
            assert await frontier.lease() is None
        assert frontier.pending == 1
        assert await frontier.lease() is None

    async def close_later(frontier: Frontier) -> None:
        await anyio.sleep(3.0)
        frontier.close()

    virtual_time(story, longest=10.0)


def test_an_empty_frontier_ends_at_once() -> None:
    async def story() -> None:
        assert await make().lease() is None

    virtual_time(story, longest=1.0)


def test_what_the_store_held_already_is_taken_up() -> None:
    async def story() -> None:
        store = MemoryStore()
        await store.add([*urls("1", "2"), *urls("1", host=B)])
        (lease,) = await store.claim({B: 1}, owner="earlier", now=anyio.current_time(), ttl=math.inf)
        later = Settlement(lease, Reason.BUSY, again_at=anyio.current_time() + 7.0)
        await store.settle([later], now=anyio.current_time())
        frontier = make(store=store)
        await frontier.open()
        assert frontier.pending == 3
        assert await visit_all(frontier) == [(0.0, f"{A}/1"), (1.0, f"{A}/2"), (7.0, f"{B}/1")]

    virtual_time(story)


# robots.txt


def test_robots_txt_goes_first_and_once_per_origin() -> None:
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


def test_nothing_of_an_origin_is_lent_before_its_rules_are_known() -> None:
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
        frontier.learn(A, OFF)
        await frontier.settle(lease, Done())
        assert [url for _, url in await visit_all(frontier)] == [f"{A}/1", f"{A}/2"]

    virtual_time(story)


def test_rules_are_asked_for_again_after_a_day() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=20_000.0), robots=True)
        await frontier.add(urls(*map(str, range(6))))
        visits = await visit_all(frontier)
        assert [at for at, url in visits if url.endswith("robots.txt")] == [0.0, 100_000.0]

    virtual_time(story, longest=1e6)


def test_a_crawl_delay_slows_the_host_down_from_the_first_page_on() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0, per_host=2), robots=True)
        await frontier.add(urls("1", "2"))
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        frontier.learn(A, RobotsRules("", allow_all=True, crawl_delay=7.0))
        await frontier.settle(lease, Done())
        assert await visit_all(frontier, seconds=1.0) == [(7.0, f"{A}/1"), (15.0, f"{A}/2")]

    virtual_time(story)


def test_a_crawl_delay_is_capped_by_the_longest_pause_of_ours() -> None:
    pace = Pace(1.0, 1, longest=60.0)
    pace.slow_down(86_400.0)
    assert pace.delay == 60.0


# Two frontiers, one Politeness


def test_frontiers_that_share_politeness_share_the_pace() -> None:
    async def story() -> None:
        politeness = Politeness(delay=1.0)
        frontiers = [make(politeness), make(politeness)]
        for number, frontier in enumerate(frontiers):
            await frontier.add(urls(f"{number}a", f"{number}b"))
        times: list[float] = []

        async def run(frontier: Frontier) -> None:
            times.extend(at for at, _ in await visit_all(frontier, seconds=0.25))

        async with anyio.create_task_group() as tasks:
            for frontier in frontiers:
                tasks.start_soon(run, frontier)
        assert sorted(times) == [0.0, 1.25, 2.5, 3.75]

    virtual_time(story)


def test_a_frontier_that_is_parked_is_woken_by_the_other_one() -> None:
    async def story() -> None:
        politeness = Politeness(delay=1.0)
        first, second = make(politeness), make(politeness)
        await first.add(urls("1"))
        await second.add(urls("2"))
        lease = await first.lease()
        assert lease is not None

        async def give_back() -> None:
            await anyio.sleep(5.0)
            first.rest(lease, contacted=True)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(give_back)
            assert await visit_all(second) == [(6.0, f"{A}/2")]

    virtual_time(story)


# A store that takes its time


class SlowStore(MemoryStore):
    """A store on the other side of a network."""

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        await anyio.sleep(0.1)
        return await super().claim(wanted, owner=owner, now=now, ttl=ttl)

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        await anyio.sleep(0.1)
        return await super().settle(settlements, now=now)

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        await anyio.sleep(0.1)
        return await super().drain(after, limit)


def test_two_frontiers_of_slow_stores_do_not_take_the_same_slot() -> None:
    async def story() -> None:
        politeness = Politeness(delay=1.0)
        frontiers = [make(politeness, SlowStore()), make(politeness, SlowStore())]
        times: list[float] = []

        async def run(frontier: Frontier) -> None:
            await frontier.add(urls("1", "2"))
            times.extend(at for at, _ in await visit_all(frontier, seconds=0.5))

        async with anyio.create_task_group() as tasks:
            for frontier in frontiers:
                tasks.start_soon(run, frontier)
        times.sort()
        assert len(times) == 4
        assert all(after - before >= 1.5 for before, after in pairwise(times))

    virtual_time(story)


def test_links_that_a_slow_store_is_still_writing_are_waited_for() -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=0.0), SlowStore())
        await frontier.add(urls("1"))
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(frontier.settle, lease, Done(found=urls("2")))
            await anyio.sleep(0.05)
            assert [url for _, url in await visit_all(frontier)] == [f"{A}/2"]

    virtual_time(story)


def test_a_cancelled_claim_gives_the_slot_back() -> None:
    async def story() -> None:
        politeness = Politeness(delay=1.0)
        first = make(politeness, SlowStore())
        await first.add(urls("1"))
        with anyio.move_on_after(0.05):
            await first.lease()
        second = make(politeness)
        await second.add(urls("2"))
        assert [url for _, url in await visit_all(second)] == [f"{A}/2"]

    virtual_time(story, longest=100.0)


class Emptied(SlowStore):
    """Whatever it had was taken by somebody else."""

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        await super().claim(wanted, owner="somebody else", now=now, ttl=ttl)
        return []


def test_close_is_noticed_while_the_store_finds_nothing() -> None:
    async def story() -> None:
        frontier = make(store=Emptied())
        frontier.feeding(begin=True)
        await frontier.add(urls("1"))

        async def close() -> None:
            await anyio.sleep(0.05)
            frontier.close()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(close)
            assert await frontier.lease() is None

    virtual_time(story, longest=100.0)


def test_a_host_of_which_somebody_else_has_all_is_done() -> None:
    async def story() -> None:
        frontier = make(store=Emptied())
        await frontier.add(urls("1", "2", "3"))
        assert await frontier.lease() is None
        assert frontier.pending == 0

    virtual_time(story, longest=100.0)


def test_a_request_whose_lease_ran_out_is_not_lost() -> None:
    async def story() -> None:
        frontier = Frontier(MemoryStore(), Politeness(delay=0.0), robots=False, lease_seconds=5.0)
        await frontier.add(urls("1"))
        lease = await frontier.lease()
        assert lease is not None
        await anyio.sleep(6.0)
        frontier.rest(lease, contacted=True)
        await frontier.settle(lease, Done(found=urls("2")))
        assert [url for _, url in await visit_all(frontier)] == [f"{A}/1"]

    virtual_time(story)
