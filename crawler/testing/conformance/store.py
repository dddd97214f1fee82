"""The `Store` contract, sentence by sentence, as tests for pytest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import anyio

from crawler.contracts import Settlement, Store
from crawler.model import Lease, Reason, Request
from crawler.testing.conformance.opened import Made, opened

A, B = "https://a.test", "https://b.test"
TTL = 60.0


def on_store(test: Callable[[Any, Store], Awaitable[None]]) -> Callable[[Any], None]:
    """Make a test on an opened store a plain function, which no plugin for async tests has to run."""

    async def run(self: StoreConformance) -> None:
        async with opened(self.make_store()) as store:
            await test(self, store)

    def plain(self: StoreConformance) -> None:
        anyio.run(partial(run, self))

    plain.__name__, plain.__qualname__ = test.__name__, test.__qualname__
    plain.__doc__, plain.__module__ = test.__doc__, test.__module__
    return plain


def requests(*paths: str, host: str = A, **options: Any) -> list[Request]:
    return [Request(f"{host}/{path}", **options) for path in paths]


async def claim(
    store: Store, number: int = 1, *, host: str = A, now: float = 0.0, owner: str = "me"
) -> Sequence[Lease]:
    return await store.claim({host: number}, owner=owner, now=now, ttl=TTL)


async def claim_urls(store: Store, number: int = 10, *, host: str = A, now: float = 0.0) -> list[str]:
    return [lease.request.url for lease in await claim(store, number, host=host, now=now)]


async def settle_one(store: Store, lease: Lease, now: float = 0.0, **what: Any) -> bool:
    (settled,) = await store.settle([Settlement(lease, what.pop("reason", Reason.OK), **what)], now=now)
    return settled.accepted


class StoreConformance:
    """Subclass it, name the class `Test…`, and write `make_store`."""

    def make_store(self) -> Made:
        """Return a new, empty store, or an async context manager that gives one."""
        raise NotImplementedError("write make_store in your test class")

    # add

    @on_store
    async def test_add_returns_those_whose_key_was_new(self, store: Store) -> None:
        first = requests("1", "2")
        assert list(await store.add(first)) == first
        assert [request.url for request in await store.add(requests("2", "3"))] == [f"{A}/3"]
        assert list(await store.add([])) == []

    @on_store
    async def test_add_takes_a_key_once_within_a_batch(self, store: Store) -> None:
        new = await store.add(requests("1", "1"))
        assert len(new) == 1
        assert await claim_urls(store) == [f"{A}/1"]

    @on_store
    async def test_the_key_and_not_the_url_makes_a_request_the_same(self, store: Store) -> None:
        await store.add([Request(f"{A}/1", key="x"), Request(f"{A}/1", key="y")])
        assert await store.add([Request(f"{A}/2", key="x")]) == []
        assert await claim_urls(store) == [f"{A}/1"] * 2

    @on_store
    async def test_a_request_is_known_after_it_is_over(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        await settle_one(store, lease)
        assert list(await store.add(requests("1"))) == []
        assert await claim_urls(store, now=1e6) == []

    @on_store
    async def test_a_request_comes_back_as_it_was_added(self, store: Store) -> None:
        request = Request(
            f"{A}/form?q=%C3%A9",
            "answered",
            method="POST",
            headers={"X-Token": "s3cret"},
            form={"a": "ä", "b": [1, 2]},
            data={"rank": 1, "tags": ["x", "y"], "raw": b"\x00\xff", "none": None},
            priority=-3,
            accept=(404, 410),
            again=True,
            on_error="failed",
        ).child_of(Request(f"{A}/parent"))
        hop = Request(f"{A}/old", key="k").hop(f"{A}/new", keep_body=True, cookie=True)
        await store.add([request, hop])
        leases = {lease.request.url: lease.request for lease in await claim(store, 2)}
        assert leases == {request.url: request, hop.url: hop}
        assert leases[request.url].data["raw"] == b"\x00\xff"

    @on_store
    async def test_two_that_add_the_same_at_once_find_each_key_new_once(self, store: Store) -> None:
        new: list[Request] = []

        async def add() -> None:
            new.extend(await store.add(requests(*map(str, range(50)))))

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(add)
        assert len(new) == len({request.key for request in new}) == 50

    # knows, callback_of

    @on_store
    async def test_knows_never_invents(self, store: Store) -> None:
        assert not store.knows(f"{A}/1")
        await store.add(requests("1"))
        assert not any(store.knows(f"{A}/{path}") for path in ("", "2", "11", "1/", "1?"))
        assert not store.knows("")

    @on_store
    async def test_a_stale_settlement_makes_nothing_known(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        assert not await settle_one(store, lease, now=TTL + 1, found=requests("2"))
        assert not store.knows(f"{A}/2")
        assert await store.callback_of(f"{A}/2") is None

    @on_store
    async def test_callback_of_names_the_callback(self, store: Store) -> None:
        await store.add([Request(f"{A}/1", "book"), Request(f"{A}/2", "author", key="k")])
        assert await store.callback_of(f"{A}/1") == "book"
        assert await store.callback_of("k") == "author"
        assert await store.callback_of(f"{A}/2") is None

    @on_store
    async def test_callback_of_knows_what_was_found(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        await settle_one(store, lease, found=[Request(f"{A}/2", "book")])
        assert await store.callback_of(f"{A}/2") == "book"

    # claim

    @on_store
    async def test_claim_lends_by_priority_and_then_as_added(self, store: Store) -> None:
        await store.add(requests("1", "2"))
        await store.add(requests("3", "4", priority=5))
        await store.add(requests("5", priority=-1))
        await store.add(requests("6"))
        assert await claim_urls(store, 3) == [f"{A}/3", f"{A}/4", f"{A}/1"]
        assert await claim_urls(store) == [f"{A}/2", f"{A}/6", f"{A}/5"]

    @on_store
    async def test_claim_lends_as_many_of_each_host_as_are_wanted(self, store: Store) -> None:
        await store.add([*requests("1", "2", "3"), *requests("1", "2", "3", host=B)])
        leases = await store.claim({A: 1, B: 2}, owner="me", now=0.0, ttl=TTL)
        assert Counter(lease.host for lease in leases) == {A: 1, B: 2}
        assert all(lease.request.url.startswith(lease.host + "/") for lease in leases)

    @on_store
    async def test_claim_of_nothing_and_of_strangers_lends_nothing(self, store: Store) -> None:
        await store.add(requests("1"))
        strangers = {"https://c.test": 1, "http://a.test": 1, "https://a.test:8443": 1}
        assert list(await store.claim(strangers, owner="me", now=0.0, ttl=TTL)) == []
        assert list(await store.claim({}, owner="me", now=0.0, ttl=TTL)) == []
        assert list(await claim(store, 0)) == []

    @on_store
    async def test_what_is_lent_is_not_lent_again(self, store: Store) -> None:
        await store.add(requests("1", "2"))
        first = await claim(store, 1)
        second = await claim(store, 10, owner="you")
        assert [lease.request.url for lease in (*first, *second)] == [f"{A}/1", f"{A}/2"]
        assert list(await claim(store, 10)) == []

    @on_store
    async def test_two_that_claim_at_once_get_different_requests(self, store: Store) -> None:
        await store.add(requests(*map(str, range(60))))
        leases: list[Lease] = []

        async def work(owner: str) -> None:
            while got := await claim(store, 7, owner=owner):
                leases.extend(got)

        async with anyio.create_task_group() as tasks:
            for owner in "abc":
                tasks.start_soon(work, owner)
        assert len(leases) == len({lease.request.url for lease in leases}) == 60

    # leases end

    @on_store
    async def test_a_lease_ends_by_time_and_the_request_is_lent_again(self, store: Store) -> None:
        await store.add(requests("1"))
        (first,) = await claim(store)
        assert list(await claim(store, now=TTL - 1)) == []
        (second,) = await claim(store, now=TTL + 1, owner="you")
        assert second.request == first.request
        assert second.token > first.token
        assert (first.attempt, second.attempt) == (1, 2)

    @on_store
    async def test_a_request_that_came_back_keeps_its_place(self, store: Store) -> None:
        await store.add(requests("1", "2", "3"))
        await claim(store)
        assert await claim_urls(store, 2, now=TTL + 1) == [f"{A}/1", f"{A}/2"]

    @on_store
    async def test_a_lease_without_end_lasts(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await store.claim({A: 1}, owner="me", now=0.0, ttl=float("inf"))
        assert list(await claim(store, now=1e9)) == []
        assert await settle_one(store, lease, now=1e9)

    @on_store
    async def test_extend_keeps_a_lease(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        assert list(await store.extend([lease], now=TTL - 1, ttl=TTL)) == [True]
        assert list(await claim(store, now=2 * TTL - 2)) == []
        assert await settle_one(store, lease, now=2 * TTL - 2)

    @on_store
    async def test_an_extended_lease_ends_too(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        await store.extend([lease], now=TTL - 1, ttl=TTL)
        assert await claim_urls(store, now=2 * TTL) == [f"{A}/1"]
        assert not await settle_one(store, lease, now=2 * TTL)

    @on_store
    async def test_extend_says_which_leases_are_lost(self, store: Store) -> None:
        await store.add(requests("1", "2", "3"))
        expired, settled, held = await claim(store, 3)
        await store.extend([settled, held], now=0.0, ttl=3 * TTL)
        await settle_one(store, settled)
        assert list(await store.extend([expired, settled, held], now=TTL + 1, ttl=TTL)) == [
            False,
            False,
            True,
        ]

    # settle

    @on_store
    async def test_settle_writes_items_and_found_requests(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        settlement = Settlement(lease, Reason.OK, found=requests("1", "2"), items=[{"n": 1}, {"n": 2}])
        (settled,) = await store.settle([settlement], now=1.0)
        assert settled.accepted
        assert [request.url for request in settled.new] == [f"{A}/2"]
        records = await store.drain(0, 10)
        assert [(record.item, record.url) for record in records] == [({"n": n}, f"{A}/1") for n in (1, 2)]
        assert await claim_urls(store, now=1.0) == [f"{A}/2"]

    @on_store
    async def test_settle_happens_once(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        settlement = Settlement(lease, Reason.OK, items=[{"n": 1}])
        answers = await store.settle([settlement, settlement], now=0.0)
        assert [answer.accepted for answer in answers] == [True, False]
        assert not await settle_one(store, lease, items=[{"n": 2}])
        assert len(await store.drain(0, 10)) == 1

    @on_store
    async def test_an_expired_lease_settles_nothing_even_if_nobody_took_the_request(
        self, store: Store
    ) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        assert not await settle_one(store, lease, now=TTL + 1, items=[{}], found=requests("2"))
        assert list(await store.drain(0, 10)) == []
        assert await claim_urls(store, now=TTL + 1) == [f"{A}/1"]

    @on_store
    async def test_only_the_newest_lease_settles(self, store: Store) -> None:
        await store.add(requests("1"))
        (old,) = await claim(store)
        (new,) = await claim(store, now=TTL + 1)
        assert not await settle_one(store, old, now=TTL + 2, items=[{"by": "old"}], found=requests("2"))
        assert await settle_one(store, new, now=TTL + 2, items=[{"by": "new"}])
        assert [record.item for record in await store.drain(0, 10)] == [{"by": "new"}]
        assert await claim_urls(store, now=1e6) == []

    @on_store
    async def test_an_old_lease_does_not_put_off_a_new_one(self, store: Store) -> None:
        await store.add(requests("1"))
        (old,) = await claim(store)
        (new,) = await claim(store, now=TTL + 1)
        assert not await settle_one(store, old, now=TTL + 2, reason=Reason.CONNECT, again_at=TTL + 3)
        assert list(await claim(store, now=TTL + 4)) == []
        assert await settle_one(store, new, now=TTL + 4)

    @on_store
    async def test_a_lost_lease_in_a_batch_costs_the_others_nothing(self, store: Store) -> None:
        await store.add(requests("1", "2", "3"))
        leases = await claim(store, 3)
        await settle_one(store, leases[1])
        answers = await store.settle(
            [Settlement(lease, Reason.OK, items=[{"of": lease.request.url}]) for lease in leases], now=0.0
        )
        assert [answer.accepted for answer in answers] == [True, False, True]
        items = [record.item["of"] for record in await store.drain(0, 10)]
        assert items == [f"{A}/1", f"{A}/3"]

    @on_store
    async def test_two_settlements_find_the_same_request_once(self, store: Store) -> None:
        await store.add(requests("1", "2"))
        leases = await claim(store, 2)
        answers = await store.settle(
            [Settlement(lease, Reason.OK, found=requests("3")) for lease in leases], now=0.0
        )
        assert [len(answer.new) for answer in answers] == [1, 0]
        assert await claim_urls(store) == [f"{A}/3"]

    @on_store
    async def test_what_is_tried_again_is_lent_when_its_time_has_come(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        assert await settle_one(store, lease, now=1.0, reason=Reason.BUSY, again_at=31.0)
        assert list(await claim(store, now=30.9)) == []
        (again,) = await claim(store, now=31.0)
        assert (again.request, again.attempt) == (lease.request, 2)
        assert again.token > lease.token

    @on_store
    async def test_what_is_tried_again_keeps_priority_and_age(self, store: Store) -> None:
        await store.add([*requests("1"), *requests("2", priority=1)])
        for lease in await claim(store, 2):
            await settle_one(store, lease, reason=Reason.CONNECT, again_at=5.0)
        await store.add(requests("3"))
        assert await claim_urls(store, now=5.0) == [f"{A}/2", f"{A}/1", f"{A}/3"]

    # backlog

    @on_store
    async def test_backlog_tells_what_waits_by_host(self, store: Store) -> None:
        assert list(await store.backlog()) == []
        await store.add([*requests("1", "2", "3", "4"), *requests("1", host=B)])
        leases = await claim(store, 3)
        await settle_one(store, leases[0])
        await settle_one(store, leases[1], reason=Reason.CONNECT, again_at=7.5)
        backlogs = {backlog.host: backlog for backlog in await store.backlog()}
        assert {host: backlog.ready for host, backlog in backlogs.items()} == {A: 1, B: 1}
        assert (list(backlogs[A].delayed), list(backlogs[B].delayed)) == ([7.5], [])

    @on_store
    async def test_backlog_is_empty_when_all_is_over(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        await settle_one(store, lease)
        assert sum(backlog.ready + len(backlog.delayed) for backlog in await store.backlog()) == 0

    # drain, forget

    @on_store
    async def test_drain_gives_items_in_the_order_of_their_commit(self, store: Store) -> None:
        await self._commit(store, 7)
        assert [record.item["n"] for record in await store.drain(0, 100)] == list(range(7))
        first = await store.drain(0, 3)
        assert [record.item["n"] for record in first] == [0, 1, 2]
        rest = await store.drain(first[-1].id, 100)
        assert [record.item["n"] for record in rest] == [3, 4, 5, 6]
        assert list(await store.drain(rest[-1].id, 100)) == []

    @on_store
    async def test_ids_of_items_count_from_one(self, store: Store) -> None:
        await self._commit(store, 5)
        ids = [record.id for record in await store.drain(0, 100)]
        assert ids == [1, 2, 3, 4, 5]

    @on_store
    async def test_draining_takes_nothing_away(self, store: Store) -> None:
        await self._commit(store, 2)
        assert list(await store.drain(0, 10)) == list(await store.drain(0, 10))

    @on_store
    async def test_forgotten_items_are_gone_and_their_ids_stay_used(self, store: Store) -> None:
        await self._commit(store, 3)
        before = await store.drain(0, 10)
        await store.forget(before[1].id)
        assert [record.item["n"] for record in await store.drain(0, 10)] == [2]
        await store.forget(before[2].id)
        await store.forget(before[2].id)
        await self._commit(store, 1, path="later")
        (later,) = await store.drain(before[2].id, 10)
        assert later.id == before[2].id + 1

    async def _commit(self, store: Store, number: int, path: str = "items") -> None:
        await store.add(requests(path))
        (lease,) = await claim(store)
        assert await settle_one(store, lease, items=[{"n": n} for n in range(number)])
