"""Items for the program that embeds a crawl: an async iterator that the crawl waits for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from anyio import Event

from crawler.contracts import Record

T = TypeVar("T")


class Items(Generic[T]):
    """Iterates over the items of a running crawl, as a sink that its consumer empties.

    The crawl is held back while items wait here. It is a class rather than a generator, so that it
    needs no closing and its next step may be awaited from any task.
    """

    def __init__(self, kind: type[T] | None = None) -> None:
        self._kind = kind
        self._waiting: deque[Any] = deque()
        self._filled = Event()
        self._emptied = Event()
        self._ended = False
        self._error: BaseException | None = None

    def __aiter__(self) -> Items[T]:
        return self

    async def __anext__(self) -> T:
        while not self._waiting:
            if self._ended:
                error, self._error = self._error, None
                raise error or StopAsyncIteration
            self._filled = Event()
            self._emptied.set()
            await self._filled.wait()
        item: T = self._waiting.popleft()
        return item

    async def open(self) -> None:
        """Nothing to make ready."""

    async def write(self, records: Sequence[Record]) -> None:
        """Offer items to the consumer; return when it has taken all of them and asks for more."""
        kind = self._kind
        wanted = [record.item for record in records if kind is None or isinstance(record.item, kind)]
        if wanted:
            self._emptied = Event()
            self._waiting.extend(wanted)
            self._filled.set()
            await self._emptied.wait()

    async def close(self) -> None:
        """The crawl has ended; see `end`."""

    def end(self, error: BaseException | None = None) -> None:
        """Let the iteration end after the items that wait, with the error that ended the crawl."""
        self._ended = True
        self._error = error
        self._filled.set()


class Hold:
    """A sink that keeps items waiting until somebody says what is to become of them."""

    def __init__(self) -> None:
        self._released = Event()

    def release(self) -> None:
        """Let items pass from now on."""
        self._released.set()

    async def open(self) -> None:
        """Nothing to make ready."""

    async def write(self, records: Sequence[Record]) -> None:
        """Wait until items may pass."""
        await self._released.wait()

    async def close(self) -> None:
        """Nothing to finish."""
