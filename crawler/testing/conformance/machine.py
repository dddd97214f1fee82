"""Any sequence of a store's verbs, made up by Hypothesis, against a model of a store."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from crawler.contracts import Settlement, Store
from crawler.model import Lease, Reason, Request
from crawler.testing.conformance.model import Model, State
from crawler.testing.conformance.opened import Made, opened

T = TypeVar("T")

HOSTS = ("https://a.test", "https://b.test", "http://a.test")
OWNERS = ("red", "blue")

some_requests = st.lists(
    st.builds(
        lambda host, page, priority: Request(f"{host}/{page}", f"page{page}", priority=priority),
        st.sampled_from(HOSTS),
        st.integers(0, 15),
        st.integers(-1, 1),
    ),
    max_size=6,
)
# Halves, while time passes in whole seconds: what happens at the very instant is not compared.
durations = st.sampled_from([0.5, 3.5, 20.5])
number = st.integers(0, 1_000)


class StoreMachine(RuleBasedStateMachine):
    """Subclass it, write `make_store`, and give its `TestCase` to pytest: `TestMine = Mine.TestCase`."""

    def make_store(self) -> Made:
        """Return a new, empty store, or an async context manager that gives one."""
        raise NotImplementedError("write make_store in your machine")

    @initialize()
    def open(self) -> None:
        # One event loop for the machine's whole life: stores keep connections and threads tied to it.
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.store: Store = self._do(self.stack.enter_async_context(opened(self.make_store())))
        self.model = Model()
        self.leases: list[Lease] = []
        self.forgotten = 0

    def teardown(self) -> None:
        """Close the store and its event loop."""
        if hasattr(self, "loop"):
            with self.loop:
                self._do(self.stack.aclose())

    def _do(self, verb: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(verb)

    @rule(batch=some_requests)
    def add(self, batch: list[Request]) -> None:
        expected = [request.key for request in self.model.add(batch)]
        assert [request.key for request in self._do(self.store.add(batch))] == expected

    @rule(
        wanted=st.dictionaries(st.sampled_from(HOSTS), st.integers(0, 4)),
        owner=st.sampled_from(OWNERS),
        ttl=durations,
    )
    def claim(self, wanted: dict[str, int], owner: str, ttl: float) -> None:
        leases = list(self._do(self.store.claim(wanted, owner=owner, now=self.model.now, ttl=ttl)))
        for host in HOSTS:
            expected = self.model.claimable(host)[: wanted.get(host, 0)]
            got = [lease for lease in leases if lease.host == host]
            assert [lease.request for lease in got] == [entry.request for entry in expected]
            assert [lease.attempt for lease in got] == [entry.attempts + 1 for entry in expected]
        for lease in leases:
            before = self.model.entries[lease.request.key].token
            assert lease.token > before
            self.model.lend(lease, ttl)
        self.leases += leases

    @precondition(lambda self: self.leases)
    @rule(
        picks=st.lists(st.tuples(number, st.none() | durations, some_requests, st.integers(0, 2)), max_size=4)
    )
    def settle(self, picks: list[tuple[int, float | None, list[Request], int]]) -> None:
        """Settle leases, among them those that are over, and some twice."""
        settlements = [
            Settlement(
                lease=self.leases[pick % len(self.leases)],
                reason=Reason.OK if delay is None else Reason.CONNECT,
                again_at=None if delay is None else self.model.now + delay,
                found=found,
                items=[{"n": n, "pick": pick} for n in range(items)],
            )
            for pick, delay, found, items in picks
        ]
        answers = self._do(self.store.settle(settlements, now=self.model.now))
        expected = [self.model.settle(settlement) for settlement in settlements]
        assert [answer.accepted for answer in answers] == [accepted for accepted, _ in expected]
        assert [[request.key for request in answer.new] for answer in answers] == [
            [request.key for request in new] for _, new in expected
        ]

    @precondition(lambda self: self.leases)
    @rule(picks=st.lists(number, max_size=4), ttl=durations)
    def extend(self, picks: list[int], ttl: float) -> None:
        leases = [self.leases[pick % len(self.leases)] for pick in picks]
        expected = [self.model.holds(lease) for lease in leases]
        assert list(self._do(self.store.extend(leases, now=self.model.now, ttl=ttl))) == expected
        for lease in leases:
            if self.model.holds(lease):
                self.model.entries[lease.request.key].time = self.model.now + ttl

    @rule(seconds=st.sampled_from([1.0, 5.0, 30.0]))
    def pass_time(self, seconds: float) -> None:
        self.model.pass_time(seconds)

    @rule(skip=number, limit=st.integers(1, 5), forget=st.booleans())
    def drain(self, skip: int, limit: int, forget: bool) -> None:
        after = self.forgotten + skip % (len(self.model.items) - self.forgotten + 1)
        records = list(self._do(self.store.drain(after, limit)))
        expected = self.model.items[after : after + limit]
        assert [record.item for record in records] == expected
        assert [record.id for record in records] == list(range(after + 1, after + 1 + len(expected)))
        if forget:
            self.forgotten = after
            self._do(self.store.forget(after))

    @rule()
    def backlog(self) -> None:
        """What waits is in the backlog; a lease whose time is over may be in it already."""
        found = {backlog.host: backlog for backlog in self._do(self.store.backlog())}
        for host in HOSTS:
            waiting = self.model.waiting(host)
            total = found[host].ready + len(found[host].delayed) if host in found else 0
            sure = [entry for entry in waiting if not entry.attempts or entry.time]
            assert len(sure) <= total <= len(waiting)
            if host in found:
                assert set(found[host].delayed) <= {entry.time for entry in waiting}

    @rule(host=st.sampled_from(HOSTS), page=st.integers(0, 15))
    def ask(self, host: str, page: int) -> None:
        key = f"{host}/{page}"
        entry = self.model.entries.get(key)
        assert self._do(self.store.callback_of(key)) == (None if entry is None else entry.request.callback)
        assert entry is not None or not self.store.knows(key)

    @rule()
    def go_through_the_rest(self) -> None:
        """Let every lease end, and lend what is left: nothing may be missing."""
        self.pass_time(1_000.0)
        self.claim(dict.fromkeys(HOSTS, 1_000), OWNERS[0], 0.5)
        assert not any(entry.state is State.WAITING for entry in self.model.entries.values())
