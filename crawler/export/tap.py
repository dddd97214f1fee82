"""Items for the program that embeds a crawl: async iterators that the crawl waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from anyio import Event

from crawler.contracts import CONSUMER, Mark, Record
from crawler.export.revive import class_of, revive, takes_change
from crawler.model.recrawl import Change

T = TypeVar("T")


class Audience:
    """The consumers of one crawl: which of them are there, and which have gone.

    While somebody is there, nobody waits for those who have gone. While nobody is, the crawl waits: the
    next consumer of a kind goes on where the last one was.
    """

    def __init__(self) -> None:
        self.taps: list[Tap] = []
        self._waits = True

    def tap(self, kind: type | None) -> tuple[Tap, bool]:
        """Return a tap for items of this type, and whether it is a new one."""
        for tap in self.taps:
            if tap.deserted and tap.kind is kind:
                return tap, False
        return Tap(kind, self), True

    def let_go(self) -> None:
        """Wait for no consumer that has gone, from now on."""
        self._waits = False
        self.look()

    def waits(self) -> bool:
        """Say whether items wait for consumers that have gone."""
        return self._waits and all(tap.deserted for tap in self.taps)

    def look(self) -> None:
        """Act on it that a consumer has come or gone."""
        if not self.waits():
            for tap in self.taps:
                if tap.deserted:
                    tap.clear()

    def end(self, error: BaseException | None = None) -> None:
        """Let all iterations end, with the error that ended the crawl."""
        for tap in self.taps:
            tap.end(error)


class Tap:
    """A sink that keeps items for one consumer, and its line waiting until they are taken.

    Args:
        kind: keep only items of this type, also those that come from a state as plain data; None for
            all, as they come.
        audience: the other consumers.

    Attributes:
        name: what its mark is kept under: the consumer of this type of items.
        kind: what is kept.
        deserted: its consumer has gone; another may take over.
        taken: id of the last item that the consumer was done with: it asked for the next one.
        told: the error that ended the crawl has been raised to the consumer.
    """

    def __init__(self, kind: type | None = None, audience: Audience | None = None) -> None:
        self.name = CONSUMER + ("everything" if kind is None else f"{kind.__module__}.{kind.__qualname__}")
        self.kind = kind
        self.deserted = False
        self._owed = False  # its consumer has gone, and has not had everything since
        self.told = False
        self.taken = 0
        self._audience = audience or Audience()
        self._audience.taps.append(self)
        self._handed = 0
        self._waiting: deque[tuple[int, Any]] = deque()
        self._filled = Event()
        self._emptied = Event()
        self._ended = False
        self._error: BaseException | None = None

    async def open(self, mark: Mark | None) -> int:
        """Go on after what the consumers of earlier runs have taken."""
        return mark.item if mark is not None else 0

    async def write(self, records: Sequence[Record]) -> None:
        """Offer items to the consumer; return when it has taken all of them and asks for more.

        What is not taken when this is cancelled is not given any more: it comes in the next run.
        """
        wanted = self._wanted(records)
        if not wanted:
            return
        if self.deserted and not self._audience.waits():
            self._owed = True
            return
        self._emptied = Event()
        self._waiting.extend(wanted)
        self._filled.set()
        try:
            await self._emptied.wait()
        except BaseException:
            self._waiting.clear()
            raise

    async def close(self, *, failed: bool = False) -> None:
        """The crawl has ended; see `end`."""

    def _wanted(self, records: Sequence[Record]) -> list[tuple[int, Any]]:
        kind = self.kind
        if kind is None:
            return [(record.id, record.item) for record in records]
        found = ((record, class_of(record.item, kind)) for record in records)
        return [
            (record.id, revive(record, one))
            for record, one in found
            if one is not None and (record.change != Change.GONE or takes_change(one))
        ]

    async def take(self) -> Any:
        """Return the next item. Raises StopAsyncIteration, or what made the crawl fail, at its end."""
        self.taken = self._handed
        while not self._waiting:
            if self._ended:
                error, self._error = self._error, None
                self.told = self.told or error is not None
                raise error or StopAsyncIteration
            if self._filled.is_set():
                self._filled = Event()
            self._emptied.set()
            await self._filled.wait()
        self._handed, item = self._waiting.popleft()
        return item

    def reached(self, item: int, begun: int) -> int:
        """Return the id of the last item that its consumer is done with, or had no use for.

        Args:
            item: how far its line is.
            begun: where that began.
        """
        done = max(begun, self.taken)
        return done if self._owed else max(done, item)

    def attend(self) -> None:
        """Note that a consumer has come; nothing is owed any more to one that had gone."""
        self.deserted = self._owed = False
        self._audience.look()

    def desert(self) -> None:
        """Note that the consumer has gone."""
        self.deserted = True
        self._owed = self._owed or self._handed > self.taken
        self._audience.look()

    def clear(self) -> None:
        """Keep nothing of what waits."""
        self._owed = self._owed or bool(self._waiting)
        self._waiting.clear()
        self._emptied.set()

    def end(self, error: BaseException | None = None) -> None:
        """Let the iteration end after the items that wait, with the error that ended the crawl."""
        self._ended = True
        self._error = error
        self._filled.set()


class Items(Generic[T]):
    """Iterates over the items of a running crawl, which keeps its consumer's pace.

    It is a class rather than a generator, so that it needs no closing and its next step may be awaited
    from any task. When it is gone, by `break` say, its consumer counts as gone.

    Args:
        tap: gets the items.
        act: calls a function where the crawl runs. The last reference may go in any thread.
    """

    def __init__(self, tap: Tap, act: Callable[[Callable[[], None]], None] | None = None) -> None:
        self._tap: Tap | None = tap
        self._act = act
        tap.attend()

    def __aiter__(self) -> Items[T]:
        return self

    async def __anext__(self) -> T:
        if self._tap is None:
            raise StopAsyncIteration
        item: T = await self._tap.take()
        return item

    async def aclose(self) -> None:
        """Leave the iteration, also while something still refers to it; for `contextlib.aclosing`."""
        self._leave()

    def __del__(self) -> None:
        self._leave()

    def _leave(self) -> None:
        tap, self._tap = self._tap, None
        if tap is None:
            return
        if self._act is None:
            tap.desert()
        else:
            self._act(tap.desert)


class Hold:
    """A sink that keeps items waiting until somebody says what is to become of them."""

    name = ""

    def __init__(self) -> None:
        self._released = Event()

    def release(self) -> None:
        """Let items pass from now on."""
        self._released.set()

    async def open(self, mark: Mark | None) -> int:
        """Go on after what the consumers of earlier runs have taken."""
        return mark.item if mark is not None else 0

    async def write(self, records: Sequence[Record]) -> None:
        """Wait until items may pass."""
        await self._released.wait()

    async def close(self, *, failed: bool = False) -> None:
        """Nothing to finish."""
