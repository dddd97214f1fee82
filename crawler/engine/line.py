"""Outlets that get the items together, at a pace of their own."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import Event

from crawler.contracts import Record, Sink, Store
from crawler.engine.outlet import Outlet
from crawler.engine.undelivered import Undelivered

_BATCH = 500


class Line:
    """Drains the store's items to a few outlets, one batch after the other.

    Args:
        store: where committed items wait.
        outlets: who gets them.
        before: id of the last item of earlier runs.
        share: bytes of pages whose items are taken at once, about.

    Attributes:
        position: id of the last item that all of them have.
    """

    def __init__(self, store: Store, outlets: list[Outlet], *, before: int = 0, share: int = 1 << 23) -> None:
        self.outlets = outlets
        self._store = store
        self._share = share
        self.position = min((outlet.item for outlet in outlets), default=0)
        self._undelivered = Undelivered(before)
        self._ending = False
        self._news = Event()

    def take_in(self, sink: Sink) -> Outlet:
        """Let another sink have the items from here on, those under way included; return it as an outlet."""
        outlet = Outlet(sink, self.position)
        self.outlets.append(outlet)
        return outlet

    def branch(self, sink: Sink, at: int | None = None) -> Line:
        """Return another line, for a sink that has the items up to this id, or up to where this line is."""
        at = self.position if at is None else at
        line = Line(self._store, [Outlet(sink, at)], share=self._share)
        line._undelivered = self._undelivered.copy(self.position, at)
        return line

    def committed(self, number: int, size: int) -> None:
        """Note that so many more items are in the store, of a page with a body of so many bytes."""
        self._undelivered.committed(number, size)
        self._news.set()

    def behind(self, limit: int, room: int) -> bool:
        """Say whether more items wait than `limit`, or those of pages of more bytes than `room`."""
        return self._undelivered.items > limit or self._undelivered.bytes > room

    def finish(self) -> None:
        """Let `next_batch` return nothing once everything has been delivered."""
        self._ending = True
        self._news.set()

    async def next_batch(self) -> Sequence[Record]:
        """Wait for committed items, hand them to every outlet, return them.

        Returns nothing when `finish` was called and all has been delivered.
        """
        # The store is asked, not our count: it may hold items of an earlier run.
        while True:
            ending, self._news = self._ending, Event()  # before asking: what is committed meanwhile counts
            number = self._undelivered.at_once(_BATCH, self._share)
            records = await self._store.drain(self.position, number)
            if records:
                break
            if ending:
                return ()
            await self._news.wait()
        for outlet in self.outlets:  # one that joins meanwhile is served too
            await outlet.write(records)
        self._undelivered.passed(max(self.position + 1, records[0].id), records[-1].id)
        self.position = records[-1].id
        return records
