"""A store for URLs without end: what is over leaves nothing behind."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.contracts import Settled, Settlement
from crawler.store.memory import MemoryStore


class Forgetful(MemoryStore):
    """Keeps requests in memory until they are over.

    Other crawls must know for ever what they have seen, which is some 90 bytes for each URL. Here every
    request has a key of its own, so that none ever comes again.
    """

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        """End leases, as every store does, and forget the requests that are over."""
        settled = await super().settle(settlements, now=now)
        for settlement, made in zip(settlements, settled, strict=True):
            if made.accepted and settlement.again_at is None:
                del self._requests[settlement.lease.request.key]
        return settled
