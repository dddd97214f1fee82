import math
from collections.abc import Awaitable, Callable

import anyio

from crawler.contracts import Settlement
from crawler.frontier import Frontier
from crawler.model import Done, Reason, Request, Retry
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


# The order of requests


def test_higher_priority_goes_first_then_as_added(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make()
        await frontier.add([*urls("1", "2"), *urls("3", priority=9), *urls("4", priority=-1)])
        order = [url for _, url in await visit_all(frontier)]
        assert order == [f"{A}/3", f"{A}/1", f"{A}/2", f"{A}/4"]

    virtual_time(story)


def test_hosts_take_turns_and_none_waits_for_another(visit_all: VisitAll) -> None:
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


def test_hosts_take_turns_without_any_delay_too(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=0.0))
        await frontier.add([*urls("1", "2", "3"), *urls("1", "2", "3", host=B)])
        order = [url for _, url in await visit_all(frontier)]
        assert order == [f"{host}/{n}" for n in (1, 2, 3) for host in (A, B)]

    virtual_time(story)


def test_the_delay_counts_from_the_end_of_a_contact(visit_all: VisitAll) -> None:
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


def test_http_and_https_of_a_host_share_a_pace_and_other_ports_do_not(visit_all: VisitAll) -> None:
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


def test_a_request_for_later_is_lent_when_its_time_has_come(visit_all: VisitAll) -> None:
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


def test_a_paused_host_waits_and_others_do_not(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0))
        await frontier.add([*urls("1", "2"), *urls("1", "2", host=B)])
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        await frontier.pause(lease, 60.0)
        await frontier.settle(lease, Done())
        assert await visit_all(frontier) == [(0.0, f"{B}/1"), (1.0, f"{B}/2"), (60.0, f"{A}/2")]

    virtual_time(story)


def test_a_host_that_was_in_the_queue_already_is_paused_too(visit_all: VisitAll) -> None:
    async def story() -> None:
        frontier = make(Politeness(delay=1.0, per_host=2))
        await frontier.add(urls("1", "2", "3"))
        first, second = await frontier.lease(), await frontier.lease()
        assert first is not None
        assert second is not None
        frontier.rest(first, contacted=True)
        frontier.rest(second, contacted=True)
        await frontier.pause(second, 25.0)
        await frontier.settle(first, Done())
        await frontier.settle(second, Done())
        assert await visit_all(frontier) == [(25.0, f"{A}/3")]

    virtual_time(story)


def test_a_new_request_wakes_who_waits_for_a_lease(visit_all: VisitAll) -> None:
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


def test_no_lease_ends_before_what_is_lent_out_has_been_settled(visit_all: VisitAll) -> None:
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
        lease = await frontier.lease()
        assert lease is not None
        frontier.rest(lease, contacted=True)
        await frontier.settle(lease, Done())

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


def test_what_the_store_held_already_is_taken_up(visit_all: VisitAll) -> None:
    async def story() -> None:
        store = MemoryStore()
        await store.add([*urls("1", "2"), *urls("1", host=B)])
        (lease,) = await store.claim({B: 1}, owner="earlier", now=anyio.current_time(), ttl=math.inf)
        later = Settlement(lease, Reason.BUSY, again_at=anyio.current_time() + 7.0)
        await store.settle([later], now=anyio.current_time())
        frontier = make(store=store)
        await frontier.recall()
        assert frontier.pending == 3
        assert await visit_all(frontier) == [(0.0, f"{A}/1"), (1.0, f"{A}/2"), (7.0, f"{B}/1")]

    virtual_time(story)
