"""The `Store` contract on settling leases, on what waits, and on items."""

from __future__ import annotations

from crawler.contracts import Mark, Settlement, Store
from crawler.model import Failed, Reason
from crawler.testing.conformance.suite import (
    TTL,
    A,
    B,
    Suite,
    claim,
    claim_urls,
    on_store,
    recall,
    requests,
    settle_one,
)


class Settling(Suite):
    """Settle, recall, drain, mark."""

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
    async def test_what_was_put_off_comes_behind_others_of_its_priority(self, store: Store) -> None:
        await store.add([*requests("1"), *requests("2", priority=1)])
        for lease in await claim(store, 2):
            await settle_one(store, lease, reason=Reason.CONNECT, again_at=5.0)
        await store.add(requests("3"))
        assert await claim_urls(store, now=5.0) == [f"{A}/2", f"{A}/3", f"{A}/1"]

    # recall

    @on_store
    async def test_recall_tells_what_waits_by_host(self, store: Store) -> None:
        assert list((await recall(store)).backlogs) == []
        await store.add([*requests("1", "2", "3", "4"), *requests("1", host=B)])
        leases = await claim(store, 3)
        await settle_one(store, leases[0])
        await settle_one(store, leases[1], reason=Reason.CONNECT, again_at=7.5)
        backlogs = {backlog.host: backlog for backlog in (await recall(store, owner="other")).backlogs}
        assert {host: backlog.ready for host, backlog in backlogs.items()} == {A: 1, B: 1}
        assert (list(backlogs[A].delayed), list(backlogs[B].delayed)) == ([7.5], [])

    @on_store
    async def test_recall_tells_of_nothing_when_all_is_over(self, store: Store) -> None:
        await store.add(requests("1"))
        (lease,) = await claim(store)
        await settle_one(store, lease)
        recalled = await recall(store)
        assert sum(backlog.ready + len(backlog.delayed) for backlog in recalled.backlogs) == 0

    @on_store
    async def test_recall_takes_back_what_this_owner_had(self, store: Store) -> None:
        await store.add(requests("1", "2", "3"))
        (old,) = await claim(store, owner="me")
        (others,) = await claim(store, owner="other")
        (backlog,) = (await recall(store, owner="me")).backlogs
        assert backlog.ready == 2
        assert await claim_urls(store) == [f"{A}/1", f"{A}/3"]
        assert not await settle_one(store, old)
        assert await settle_one(store, others)

    @on_store
    async def test_recall_tells_how_much_was_fetched(self, store: Store) -> None:
        await store.add(requests("1", "2"))
        first, second = await claim(store, 2)
        await settle_one(store, first, page=True, size=100)
        await settle_one(store, second, reason=Reason.BUSY, again_at=1.0, size=10)
        recalled = await recall(store)
        assert (recalled.pages, recalled.size) == (1, 110)

    # drain, mark

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
    async def test_marks_are_told_and_the_newest_counts(self, store: Store) -> None:
        assert dict((await recall(store)).marks) == {}
        await self._commit(store, 3)
        await store.mark([Mark("a", 1, {"size": 10}), Mark("b", 2)])
        await store.mark([Mark("a", 3, [1, "x", None])])
        assert dict((await recall(store)).marks) == {"a": Mark("a", 3, [1, "x", None]), "b": Mark("b", 2)}

    @on_store
    async def test_items_that_a_sink_still_needs_are_kept(self, store: Store) -> None:
        await self._commit(store, 3)
        await store.mark([Mark("fast", 3), Mark("slow", 1)])
        assert [record.item["n"] for record in await store.drain(1, 10)] == [1, 2]
        assert (await recall(store)).forgotten <= 1

    @on_store
    async def test_forgotten_items_are_told_of_and_their_ids_stay_used(self, store: Store) -> None:
        await self._commit(store, 3)
        await store.mark([Mark("a", 3)])
        await store.mark([Mark("a", 3)])
        kept = [record.id for record in await store.drain(0, 10)]
        assert kept == list(range((await recall(store)).forgotten + 1, 4))
        await self._commit(store, 1, path="later")
        (later,) = await store.drain(3, 10)
        assert later.id == 4

    @on_store
    async def test_recall_tells_of_the_last_item_also_when_it_is_forgotten(self, store: Store) -> None:
        assert (await recall(store)).items == 0
        await self._commit(store, 3)
        assert (await recall(store)).items == 3
        await store.mark([Mark("a", 3)])
        assert (await recall(store)).items == 3

    @on_store
    async def test_what_a_batch_failed_on_passes_with_its_mark(self, store: Store) -> None:
        await self._commit(store, 3)
        failed = Failed("save", Reason.ITEM_TYPE, "it does not fit", name="dict", item={"n": 0})
        await store.mark([Mark("batch save", 1), Mark("a", 2)], failed=[(1, failed)])
        await store.mark([Mark("batch save", 3), Mark("a", 3)], failed=[(2, failed), (3, failed)])
        assert {mark.item for mark in (await recall(store)).marks.values()} == {3}
        assert (await recall(store)).forgotten in (0, 3)

    async def _commit(self, store: Store, number: int, path: str = "items") -> None:
        await store.add(requests(path))
        (lease,) = await claim(store)
        assert await settle_one(store, lease, items=[{"n": n} for n in range(number)])

    # keep, kept

    @on_store
    async def test_a_note_is_kept_and_grows_old(self, store: Store) -> None:
        assert await store.kept("rest a.test", now=0.0) is None
        await store.keep("rest a.test", b"60", now=0.0)
        note = await store.kept("rest a.test", now=0.0)
        assert note is not None
        assert note.value == b"60"
        assert 0.0 <= note.age < 10.0
        assert await store.kept("rest b.test", now=0.0) is None

    @on_store
    async def test_the_newest_note_counts(self, store: Store) -> None:
        for value in (b"1", b"", b"\x00\xff"):
            await store.keep("robots https://a.test", value, now=1.0)
        note = await store.kept("robots https://a.test", now=1.0)
        assert note is not None
        assert note.value == b"\x00\xff"
