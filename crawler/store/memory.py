"""A store in memory: for embedded crawls, tests, and whatever need not outlive the process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from itertools import count, takewhile

from crawler.contracts import Backlog, Known, Mark, Note, Recalled, Record, Settled, Settlement, State
from crawler.model import Failed, Lease, Reason, Request
from crawler.store.leases import Kept, LeaseBook
from crawler.url import origin_of

#: So many different details of outcomes are remembered, statuses apart: they come from strangers.
_DETAILS = 1_000
_Standing = tuple[str, State, Reason | None, str]


class _Queue:
    """One host's requests: `ready` by priority and age, `delayed` by the time they become ready."""

    __slots__ = ("delayed", "ready")

    def __init__(self) -> None:
        self.ready: list[tuple[int, int, Kept]] = []
        self.delayed: list[tuple[float, int, Kept]] = []


class MemoryStore:
    """Keeps requests and items in plain collections; the `Store` contract's simplest form.

    Items are let go of once every sink that keeps a mark has them.
    """

    def __init__(self) -> None:
        # Thousands of requests share one value, so that how each stands costs no memory of its own.
        self._requests: dict[str, Known] = {}
        self._standings: dict[_Standing, Known] = {}
        self._queues: dict[str, _Queue] = {}
        self._leases = LeaseBook()
        self._items: dict[int, Record] = {}
        self._marks: dict[str, Mark] = {}
        self._notes: dict[str, tuple[bytes, float]] = {}
        self._forgotten = 0
        self._pages = self._size = 0
        self._ids = count(1)
        self._last_item = 0
        self.knows = self._requests.__contains__

    async def recall(self, *, owner: str, now: float) -> Recalled:
        self._take_back(now)
        for kept in self._leases.of(owner):
            self._make_ready(kept)
        backlogs = [
            Backlog(host, len(queue.ready), [at for at, _, _ in queue.delayed])
            for host, queue in self._queues.items()
            if queue.ready or queue.delayed
        ]
        return Recalled(
            backlogs, dict(self._marks), self._last_item, self._forgotten, self._pages, self._size
        )

    async def callback_of(self, key: str) -> str | None:
        known = self._requests.get(key)
        return None if known is None else known.callback

    async def look_up(self, key: str) -> Known | None:
        return self._requests.get(key)

    async def add(self, requests: Sequence[Request]) -> Sequence[Request]:
        return self._add(requests)

    def _add(self, requests: Sequence[Request]) -> list[Request]:
        new = []
        for request in requests:
            if request.key not in self._requests:
                self._requests[request.key] = self._known(request.callback, State.WAITING, None, "")
                self._make_ready(Kept(next(self._ids), request, origin_of(request.url)))
                new.append(request)
        return new

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        self._take_back(now)
        leases: list[Lease] = []
        for host, limit in wanted.items():
            queue = self._queues.get(host)
            if queue is None:
                continue
            while queue.delayed and queue.delayed[0][0] <= now:
                self._make_ready(heappop(queue.delayed)[2])
            for _ in range(min(limit, len(queue.ready))):
                leases.append(self._leases.lend(heappop(queue.ready)[2], owner, now + ttl))
        return leases

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        self._take_back(now)
        return [self._settle(settlement) for settlement in settlements]

    def _settle(self, settlement: Settlement) -> Settled:
        kept = self._leases.held(settlement.lease)
        if kept is None:
            return Settled(accepted=False)
        self._leases.end(kept)
        self._pages += settlement.page
        self._size += settlement.size
        state = settlement.state if settlement.again_at is None else State.WAITING
        self._requests[kept.request.key] = self._known(
            kept.request.callback, state, settlement.reason, settlement.detail
        )
        if settlement.again_at is not None:
            kept.failed = True
            heappush(self._queue(kept.host).delayed, (settlement.again_at, kept.id, kept))
        lines = settlement.lines or ("",) * len(settlement.items)
        for item, line in zip(settlement.items, lines, strict=True):
            self._last_item += 1
            self._items[self._last_item] = Record(self._last_item, item, kept.request.url, line=line)
        return Settled(accepted=True, new=self._add(settlement.found))

    async def extend(self, leases: Sequence[Lease], *, now: float, ttl: float) -> Sequence[bool]:
        self._take_back(now)
        return [self._leases.extend(lease, now + ttl) for lease in leases]

    async def keep(self, name: str, value: bytes, *, now: float) -> None:
        self._notes[name] = value, now

    async def kept(self, name: str, *, now: float) -> Note | None:
        found = self._notes.get(name)
        return found and Note(found[0], max(0.0, now - found[1]))

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        # Each id is given, in turn: nobody has to go past the items that another sink still wants.
        first = max(after, self._forgotten) + 1
        return [self._items[id] for id in range(first, min(first + limit, self._last_item + 1))]

    async def mark(
        self, marks: Sequence[Mark], *, failed: Sequence[tuple[int, Failed]] = (), at_once: bool = False
    ) -> None:
        self._marks.update((mark.sink, mark) for mark in marks)
        passed = min((mark.item for mark in marks), default=0)
        for id in list(takewhile(lambda id: id <= passed, self._items)):
            del self._items[id]
        self._forgotten = max(self._forgotten, passed)

    def _known(self, callback: str, state: State, reason: Reason | None, detail: str) -> Known:
        """Return what is known of a request; those that stand alike share it."""
        standing = callback, state, reason, detail
        known = self._standings.get(standing)
        if known is not None:
            return known
        if detail and not detail.isdecimal() and len(self._standings) >= _DETAILS:
            return self._known(callback, state, reason, "")
        known = self._standings[standing] = Known(*standing)
        return known

    def _take_back(self, now: float) -> None:
        for kept in self._leases.over(now):
            self._make_ready(kept)

    def _make_ready(self, kept: Kept) -> None:
        heappush(self._queue(kept.host).ready, (*kept.order, kept))

    def _queue(self, host: str) -> _Queue:
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue()
        return queue
