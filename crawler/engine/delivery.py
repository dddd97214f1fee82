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
        self._committed = 0
        self._ending = False
        self._news = Event()

    def join(self, sink: Sink) -> None:
        """Let another outlet have the items from here on."""
        self._sinks.append(sink)

    def committed(self, number: int) -> None:
        """Note that so many more items are in the store."""
        if number:
            self._committed += number
            self._news.set()

    def behind(self) -> bool:
        """Say whether so many items wait that no more pages should be fetched."""
        return self._committed - self._position > self._limit

    def finish(self) -> None:
        """Let `run` return once everything has been delivered."""
        self._ending = True
        self._news.set()

    async def next_batch(self) -> Sequence[Record]:
        """Wait for committed items, hand them to every sink, let the store forget them, return them.

        Returns nothing when `finish` was called and all has been delivered.
        """
        while self._position == self._committed and not self._ending:
            self._news = Event()
            await self._news.wait()
        records = await self._store.drain(self._position, _BATCH)
        if records:
            for sink in self._sinks:  # one that joins meanwhile is served too
                await sink.write(records)
            self._position = records[-1].id
            await self._store.forget(self._position)
        return records
