"""A bounded queue between tasks, or threads, that ends by itself when the last producer has left."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from anyio import Lock, NoEventLoopError, RunFinishedError, from_thread
from anyio.lowlevel import checkpoint

from crawler.errors import QueueError
from crawler.signals import HomeLoop, Signal

T = TypeVar("T")
R = TypeVar("R")

ELSEWHERE = {
    "put": "make a producer, `put = queue.producer()`, then `await put(item)`",
    "get": "take by `async for item in queue`, or one by `await anext(consumer)`, `consumer = aiter(queue)`",
}


class Queue(Generic[T]):
    """Hands items from producers to consumers; there may be several of both.

    Whoever puts waits while it is full. It is over when every producer has left and it is empty: then the
    iteration of each consumer ends; no item has to mean the end. When the last consumer has left, putting
    raises QueueError instead of waiting for ever, until there is another, who gets what waits.

    It is made where an event loop runs, and belongs to that; threads take part by the words for them.

    Args:
        size: items that may wait, from 1 up.

    Raises QueueError for another size, and where no event loop runs.
    """

    def __init__(self, size: int) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise QueueError(f"the size of a queue is a whole number from 1 up, not {size!r}")
        try:
            self._loop = HomeLoop()
        except NoEventLoopError:
            raise QueueError(
                "no event loop runs here, and a queue belongs to one: make it in the `async def` that uses it"
            ) from None
        self._size = size
        self._items: deque[T] = deque()
        self._room, self._filled = Signal(), Signal()
        # Who comes first waits for the signal, the others in line: nobody is overtaken for ever.
        self._putting, self._taking = Lock(fast_acquire=True), Lock(fast_acquire=True)
        self._producers = self._consumers = 0
        self._over = self._served = self._closed = False

    def producer(self) -> Producer[T]:
        """Return a producer; it counts from now on, so make all of them before the first may leave.

        Raises QueueError when all others have left already, or the queue is closed.
        """
        self._check_open()
        if self._over:
            raise QueueError(
                "all producers have left, so the queue is over: make every producer, by `queue.producer()`, "
                "before the first one is used"
            )
        self._producers += 1
        return Producer(self)

    def __aiter__(self) -> Consumer[T]:
        self._consumers += 1
        self._served = True
        return Consumer(self)

    def in_thread(self) -> Iterator[T]:
        """Iterate in a thread; as a consumer this counts from the first item that is asked for."""
        instead = "`async for item in queue`"
        consumer = self._from_thread(self._joined, instead)
        try:
            while not self._closed:
                try:
                    item = self._from_thread(consumer.__anext__, instead)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            consumer.leave()

    @property
    def waiting(self) -> int:
        """How many items wait."""
        return len(self._items)

    def close(self) -> None:
        """End the queue at once: what waits is gone, iterations end, puts raise QueueError; in any thread.

        Threads that wait in it are let go: call it in `finally:` where tasks may be cancelled.
        """
        self._closed = True
        self._loop.at_once(self._clear)

    if not TYPE_CHECKING:  # a type checker is to find unknown words itself

        def __getattr__(self, name: str) -> NoReturn:
            hint = f": {ELSEWHERE[name]}" if name in ELSEWHERE else ""
            raise AttributeError(f"a Queue has no {name!r}{hint}", name=name, obj=self)

    # For producers and consumers. On the loop, but for _check_open, _check_thread and _from_thread.

    async def _joined(self) -> Consumer[T]:
        return aiter(self)

    async def _put(self, item: T) -> None:
        await checkpoint()  # at the start: what is cancelled has put nothing
        if self._putting.locked() or self._must_wait_to_put():
            async with self._putting:
                while self._must_wait_to_put():
                    await self._room.wait()
        self._check_open()
        if self._deserted:
            raise QueueError("nobody takes from the queue any more: its last consumer has left")
        self._items.append(item)
        self._filled.notify()

    async def _take(self) -> T:
        await checkpoint()
        if self._taking.locked() or self._must_wait_to_take():
            async with self._taking:
                while self._must_wait_to_take():
                    await self._filled.wait()
        if self._closed or not self._items:
            raise StopAsyncIteration
        self._room.notify()
        return self._items.popleft()

    def _must_wait_to_put(self) -> bool:
        return len(self._items) >= self._size and not self._closed and not self._deserted

    def _must_wait_to_take(self) -> bool:
        return not self._items and not self._closed and not self._over

    @property
    def _deserted(self) -> bool:
        return self._served and not self._consumers

    # Garbage collection may call these two amid the methods above, so they wake nobody themselves.

    def _producer_left(self) -> None:
        self._producers -= 1
        if not self._producers:
            self._over = True
            self._loop.soon(self._filled.notify)

    def _consumer_left(self) -> None:
        self._consumers -= 1
        if not self._consumers:
            self._loop.soon(self._room.notify)

    def _clear(self) -> None:
        self._items.clear()
        self._loop.soon(self._filled.notify)
        self._loop.soon(self._room.notify)

    def _check_open(self) -> None:
        if self._closed:
            raise QueueError("the queue is closed")

    def _check_thread(self, instead: str) -> None:
        if self._loop.here:
            raise QueueError(f"in_thread is for threads, and would block this event loop; here: {instead}")

    def _from_thread(self, call: Callable[[], Coroutine[Any, Any, R]], instead: str) -> R:
        self._check_thread(instead)
        try:
            return from_thread.run(call, token=self._loop.token)
        except RunFinishedError:
            raise QueueError("the event loop that the queue belongs to has ended") from None


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
        self._queue._from_thread(partial(self._queue._put, item), "`await put(item)`")

    def leave(self) -> None:
        """Put nothing more; in any thread."""
        if not self._left:
            self._left = True
            self._queue._loop.at_once(self._queue._producer_left)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def __enter__(self) -> Self:
        self._queue._check_thread("`async with`")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def __del__(self) -> None:
        self.leave()

    def _check(self) -> None:
        if self._left:
            raise QueueError("this producer has left: make another one by `queue.producer()`")
        self._queue._check_open()


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
        """Take nothing more; in any thread."""
        if not self._left:
            self._left = True
            self._queue._loop.at_once(self._queue._consumer_left)

    def __del__(self) -> None:
        self.leave()
