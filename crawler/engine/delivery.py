"""Takes committed items to every outlet, in order, and holds the crawl back when one is slow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from anyio import Event

from crawler.contracts import Mark, Record, Sink, Store
from crawler.engine.batches import BatchFeed
from crawler.errors import Deserted

_BATCH = 500


class Outlet:
    """A sink, and how far it has come.

    Args:
        sink: the sink, open.
        item: id of the last item that it has.
        place: what it said of where it stood then.
    """

    __slots__ = ("_deserted", "_in_doubt", "item", "place", "sink")

    def __init__(self, sink: Sink, item: int = 0, place: Any = None) -> None:
        self.sink = sink
        self.item = item
        self.place = place
        self._in_doubt = False  # whether it has more than `item`
        self._deserted = False

    @property
    def name(self) -> str:
        """The sink's name."""
        return self.sink.name

    @property
    def mark(self) -> Mark:
        """What is to be remembered of it."""
        return Mark(self.sink.name, self.item, self.place)

    async def write(self, records: Sequence[Record]) -> None:
        """Hand over those records that it does not have yet."""
        new = [record for record in records if record.id > self.item]
        if not new or self._deserted:
            return
        try:
            self.place = await self.sink.write(new)
        except Deserted:
            self.item = max(self.item, getattr(self.sink, "taken", 0))
            self._deserted = True
            return
        except BaseException:
            # A consumer that leaves in the middle has had what it was done with. Of any other sink it
            # is not known what it has: a file may have been written to the end before it was cancelled.
            taken = getattr(self.sink, "taken", None)
            self.item = max(self.item, taken or 0)
            self._in_doubt = taken is None
            raise
        self.item = new[-1].id

    async def close(self, *, failed: bool) -> None:
        """Close the sink; where it stands is taken note of only if that is where `item` is.

        A place beyond the item would have the next run write again what is there already; with the
        older one, which still holds, the sink cuts it off first.
        """
        place = await self.sink.close(failed=failed)
        if not self._in_doubt:
            self.place = place


class Delivery:
    """Drains the store's items to the sinks.

    Args:
        store: where committed items wait.
        outlets: who gets them; those that join later are added to the list.
        feeds: batches that get them too, each at its own pace.
        left: how far batches came that this run does not have: what they need is kept.
        limit: more items than this waiting for delivery, and the crawl pauses.
    """

    def __init__(
        self,
        store: Store,
        outlets: list[Outlet],
        feeds: Sequence[BatchFeed] = (),
        left: Sequence[Mark] = (),
        limit: int = 5_000,
    ) -> None:
        self._store = store
        self._outlets = outlets
        self._feeds = feeds
        self._left = left
        for feed in feeds:
            feed.note = self._note
        self._limit = limit
        self._position = min((outlet.item for outlet in outlets), default=0)
        self._undelivered = 0
        self._ending = False
        self._news = Event()

    def join(self, sink: Sink) -> None:
        """Let another outlet have the items from here on."""
        self._outlets.append(Outlet(sink, self._position))

    def committed(self, number: int) -> None:
        """Note that so many more items are in the store."""
        if number:
            self._undelivered += number
            self._news.set()
            for feed in self._feeds:
                feed.committed(number)

    def behind(self) -> bool:
        """Say whether so many items wait that no more pages should be fetched."""
        return self._undelivered > self._limit or any(feed.behind(self._limit) for feed in self._feeds)

    def finish(self) -> None:
        """Let `run` return once everything has been delivered."""
        self._ending = True
        self._news.set()
        for feed in self._feeds:
            feed.finish()

    async def next_batch(self) -> Sequence[Record]:
        """Wait for committed items, hand them to every sink, note how far all have come, return them.

        Returns nothing when `finish` was called and all has been delivered.
        """
        # The store is asked, not our count: it may hold items of an earlier run.
        while True:
            ending, self._news = self._ending, Event()  # before asking: what is committed meanwhile counts
            records = await self._store.drain(self._position, _BATCH)
            if records:
                break
            if ending:
                return ()
            await self._news.wait()
        for outlet in self._outlets:  # one that joins meanwhile is served too
            await outlet.write(records)
        self._position = records[-1].id
        self._undelivered = max(0, self._undelivered - len(records))
        await self._note(False)
        return records

    async def _note(self, at_once: bool) -> None:
        await note_marks(self._store, self._outlets, self._feeds, self._left, at_once=at_once)


class Marked(Protocol):
    """Whatever gets items, and has come so far."""

    @property
    def name(self) -> str: ...
    @property
    def item(self) -> int: ...
    @property
    def mark(self) -> Mark: ...


async def note_marks(
    store: Store,
    outlets: Sequence[Outlet],
    feeds: Sequence[BatchFeed],
    left: Sequence[Mark],
    *,
    at_once: bool = False,
) -> None:
    """Let the store know how far all have come, and what batches have failed on.

    Args:
        store: where the items are.
        outlets, feeds, left: as for `Delivery`.
        at_once: return when that is on the disk.
    """
    failed = [one for feed in feeds for one in feed.take_failed()]
    await store.mark([*_marks_of([*outlets, *feeds]), *left], failed=failed, at_once=at_once)


def _marks_of(outlets: Sequence[Marked]) -> list[Mark]:
    """Return the mark of each sink or batch; those without a name share one."""
    named = [outlet.mark for outlet in outlets if outlet.name]
    nameless = [outlet.item for outlet in outlets if not outlet.name]
    return [*named, Mark("", min(nameless))] if nameless else named
