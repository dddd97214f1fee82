"""The suites must find what is wrong: each of these stores has one defect."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from msgspec.structs import replace

from crawler.contracts import Backlog, Mark, Recalled, Record, Settled, Settlement, Store
from crawler.model import Failed, Lease, Request
from crawler.store import MemoryStore
from crawler.testing.conformance import StoreConformance, StoreMachine


class AddsTwice(MemoryStore):
    async def add(self, requests: Sequence[Request]) -> Sequence[Request]:
        await super().add(requests)
        return requests


class LastInFirstOut(MemoryStore):
    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        return (await super().claim(wanted, owner=owner, now=now, ttl=ttl))[::-1]


class ForgetsTheLimit(MemoryStore):
    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        return await super().claim(dict.fromkeys(wanted, 100), owner=owner, now=now, ttl=ttl)


class LeasesNeverEnd(MemoryStore):
    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        return await super().claim(wanted, owner=owner, now=now, ttl=1e12)


class SettlesLate(MemoryStore):
    """Lets a lease settle whose time is over, as long as nobody else took the request."""

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        return await super().settle(settlements, now=0.0)


class KeepsFoundOfLostLeases(MemoryStore):
    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        settled = await super().settle(settlements, now=now)
        for settlement in settlements:
            await super().add(settlement.found)
        return settled


class RetriesAtOnce(MemoryStore):
    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        for queue in self._queues.values():
            queue.delayed = [(0.0, id, kept) for _, id, kept in queue.delayed]
        return await super().claim(wanted, owner=owner, now=now, ttl=ttl)


class ExtendsAnything(MemoryStore):
    async def extend(self, leases: Sequence[Lease], *, now: float, ttl: float) -> Sequence[bool]:
        await super().extend(leases, now=now, ttl=ttl)
        return [True] * len(leases)


class DrainsFromTheStart(MemoryStore):
    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        return await super().drain(0, limit)


class MarksNothing(MemoryStore):
    async def mark(
        self, marks: Sequence[Mark], *, failed: Sequence[tuple[int, Failed]] = (), at_once: bool = False
    ) -> None: ...


class KnowsTooMuch(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.knows = lambda key: True


class LosesTheDelayed(MemoryStore):
    async def recall(self, *, owner: str, now: float) -> Recalled:
        recalled = await super().recall(owner=owner, now=now)
        return replace(recalled, backlogs=[Backlog(one.host, one.ready) for one in recalled.backlogs])


class TakesNothingBack(MemoryStore):
    async def recall(self, *, owner: str, now: float) -> Recalled:
        return await super().recall(owner="nobody", now=now)


class ForgetsTooEarly(MemoryStore):
    async def mark(
        self, marks: Sequence[Mark], *, failed: Sequence[tuple[int, Failed]] = (), at_once: bool = False
    ) -> None:
        await super().mark([max(marks, key=lambda mark: mark.item)])


class KeepsTheFirstNote(MemoryStore):
    async def keep(self, name: str, value: bytes, *, now: float) -> None:
        if await self.kept(name, now=now) is None:
            await super().keep(name, value, now=now)


DEFECTS: list[type[MemoryStore]] = [
    AddsTwice,
    LastInFirstOut,
    ForgetsTheLimit,
    LeasesNeverEnd,
    SettlesLate,
    KeepsFoundOfLostLeases,
    RetriesAtOnce,
    ExtendsAnything,
    DrainsFromTheStart,
    KnowsTooMuch,
    LosesTheDelayed,
    TakesNothingBack,
    ForgetsTooEarly,
    KeepsTheFirstNote,
]


def failures(make: Callable[[], Any]) -> list[str]:
    """Run every test of the suite on a store; return the names of those that fail."""

    class Suite(StoreConformance):
        def make_store(self) -> Any:
            return make()

    failed = []
    for name in [name for name in dir(Suite) if name.startswith("test_")]:
        try:
            getattr(Suite(), name)()
        except Exception:  # such as a claim that gives nothing to unpack
            failed.append(name)
    return failed


@pytest.mark.parametrize("defect", [*DEFECTS, MarksNothing])
def test_the_suite_finds_the_defect(defect: type[MemoryStore]) -> None:
    assert failures(defect)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_machine_finds_the_defect(defect: type[MemoryStore]) -> None:
    class Machine(StoreMachine):
        def make_store(self) -> MemoryStore:
            return defect()

    # Shrinking makes a failure readable; here it only has to be found.
    quickly = settings(
        max_examples=1_000,
        phases=[Phase.generate],
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises((AssertionError, IndexError, KeyError)):
        run_state_machine_as_test(Machine, settings=quickly)


def test_a_sound_store_that_needs_opening_passes() -> None:
    opened: list[str] = []

    @asynccontextmanager
    async def store() -> AsyncIterator[Store]:
        opened.append("opened")
        yield MemoryStore()
        opened.append("closed")

    def make() -> AbstractAsyncContextManager[Store]:
        return store()

    assert failures(make) == []
    assert opened.count("opened") == opened.count("closed") > 30


def test_a_suite_without_a_store_says_what_to_write() -> None:
    with pytest.raises(NotImplementedError, match="make_store"):
        StoreConformance().make_store()
