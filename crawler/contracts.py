"""All sockets on one page: what a store, a fetcher, a sink and a listener must be able to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from crawler.events import Event
from crawler.model import Lease, Reason, Request, Response


class Listener(Protocol):
    """Is told what happened. It can change nothing, and must not raise or block."""

    def __call__(self, event: Event, /) -> None: ...


class Fetcher(Protocol):
    """Whatever fetches: the real web, a cache in front of it, or a pretend web in a test."""

    async def fetch(self, request: Request) -> Response:
        """Return the server's answer, whatever its status; redirects are not followed.

        Raises FetchError when there is no complete answer; its `reason` says why.
        """
        ...


class Record(msgspec.Struct, frozen=True):
    """One item as the store keeps it: `id` grows by one with each item that is committed."""

    id: int
    item: Any
    url: str


class Sink(Protocol):
    """Where items go. Opened once, fed in order, closed once; only then is the output complete."""

    async def open(self) -> None:
        """Make the output ready. Raises OutputError when it cannot be written."""
        ...

    async def write(self, records: Sequence[Record]) -> None:
        """Take these records, in order; return when they have been handed to the operating system."""
        ...

    async def close(self, *, failed: bool = False) -> None:
        """Finish the output. Called once, on every way out; `failed` when an error led there."""
        ...


class Settlement(msgspec.Struct, frozen=True):
    """What is written down when a lease ends.

    Attributes:
        lease: the lease that ends.
        again_at: when to lend the request again, on the store's clock; None when it is over.
        reason: why it ended.
        found: requests to add.
        items: items to commit.
    """

    lease: Lease
    reason: Reason
    again_at: float | None = None
    found: Sequence[Request] = ()
    items: Sequence[Any] = ()


class Settled(msgspec.Struct, frozen=True):
    """A store's answer to one settlement.

    Attributes:
        accepted: False when the lease was no longer the newest one, and nothing was written.
        new: those found requests that were not known.
    """

    accepted: bool
    new: Sequence[Request] = ()


class Backlog(msgspec.Struct, frozen=True):
    """What a store holds for one host: requests that are ready, and when delayed ones become so."""

    host: str
    ready: int
    delayed: Sequence[float] = ()


class Store(Protocol):
    """Where requests and items are kept. Four verbs, each batched, idempotent and atomic.

    Times are seconds on one clock, given by the caller as `now`. A lease ends when it is settled or
    when its time is over; after that only a newer lease of the same request can settle.
    """

    def knows(self, key: str) -> bool:
        """Say at once whether a request with this key was added. May miss one, never invents one."""
        ...

    async def callback_of(self, key: str) -> str | None:
        """Return the callback of the request with this key; None when there is none."""
        ...

    async def add(self, requests: Sequence[Request]) -> Sequence[Request]:
        """Add requests to their hosts' queues; return those whose key was new."""
        ...

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        """Lend to `owner` up to `wanted[host]` requests of each host, for `ttl` seconds.

        Within a host the order is: higher priority first, then as added.
        """
        ...

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        """End leases: state, found requests and items of each settlement together, or nothing of it."""
        ...

    async def extend(self, leases: Sequence[Lease], *, now: float, ttl: float) -> Sequence[bool]:
        """Let leases end `ttl` seconds from now instead; False for those that were lost already."""
        ...

    async def backlog(self) -> Sequence[Backlog]:
        """Return what is pending, by host; what the frontier starts from."""
        ...

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        """Return up to `limit` committed items with an id above `after`, in order."""
        ...

    async def forget(self, upto: int) -> None:
        """Let go of items with an id up to `upto`: every output has them."""
        ...
