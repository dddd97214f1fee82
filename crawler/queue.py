"""A bounded queue between tasks, or threads, that ends by itself when the last producer has left."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio
from anyio import BrokenResourceError, ClosedResourceError, EndOfStream, from_thread
from anyio.lowlevel import current_token

from crawler.errors import QueueError

T = TypeVar("T")


class Queue(Generic[T]):
    """Hands items from producers to consumers; there may be several of both.

    Whoever puts waits while it is full. It is over when every producer has left and it is empty: then the
    iteration of each consumer ends; no item has to mean the end. When the last consumer has left,
    putting raises QueueError instead of waiting for ever.

    It is made where an event loop runs, and belongs to that; threads take part by the words for them.

    Args:
        size: items that may wait.
    """

    def __init__(self, size: int) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 0:
            raise QueueError(f"the size of a queue is a whole number from 0 up, not {size!r}")
        self._send, self._receive = anyio.create_memory_object_stream[T](size)
        self._token = current_token()
        self._producers = 0
        self._consumers = 0
        self._over = False

    def producer(self) -> Producer[T]:
        """Return a producer; it counts from now on, so make all of them before the first may leave.

        Raises QueueError when all others have left already.
        """
        if self._over:
            raise QueueError(
                "all producers have left, so the queue is over: make every producer, by `queue.producer()`, "
                "before the first one is used"
            )
        self._producers += 1
        return Producer(self)

    def __aiter__(self) -> Consumer[T]:
        self._consumers += 1
        return Consumer(self)

    def in_thread(self) -> Iterator[T]:
        """Iterate in a thread; as a consumer this counts from the first item that is asked for."""
        consumer = from_thread.run(self._joined, token=self._token)
        try:
            while True:
                try:
                    item = from_thread.run(consumer.__anext__, token=self._token)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            from_thread.run_sync(consumer.leave, token=self._token)

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return self._send.statistics().current_buffer_used

    def __del__(self) -> None:
        if hasattr(self, "_send"):
            self._send.close()
            self._receive.close()

    # For producers and consumers.

    async def _joined(self) -> Consumer[T]:
        return aiter(self)

    async def _put(self, item: T) -> None:
        try:
            await self._send.send(item)
        except (BrokenResourceError, ClosedResourceError):
            raise QueueError("nobody takes from the queue any more: its last consumer has left") from None

    async def _take(self) -> T:
        try:
            return await self._receive.receive()
        except (EndOfStream, ClosedResourceError):
            raise StopAsyncIteration from None

    def _producer_left(self) -> None:
        self._producers -= 1
        if not self._producers:
            self._over = True
            self._send.close()

    def _consumer_left(self) -> None:
        self._consumers -= 1
        if not self._consumers:
            self._receive.close()


class Producer(Generic[T]):
    """Puts items into a queue, inside `async with` or, in a thread, `with`; leaving the block it leaves.

    Args:
        queue: where the items go.
    """

    def __init__(self, queue: Queue[T]) -> None:
        self._queue = queue
        self._left = False

    async def __call__(self, item: T) -> None:
        """Put an item; wait while the queue is full. Raises QueueError when nobody takes it any more."""
        self._check()
        await self._queue._put(item)

    def in_thread(self, item: T) -> None:
        """Do the same in a thread, which waits meanwhile."""
        self._check()
        from_thread.run(self._queue._put, item, token=self._queue._token)

    def leave(self) -> None:
        """Put nothing more; on the event loop."""
        if not self._left:
            self._left = True
            self._queue._producer_left()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from_thread.run_sync(self.leave, token=self._queue._token)

    def __del__(self) -> None:
        self.leave()

    def _check(self) -> None:
        if self._left:
            raise QueueError("this producer has left: make another one by `queue.producer()`")


class Consumer(Generic[T]):
    """Takes items from a queue; it leaves when it is gone, by `break` say, or when the queue is over.

    Args:
        queue: where the items come from.
    """

    def __init__(self, queue: Queue[T]) -> None:
        self._queue = queue
        self._left = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        if self._left:
            raise StopAsyncIteration
        try:
            return await self._queue._take()
        except StopAsyncIteration:
            self.leave()
            raise

    def leave(self) -> None:
        """Take nothing more; on the event loop."""
        if not self._left:
            self._left = True
            self._queue._consumer_left()

    def __del__(self) -> None:
        self.leave()
