"""Takes committed items to every outlet, in order, and holds the crawl back when one is slow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from anyio import create_task_group
from anyio.abc import TaskGroup

from crawler.contracts import Mark, Record, Sink, Store
from crawler.engine.batches import BatchFeed
from crawler.engine.line import Line
from crawler.engine.outlet import Outlet, note_marks

__all__ = ["Delivery", "Outlet", "note_marks"]


class Delivery:
    """Drains the store's items to the sinks.

    The outputs get them together. Each sink that joins later, a consumer in a program, gets them at a pace
    of its own, and so does each batch: nobody waits for another, until the slowest is too far behind.

    Args:
        store: where committed items wait.
        outlets: the outputs; those that join later are added to the list.
        feeds: batches that get the items too.
        left: how far batches came that this run does not have: what they need is kept.
        before: id of the last item of earlier runs.
        limit: more items than this waiting for somebody, and the crawl pauses.
        room: so do the items of pages of more bytes than this.
        told: is told of items that every output has.
        moved: is called when somebody has got further.
    """

    def __init__(
        self,
        store: Store,
        outlets: list[Outlet],
        feeds: Sequence[BatchFeed] = (),
        left: Sequence[Mark] = (),
        *,
        before: int = 0,
        limit: int = 5_000,
        room: int = 64 * 1024 * 1024,
        told: Callable[[Sequence[Record]], None] = lambda records: None,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._outlets = outlets
        self._feeds = feeds
        self._left = left
        self._limit = limit
        self._room = room
        self._told = told
        self._moved = moved
        for feed in feeds:
            feed.begin(self._note, before)
        self._outputs = Line(store, list(outlets), before=before, share=room // 8)
        self._lines = [self._outputs]
        self._joined: list[Line] = []
        self._tasks: TaskGroup | None = None
        self._ending = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[TaskGroup]:
        """Deliver while the block is open, and then until `finish` was called and all have everything."""
        try:
            async with create_task_group() as tasks:
                self._tasks = tasks
                for feed in self._feeds:
                    tasks.start_soon(self._feed, feed)
                for line in self._lines:
                    tasks.start_soon(self._serve, line)
                yield tasks
        finally:
            self._tasks = None

    def join(self, sink: Sink) -> None:
        """Let another sink have the items at its own pace, from where the slowest one of its like is.

        The first one begins where the outputs are.
        """
        if not self._joined and not any(outlet.name for outlet in self._outputs.outlets):
            # Where there are no outputs that could be held up, one line is cheaper than two.
            self._joined.append(self._outputs)
            self._outlets.append(self._outputs.take_in(sink))
            return
        line = min(self._joined or self._lines, key=lambda line: line.position).branch(sink)
        self._joined.append(line)
        self._lines.append(line)
        self._outlets.extend(line.outlets)
        if self._ending:
            line.finish()
        if self._tasks is not None:
            self._tasks.start_soon(self._serve, line)

    def committed(self, number: int, size: int = 0) -> None:
        """Note that so many more items are in the store, of a page with a body of so many bytes."""
        if number:
            for line in self._lines:
                line.committed(number, size)
            for feed in self._feeds:
                feed.committed(number, size)

    def behind(self, in_hand: int = 0) -> bool:
        """Say whether so much waits for somebody that no more pages should be fetched.

        Args:
            in_hand: bytes of pages that are not read to the end yet.
        """
        room = self._room - in_hand
        for line in self._lines:  # this is asked for each page
            if line.behind(self._limit, room):
                return True
        return bool(self._feeds) and any(feed.behind(self._limit, room) for feed in self._feeds)

    def finish(self) -> None:
        """Let `run` return once everything has been delivered."""
        self._ending = True
        for line in self._lines:
            line.finish()
        for feed in self._feeds:
            feed.finish()

    async def _serve(self, line: Line) -> None:
        while records := await line.next_batch():
            await self._note(False)
            self._moved()
            if line is self._outputs:
                self._told(records)

    async def _feed(self, feed: BatchFeed) -> None:
        while await feed.next_batch():
            self._moved()

    async def _note(self, at_once: bool) -> None:
        await note_marks(self._store, self._outlets, self._feeds, self._left, at_once=at_once)
