"""A store in memory: for embedded crawls, tests, and whatever need not outlive the process."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from itertools import count, islice, takewhile

from crawler.contracts import Backlog, Record, Settled, Settlement
from crawler.model import Lease, Request
from crawler.url import origin_of


class _Kept:
    """A request and what has happened to it so far."""

    __slots__ = ("attempts", "expires", "id", "request", "token")

    def __init__(self, id: int, request: Request) -> None:
        self.id = id
        self.request = request
        self.attempts = 0
        self.token = 0  # of the newest lease; 0 when it is not lent out
        self.expires = 0.0


class _Queue:
    """One host's requests: `ready` by priority and age, `delayed` by the time they become ready."""

    __slots__ = ("delayed", "ready")

    def __init__(self) -> None:
        self.ready: list[tuple[int, int, _Kept]] = []
        self.delayed: list[tuple[float, int, _Kept]] = []


class MemoryStore:
    """Keeps requests and items in plain collections; the `Store` contract's simplest form."""

    def __init__(self) -> None:
        self._callbacks: dict[str, str] = {}
        self._queues: dict[str, _Queue] = {}
        self._leased: dict[int, _Kept] = {}
        self._leases_end: list[tuple[float, int, int]] = []
        self._items: dict[int, Record] = {}
        self._ids = count(1)
        self._tokens = count(1)
        self._item_ids = count(1)
        self.knows = self._callbacks.__contains__

    async def callback_of(self, key: str) -> str | None:
        return self._callbacks.get(key)

    async def add(self, requests: Sequence[Request]) -> Sequence[Request]:
        return self._add(requests)

    def _add(self, requests: Sequence[Request]) -> list[Request]:
        new = []
        for request in requests:
            if request.key not in self._callbacks:
                self._callbacks[request.key] = request.callback
                kept = _Kept(next(self._ids), request)
                queue = self._queue(origin_of(request.url))
                heappush(queue.ready, (-request.priority, kept.id, kept))
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
                _, _, kept = heappop(queue.delayed)
                heappush(queue.ready, (-kept.request.priority, kept.id, kept))
            for _ in range(min(limit, len(queue.ready))):
                leases.append(self._lend(heappop(queue.ready)[2], host, now + ttl))
        return leases

    def _lend(self, kept: _Kept, host: str, expires: float) -> Lease:
        kept.token = next(self._tokens)
        kept.attempts += 1
        kept.expires = expires
        self._leased[kept.id] = kept
        self._watch(kept)
        return Lease(kept.id, kept.token, kept.request, kept.attempts, host)

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        self._take_back(now)
        return [self._settle(settlement) for settlement in settlements]

    def _settle(self, settlement: Settlement) -> Settled:
        kept = self._held(settlement.lease)
        if kept is None:
            return Settled(accepted=False)
        del self._leased[kept.id]
        kept.token = 0
        if settlement.again_at is not None:
            queue = self._queue(settlement.lease.host)
            heappush(queue.delayed, (settlement.again_at, kept.id, kept))
        for item in settlement.items:
            id = next(self._item_ids)
            self._items[id] = Record(id, item, kept.request.url)
        return Settled(accepted=True, new=self._add(settlement.found))

    async def extend(self, leases: Sequence[Lease], *, now: float, ttl: float) -> Sequence[bool]:
        self._take_back(now)
        held = [self._held(lease) for lease in leases]
        for kept in held:
            if kept is not None:
                kept.expires = now + ttl
                self._watch(kept)
        return [kept is not None for kept in held]

    async def backlog(self) -> Sequence[Backlog]:
        return [
            Backlog(host, len(queue.ready), [at for at, _, _ in queue.delayed])
            for host, queue in self._queues.items()
            if queue.ready or queue.delayed
        ]

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        # Ids grow, and what was delivered has been forgotten: what is wanted stands at the front.
        return list(islice((record for record in self._items.values() if record.id > after), limit))

    async def forget(self, upto: int) -> None:
        for id in list(takewhile(lambda id: id <= upto, self._items)):
            del self._items[id]

    def _held(self, lease: Lease) -> _Kept | None:
        kept = self._leased.get(lease.id)
        return kept if kept is not None and kept.token == lease.token else None

    def _watch(self, kept: _Kept) -> None:
        if kept.expires < math.inf:
            heappush(self._leases_end, (kept.expires, kept.id, kept.token))

    def _take_back(self, now: float) -> None:
        while self._leases_end and self._leases_end[0][0] <= now:
            _, id, token = heappop(self._leases_end)
            kept = self._leased.get(id)
            if kept is not None and kept.token == token and kept.expires <= now:
                del self._leased[id]
                kept.token = 0
                queue = self._queue(origin_of(kept.request.url))
                heappush(queue.ready, (-kept.request.priority, kept.id, kept))

    def _queue(self, host: str) -> _Queue:
        queue = self._queues.get(host)
        if queue is None:
            queue = self._queues[host] = _Queue()
        return queue
