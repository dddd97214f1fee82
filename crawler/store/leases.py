"""The leases of one store: who has which request, and until when."""

from __future__ import annotations

import math
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import count

from crawler.model import Lease, Request

# More than the number of any request.
_BEHIND = 1 << 61


class Kept:
    """A request that is not over yet, and what has happened to it so far.

    Attributes:
        failed: it was put off after a failure.
    """

    __slots__ = ("attempts", "expires", "failed", "host", "id", "owner", "request", "token")

    def __init__(self, id: int, request: Request, host: str, attempts: int = 0) -> None:
        self.id = id
        self.request = request
        self.host = host
        self.attempts = attempts
        self.failed = False
        self.token = 0  # of the newest lease; 0 when it is not lent out
        self.expires = 0.0
        self.owner = ""

    @property
    def order(self) -> tuple[int, int]:
        """Its place among the requests of its host: higher priority first, then as added.

        One that failed waits behind those that did not: trouble with one page is no trouble with the next.
        """
        return -self.request.priority, self.id + _BEHIND if self.failed else self.id


class LeaseBook:
    """Lends requests with fencing tokens, and takes back those whose time is over.

    Args:
        first: the smallest token; larger than all of the store's earlier lives.
    """

    def __init__(self, first: int = 1) -> None:
        self._lent: dict[int, Kept] = {}
        self._ends: list[tuple[float, int, int]] = []
        self._tokens = count(first)

    def lend(self, kept: Kept, owner: str, expires: float) -> Lease:
        """Lend a request until a time."""
        kept.token = next(self._tokens)
        kept.attempts += 1
        kept.owner = owner
        self._lent[kept.id] = kept
        self._until(kept, expires)
        return Lease(kept.id, kept.token, kept.request, kept.attempts, kept.host)

    def held(self, lease: Lease) -> Kept | None:
        """Return what a lease is about; None when it is not the newest one or its time is over."""
        kept = self._lent.get(lease.id)
        return kept if kept is not None and kept.token == lease.token else None

    def end(self, kept: Kept) -> None:
        """Note that a request is not lent out any more."""
        del self._lent[kept.id]
        kept.token = 0

    def extend(self, lease: Lease, expires: float) -> bool:
        """Let a lease end later; False when it is lost already."""
        kept = self.held(lease)
        if kept is not None:
            self._until(kept, expires)
        return kept is not None

    def over(self, now: float) -> Iterator[Kept]:
        """Take back, one by one, the requests whose time is over."""
        while self._ends and self._ends[0][0] <= now:
            _, id, token = heappop(self._ends)
            kept = self._lent.get(id)
            if kept is not None and kept.token == token and kept.expires <= now:
                self.end(kept)
                yield kept

    def of(self, owner: str) -> Iterator[Kept]:
        """Take back, one by one, the requests that are lent to an owner."""
        for kept in [kept for kept in self._lent.values() if kept.owner == owner]:
            self.end(kept)
            yield kept

    def ids_of(self, host: str) -> set[int]:
        """Return the ids of a host's requests that are lent out."""
        return {kept.id for kept in self._lent.values() if kept.host == host}

    def __len__(self) -> int:
        return len(self._lent)

    def __contains__(self, id: int) -> bool:
        return id in self._lent

    def _until(self, kept: Kept, expires: float) -> None:
        kept.expires = expires
        if expires < math.inf:
            heappush(self._ends, (expires, kept.id, kept.token))
