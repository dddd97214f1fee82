"""Takes committed items to every outlet, in order, and holds the crawl back when one is slow."""

from __future__ import annotations

from collections.abc import Sequence

from anyio import Event

from crawler.contracts import Record, Sink, Store

_BATCH = 500


class Delivery:
    """Drains the store's items to the sinks.

    Args:
        store: where committed items wait.
        sinks: who gets them.
        limit: more items than this waiting for delivery, and the crawl pauses.
    """

    def __init__(self, store: Store, sinks: Sequence[Sink], limit: int = 5_000) -> None:
        self._store = store
        self._sinks = list(sinks)
        self._limit = limit
        self._position = 0
        self._undelivered = 0
        self._ending = False
        self._news = Event()

    def join(self, sink: Sink) -> None:
        """Let another outlet have the items from here on."""
        self._sinks.append(sink)

    def committed(self, number: int) -> None:
        """Note that so many more items are in the store."""
        if number:
            self._undelivered += number
            self._news.set()

    def behind(self) -> bool:
        """Say whether so many items wait that no more pages should be fetched."""
        return self._undelivered > self._limit

    def finish(self) -> None:
        """Let `run` return once everything has been delivered."""
        self._ending = True
        self._news.set()

    async def next_batch(self) -> Sequence[Record]:
        """Wait for committed items, hand them to every sink, let the store forget them, return them.

        Returns nothing when `finish` was called and all has been delivered.
        """
        # The store is asked, not our count: it may hold items of an earlier crawl.
        while not (records := await self._store.drain(self._position, _BATCH)):
            if self._ending:
                return ()
            self._news = Event()
            await self._news.wait()
        for sink in self._sinks:  # one that joins meanwhile is served too
            await sink.write(records)
        self._position = records[-1].id
        self._undelivered = max(0, self._undelivered - len(records))
        await self._store.forget(self._position)
        return records
