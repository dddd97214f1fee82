"""The `Store` contract on adding requests, lending them, and leases that end by time."""

from __future__ import annotations

from collections import Counter

import anyio

from crawler.contracts import Known, Settlement, State, Store
from crawler.model import Lease, Reason, Request
from crawler.testing.conformance.suite import (
    TTL,
    A,
    B,
    Suite,
    claim,
    claim_urls,
    on_store,
    requests,
    settle_one,
)


class Lending(Suite):
    """Add, knows, callback_of, look_up, claim, extend."""

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

    # look_up

    @on_store
    async def test_look_up_tells_what_waits_lent_or_not(self, store: Store) -> None:
        await store.add([Request(f"{A}/1", "book"), Request(f"{A}/2", "author", key="k")])
        assert await store.look_up(f"{A}/1") == Known("book")
        assert await store.look_up("k") == Known("author")
        assert await store.look_up(f"{A}/2") is None
        await claim(store)
        assert await store.look_up(f"{A}/1") == Known("book")

    @on_store
    async def test_look_up_tells_how_requests_ended(self, store: Store) -> None:
        await store.add(requests("1", "2", "3", "4"))
        leases = await claim(store, 4)
        ends = [
            (Reason.OK, State.DONE, ""),
            (Reason.STATUS, State.GAVE_UP, "404"),
            (Reason.ROBOTS, State.REFUSED, "rules read"),
            (Reason.REDIRECT, State.DONE, f"{A}/1"),
        ]
        await store.settle(
            [
                Settlement(lease, reason, state=state, detail=detail)
                for lease, (reason, state, detail) in zip(leases, ends, strict=True)
            ],
            now=0.0,
        )
        for lease, (reason, state, detail) in zip(leases, ends, strict=True):
            known = await store.look_up(lease.request.key)
            assert known == Known("parse", state, reason, detail)

    @on_store
    async def test_look_up_tells_why_a_request_waits_again_and_how_it_ended_then(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        await settle_one(store, lease, reason=Reason.BUSY, again_at=5.0)
        assert await store.look_up(f"{A}/1") == Known("parse", State.WAITING, Reason.BUSY)
        (lease,) = await claim(store, now=5.0)
        assert await settle_one(store, lease, now=5.0)
        assert await store.look_up(f"{A}/1") == Known("parse", State.DONE, Reason.OK)

    @on_store
    async def test_a_lost_lease_changes_nothing_that_look_up_tells(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        assert not await settle_one(store, lease, now=TTL + 1)
        assert await store.look_up(f"{A}/1") == Known("parse")

    @on_store
    async def test_details_from_strangers_do_not_take_the_place_of_others(self, store: Store) -> None:
        """What a store keeps of details may be limited; state and reason are always told."""
        paths = [str(number) for number in range(2_500)]
        await store.add(requests(*paths))
        leases = await claim(store, 2_500)
        await store.settle(
            [
                Settlement(lease, Reason.CONNECT, state=State.GAVE_UP, detail=f"no {n}")
                for n, lease in enumerate(leases[:-1])
            ]
            + [Settlement(leases[-1], Reason.STATUS, state=State.GAVE_UP, detail="418")],
            now=0.0,
        )
        for number, lease in enumerate(leases[:-1]):
            if number % 100 == 99:
                known = await store.look_up(lease.request.key)
                assert known is not None
                assert (known.state, known.reason) == (State.GAVE_UP, Reason.CONNECT)
                assert known.detail in ("", f"no {number}")
        assert await store.look_up(leases[-1].request.key) == Known(
            "parse", State.GAVE_UP, Reason.STATUS, "418"
        )

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
