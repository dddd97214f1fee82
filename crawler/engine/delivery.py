"""Takes committed items to every outlet, in order, and holds the crawl back when one is slow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from anyio import Event, create_task_group, move_on_after
from anyio.abc import TaskGroup

from crawler.contracts import Mark, Record, Sink, Store
from crawler.engine.batches import BatchFeed
from crawler.engine.line import Line
from crawler.engine.outlet import Outlet, note_marks

__all__ = ["Delivery", "Outlet", "note_marks"]

_NOTED_EVERY = 0.25  # seconds


class Delivery:
    """Drains the store's items to the sinks.

    The outputs get them together. Each sink that joins later, a consumer in a program, gets them at a pace
    of its own, and so does each batch: nobody waits for another, until the slowest is too far behind.

    Args:
        store: where committed items wait.
        outlets: the outputs; those that join later are added to the list.
        feeds: batches that get the items too.
        left: how far batches and consumers came that this run does not have: what they need is kept.
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
        left: list[Mark] | None = None,
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
        self._left = [] if left is None else left
        self._limit = limit
        self._room = room
        self._told = told
        self._moved = moved
        for feed in feeds:
            feed.begin(self._note, before, moved)
        self._outputs = Line(store, list(outlets), before=before, share=room // 8)
        self._lines = [self._outputs]
        self._joined: list[Line] = []
        self._tasks: TaskGroup | None = None
        self._starts: dict[str, int] = {}
        self._ending = False
        self._served = 0  # lines that have not come to their end
        self._over = Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[TaskGroup]:
        """Deliver while the block is open, and then until `finish` was called and all have everything."""
        try:
            async with create_task_group() as tasks:
                self._tasks = tasks
                for feed in self._feeds:
                    tasks.start_soon(self._feed, feed)
                for line in self._lines:
                    self._start(line, tasks)
                if self._joined:
                    tasks.start_soon(self._keep_noting)
                yield tasks
        finally:
            self._tasks = None

    def join(self, sink: Sink) -> None:
        """Let another sink have the items at its own pace, from where an earlier run left it.

        One that no earlier run had begins where the slowest one of its like is, and the first one of all
        where the outputs are.
        """
        start = next((mark.item for mark in self._left if mark.sink == sink.name), None)
        if start is not None:
            self._starts[sink.name] = start
            self._left[:] = [mark for mark in self._left if mark.sink != sink.name]
        start = self._starts.get(sink.name)
        if self._tasks is not None and not self._joined:
            self._tasks.start_soon(self._keep_noting)
        alone = not self._joined and not any(outlet.name for outlet in self._outputs.outlets)
        if alone and start in (None, self._outputs.position):
            # Where there are no outputs that could be held up, one line is cheaper than two.
            self._joined.append(self._outputs)
            self._outlets.append(self._outputs.take_in(sink))
            return
        line = min(self._joined or self._lines, key=lambda line: line.position).branch(sink, start)
        self._joined.append(line)
        self._lines.append(line)
        self._outlets.extend(line.outlets)
        if self._ending:
            line.finish()
        if self._tasks is not None:
            self._start(line, self._tasks)

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

    def _start(self, line: Line, tasks: TaskGroup) -> None:
        self._served += 1
        tasks.start_soon(self._serve, line)

    async def _serve(self, line: Line) -> None:
        while records := await line.next_batch():
            await self._note(False)
            self._moved()
            if line is self._outputs:
                self._told(records)
        self._served -= 1
        if not self._served:
            self._over.set()

    async def _keep_noting(self) -> None:
        """Note now and then how far consumers are in what they were given, so that a crash costs little."""
        noted: list[Mark] = []
        while self._served:
            with move_on_after(_NOTED_EVERY):
                await self._over.wait()
            marks = [outlet.mark for outlet in self._outlets]
            if marks != noted:
                noted = marks
                await self._note(False)

    async def _feed(self, feed: BatchFeed) -> None:
        while await feed.next_batch():
            self._moved()

    async def _note(self, at_once: bool) -> None:
        await note_marks(self._store, self._outlets, self._feeds, self._left, at_once=at_once)
