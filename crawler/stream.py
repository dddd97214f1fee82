"""Results as they come: iterated over one by one, or awaited as a list, at their consumer's pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from crawler.errors import CrawlerError
from crawler.owner import Owner

T = TypeVar("T")


class Pipe(Generic[T]):
    """Between the work and its consumer: so many places, each for one result that is in the making or waits.

    Args:
        places: how many there are.
    """

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._results: deque[T] = deque()
        self._filled = asyncio.Event()

    async def place(self) -> None:
        """Wait for a place; to be called before a result is begun, which is offered later on."""
        await self._places.acquire()

    def offer(self, result: T) -> None:
        """Give a result, for which there is a place, to the consumer."""
        self._results.append(result)
        self._filled.set()

    def wake(self) -> None:
        """Let the consumer look."""
        self._filled.set()

    @property
    def empty(self) -> bool:
        """Whether no result waits."""
        return not self._results

    def take(self) -> T:
        """Return the next result, which gives its place back."""
        self._places.release()
        return self._results.popleft()

    async def change(self) -> None:
        """Wait until there is a result, or the work has ended."""
        self._filled.clear()
        await self._filled.wait()


Work = Callable[[Pipe[T]], Coroutine[Any, Any, None]]


class Stream(Generic[T]):
    """The results of work that runs while somebody wants them.

    `async for` gives them one by one, `await` all of them as a list. Who may leave the iteration early
    puts it into `async with`: on leaving, what still runs is cancelled and waited for. The work begins
    with the first of these. An error that ends it is raised after the results that came before.

    When a consumer is cancelled while it waits for a result, the work is gone before that goes on; whoever
    asks for more then gets a CrawlerError.

    Args:
        work: gives its results to a pipe, and ends.
        places: how many results may be in the making or wait.
        name: of the task that it runs in, for who debugs.
    """

    def __init__(self, work: Work[T], *, places: int, name: str) -> None:
        self._pipe: Pipe[T] = Pipe(places)
        self._owner: Owner[None] = Owner(_life(work, self._pipe), name)
        self._begun = False
        self._over = False
        self._lost = ""

    def __await__(self) -> Generator[Any, Any, list[T]]:
        return self._all().__await__()

    async def _all(self) -> list[T]:
        if self._over:
            raise CrawlerError("this stream is over: there is nothing left to be awaited")
        async with self:
            return [result async for result in self]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            await self._begin()
            while self._pipe.empty and not self._over:
                if self._owner.over:
                    self._over = True
                    if self._owner.cancelled:
                        self._lost = "the work of this stream was cancelled by somebody else"
                    raise self._owner.failure or self._end()
                await self._pipe.change()
        except asyncio.CancelledError:
            self._lost = "a consumer of this stream was cancelled while it waited, and the work with it"
            await self.aclose()
            raise
        if self._over:
            raise self._end()
        return self._pipe.take()

    def _end(self) -> Exception:
        """Return what says that there are no further results: an error, where there should have been."""
        return CrawlerError(f"{self._lost}: results are missing") if self._lost else StopAsyncIteration()

    async def _begin(self) -> None:
        if not self._begun and not self._over:
            self._begun = True
            await self._owner.begin()

    async def aclose(self) -> None:
        """Cancel what still runs and wait until it is gone; there are no further results."""
        self._over = True
        self._pipe.wake()
        if self._begun and not self._owner.over:
            await self._owner.end()

    def __del__(self) -> None:
        self._owner.let_go()


def _life(work: Work[T], pipe: Pipe[T]) -> Callable[[Callable[[None], None]], Coroutine[Any, Any, None]]:
    """Return what the task does; it does not know the stream, which may be dropped meanwhile."""

    async def live(ready: Callable[[None], None]) -> None:
        ready(None)
        try:
            await work(pipe)
        finally:
            asyncio.get_running_loop().call_soon(pipe.wake)  # when the task is over

    return live
