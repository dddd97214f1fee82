"""Items for the program that embeds a crawl: an async iterator that the crawl waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from anyio import Event

from crawler.contracts import Mark, Record
from crawler.export.revive import class_of, revive

T = TypeVar("T")


class Tap:
    """A sink that keeps items for one consumer, and the crawl waiting until they are taken.

    Args:
        kind: keep only items of this type, also those that come from a state as plain data; None for
            all, as they come.

    Attributes:
        name: none: all such sinks share one mark.
        kind: what is kept.
        deserted: its consumer has gone; another may take over.
        taken: id of the last item that the consumer was done with: it asked for the next one.
        told: the error that ended the crawl has been raised to the consumer.
    """

    name = ""

    def __init__(self, kind: type | None = None) -> None:
        self.kind = kind
        self.deserted = False
        self.told = False
        self.taken = 0
        self._handed = 0
        self._waiting: deque[tuple[int, Any]] = deque()
        self._filled = Event()
        self._emptied = Event()
        self._ended = False
        self._loose = False
        self._error: BaseException | None = None

    async def open(self, mark: Mark | None) -> int:
        """Go on after what the consumers of earlier runs have taken."""
        return mark.item if mark is not None else 0

    async def write(self, records: Sequence[Record]) -> None:
        """Offer items to the consumer; return when it has taken all of them and asks for more."""
        wanted = self._wanted(records)
        if wanted and not (self._loose and self.deserted):
            self._emptied = Event()
            self._waiting.extend(wanted)
            self._filled.set()
            await self._emptied.wait()

    async def close(self, *, failed: bool = False) -> None:
        """The crawl has ended; see `end`."""

    def _wanted(self, records: Sequence[Record]) -> list[tuple[int, Any]]:
        kind = self.kind
        if kind is None:
            return [(record.id, record.item) for record in records]
        found = ((record, class_of(record.item, kind)) for record in records)
        return [(record.id, revive(record, one)) for record, one in found if one is not None]

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

    def let_go(self) -> None:
        """Keep nothing any more once the consumer has gone: nobody will take over."""
        self._loose = True
        if self.deserted:
            self._waiting.clear()
            self._emptied.set()

    def desert(self) -> None:
        """Note that the consumer has gone."""
        self.deserted = True
        if self._loose:
            self.let_go()

    def end(self, error: BaseException | None = None) -> None:
        """Let the iteration end after the items that wait, with the error that ended the crawl."""
        self._ended = True
        self._error = error
        self._filled.set()


class Items(Generic[T]):
    """Iterates over the items of a running crawl, which keeps its consumer's pace.

    It is a class rather than a generator, so that it needs no closing and its next step may be awaited
    from any task. When it is gone, by `break` say, the next one of its kind goes on where it was.
    """

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        tap.deserted = False

    def __aiter__(self) -> Items[T]:
        return self

    async def __anext__(self) -> T:
        item: T = await self._tap.take()
        return item

    def __del__(self) -> None:
        self._tap.desert()


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
