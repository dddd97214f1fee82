"""A task that owns what has a lifetime: whoever uses it may enter in one task and leave in another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from anyio import CancelScope

T = TypeVar("T")

#: What the owner does from begin to end; it says when what it owns is ready to be used.
Life = Callable[[Callable[[T], None]], Coroutine[Any, Any, None]]


class Owner(Generic[T]):
    """Lives in one asyncio task what other tasks begin and end.

    A task group must be left by the task that has entered it. A streaming endpoint, a fixture and whoever
    waits with a time-out enter in one task and leave in another.

    Args:
        life: the whole life of what is owned.
        name: of the task, for who debugs.
    """

    def __init__(self, life: Life[T], name: str) -> None:
        self._life = life
        self._name = name
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> T:
        """Start the task; return what is owned, once it is ready. Raises what it has failed with."""
        ready: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._life(ready.set_result), name=self._name)
        try:
            await asyncio.wait((self._task, ready), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.end()
            raise
        if ready.done():
            return ready.result()
        raise self.failure or asyncio.CancelledError

    async def end(self) -> None:
        """Cancel the task and wait until it is gone, also when this waiting is cancelled itself."""
        assert self._task is not None
        self._task.cancel()
        cancelled: asyncio.CancelledError | None = None
        with CancelScope(shield=True):  # or a scope of anyio's would cancel this waiting over and over
            while not self._task.done():
                try:
                    await asyncio.wait({self._task})
                except asyncio.CancelledError as error:
                    cancelled = error
        _ = self.failure  # looked at here, so that asyncio does not complain later
        if cancelled is not None:
            raise cancelled

    async def wait(self) -> None:
        """Wait until the task has ended by itself; raises nothing of what it has failed with."""
        assert self._task is not None
        await asyncio.wait({self._task})

    def let_go(self) -> None:
        """Cancel the task without waiting for its end, where nobody is left who could; for any thread."""
        task = self._task
        if task is None:
            return
        loop = task.get_loop()
        if task.done():
            _ = self.failure  # which nobody wants any more
        elif not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)

    @property
    def over(self) -> bool:
        """Whether the task has ended."""
        return self._task is not None and self._task.done()

    @property
    def cancelled(self) -> bool:
        """Whether the task has ended because it was cancelled."""
        return self._task is not None and self._task.cancelled()

    @property
    def failure(self) -> BaseException | None:
        """What the task has failed with; None while it runs, and when it was cancelled."""
        if self._task is None or not self._task.done() or self._task.cancelled():
            return None
        return self._task.exception()


def single(error: BaseException) -> BaseException:
    """Return the error inside a group of one, however deep; a group of several stays as it is."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
