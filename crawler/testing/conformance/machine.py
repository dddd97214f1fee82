"""Any sequence of a store's verbs, made up by Hypothesis, against a model of a store."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from copy import deepcopy
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crawler.contracts import Mark, Recalled, Settlement, Store
from crawler.contracts import State as Standing
from crawler.errors import CrawlerError
from crawler.model import Lease, Reason, Request
from crawler.testing.conformance.model import Model, State
from crawler.testing.conformance.opened import Made, opened

T = TypeVar("T")

#: Requests that can be lent with their attempts, times of delayed ones, known keys, items, notes.
Found = tuple[list[tuple[str, int]], list[float], list[str], list[Any], list[tuple[str, bytes]]]

HOSTS = ("https://a.test", "https://b.test", "http://a.test")
OWNERS = ("red", "blue")
NOTES = ("rest a.test", "cookies b.test")

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

    def after_death(self) -> Made | None:
        """Return the store as a new process would find it if this one died now, without notice.

        None, as it is unless you write this, when the store does not outlive its process.
        """
        return None

    async def flush(self) -> None:
        """Wait until everything is written down that was decided so far; for stores that outlive."""

    @initialize()
    def open(self) -> None:
        # One event loop for the machine's whole life: stores keep connections and threads tied to it.
        self.loop = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.store: Store = self._do(self.stack.enter_async_context(opened(self.make_store())))
        self.model = Model()
        self.leases: list[Lease] = []
        self.forgotten = 0
        self.moments: list[Model] = [Model()]  # what a new process may find

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
            self.model.lend(lease, owner, ttl)
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

    @rule(skip=number, limit=st.integers(1, 5), passed=st.booleans())
    def drain(self, skip: int, limit: int, passed: bool) -> None:
        after = self.forgotten + skip % (len(self.model.items) - self.forgotten + 1)
        records = list(self._do(self.store.drain(after, limit)))
        expected = self.model.items[after : after + limit]
        assert [record.item for record in records] == expected
        assert [record.id for record in records] == list(range(after + 1, after + 1 + len(expected)))
        if passed:
            self.forgotten = after
            self._do(self.store.mark([Mark("fast", len(self.model.items)), Mark("slow", after)]))

    @rule(name=st.sampled_from(NOTES), value=st.binary(max_size=2))
    def keep(self, name: str, value: bytes) -> None:
        self._do(self.store.keep(name, value, now=self.model.now))
        self.model.notes[name] = value

    @rule(name=st.sampled_from(NOTES))
    def look_at_what_is_kept(self, name: str) -> None:
        assert dict(self._notes()).get(name) == self.model.notes.get(name)

    def _notes(self) -> list[tuple[str, bytes]]:
        found = [(name, self._do(self.store.kept(name, now=self.model.now))) for name in NOTES]
        return [(name, note.value) for name, note in found if note is not None]

    @rule(owner=st.sampled_from(OWNERS))
    def recall(self, owner: str) -> None:
        """What waits is told of, and what this owner had waits again."""
        self.model.take_back(owner)
        self._compare(self._do(self.store.recall(owner=owner, now=self.model.now)))

    def _compare(self, recalled: Recalled) -> None:
        assert recalled.forgotten <= self.forgotten
        found = {backlog.host: backlog for backlog in recalled.backlogs}
        for host in HOSTS:
            waiting = self.model.waiting(host)
            delayed = list(found[host].delayed) if host in found else []
            assert (found[host].ready if host in found else 0) + len(delayed) == len(waiting)
            assert set(delayed) <= {entry.time for entry in waiting}

    @rule()
    def write_down(self) -> None:
        self._do(self.flush())
        self.moments.clear()

    @rule()
    def die_and_return(self) -> None:
        """A new process finds all that was decided up to some moment, and nothing after it."""
        again = self.after_death()
        if again is None:
            return
        with suppress(CrawlerError):
            self._do(self.stack.aclose())
        self.store = self._do(self.stack.enter_async_context(opened(again)))
        found = self._found()
        now = self.model.now
        candidates = (moment.reborn(now) for moment in [self.model, *reversed(self.moments)])
        matching = [moment for moment in candidates if self._would_be_found(moment) == found]
        assert matching, found
        self.model = matching[0]
        for lease in found[0]:
            self.model.entries[lease[0]].attempts += 1
        self.moments = [deepcopy(self.model)]

    def _found(self) -> Found:
        """Look at all there is after a death: what can be lent, what is delayed, keys, items."""
        now = self.model.now
        recalled = self._do(self.store.recall(owner="looking", now=now))
        leases = self._do(self.store.claim(dict.fromkeys(HOSTS, 1_000), owner="looking", now=now, ttl=1.0))
        self._do(self.store.recall(owner="looking", now=now))
        keys = [f"{host}/{page}" for host in HOSTS for page in range(16)]
        return (
            sorted((lease.request.key, lease.attempt) for lease in leases),
            sorted(at for backlog in recalled.backlogs for at in backlog.delayed if at > now),
            [key for key in keys if self._do(self.store.callback_of(key)) is not None],
            [record.item for record in self._do(self.store.drain(self.forgotten, 1_000))],
            self._notes(),
        )

    def _would_be_found(self, moment: Model) -> Found:
        ready = [entry for host in HOSTS for entry in moment.claimable(host)]
        waiting = [entry for host in HOSTS for entry in moment.waiting(host)]
        keys = [f"{host}/{page}" for host in HOSTS for page in range(16)]
        return (
            sorted((entry.request.key, entry.attempts + 1) for entry in ready),
            sorted(entry.time for entry in waiting if entry.time > moment.now),
            [key for key in keys if key in moment.entries],
            moment.items[self.forgotten :],
            [(name, moment.notes[name]) for name in NOTES if name in moment.notes],
        )

    @invariant()
    def remember(self) -> None:
        if hasattr(self, "moments") and (not self.moments or self.moments[-1] != self.model):
            self.moments.append(deepcopy(self.model))

    @rule(host=st.sampled_from(HOSTS), page=st.integers(0, 15))
    def ask(self, host: str, page: int) -> None:
        key = f"{host}/{page}"
        entry = self.model.entries.get(key)
        assert self._do(self.store.callback_of(key)) == (None if entry is None else entry.request.callback)
        assert entry is not None or not self.store.knows(key)
        known = self._do(self.store.look_up(key))
        assert (known is None) == (entry is None)
        if known is not None and entry is not None:
            assert known.callback == entry.request.callback
            assert (known.state is Standing.WAITING) == (entry.state is not State.OVER)
            assert known.reason == entry.reason

    @rule()
    def go_through_the_rest(self) -> None:
        """Let every lease end, and lend what is left: nothing may be missing."""
        self.pass_time(1_000.0)
        self.claim(dict.fromkeys(HOSTS, 1_000), OWNERS[0], 0.5)
        assert not any(entry.state is State.WAITING for entry in self.model.entries.values())
