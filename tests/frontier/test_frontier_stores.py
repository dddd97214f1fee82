from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import pairwise

import anyio

from crawler.contracts import Record, Settled, Settlement
from crawler.frontier import Frontier
from crawler.model import Done, Lease, Request
from crawler.policy.politeness import Politeness
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


# Two frontiers, one Politeness


def test_frontiers_that_share_politeness_share_the_pace(visit_all: VisitAll) -> None:
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


def test_a_frontier_that_is_parked_is_woken_by_the_other_one(visit_all: VisitAll) -> None:
    async def story() -> None:
        politeness = Politeness(delay=1.0)
        first, second = make(politeness), make(politeness)
        await first.add(urls("1"))
        await second.add(urls("2"))
        lease = await first.lease()
        assert lease is not None

        async def give_back() -> None:
            await anyio.sleep(5.0)
            first.rest(lease, contacted=True, latency=0.1)

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


def test_two_frontiers_of_slow_stores_do_not_take_the_same_slot(visit_all: VisitAll) -> None:
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


def test_links_that_a_slow_store_is_still_writing_are_waited_for(visit_all: VisitAll) -> None:
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


def test_a_cancelled_claim_gives_the_slot_back(visit_all: VisitAll) -> None:
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


def test_a_request_whose_lease_ran_out_is_not_lost(visit_all: VisitAll) -> None:
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
