"""A time limit that many tasks share, with one timer for all of them."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self


class TimeLimit:
    """How long a block of code may run; `Run` puts a block under it.

    Because all blocks may take equally long, the oldest one ends first, and the one timer is set
    for that. A timer of its own for each fetch would cost an eighth of the whole fetch.

    Args:
        seconds: how long a block may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.loop = asyncio.get_running_loop()
        # Dicts keep their order: the block that began first stands first.
        self.runs: dict[Run, None] = {}
        self.timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """End the blocks whose time is over, and set the timer for the next one."""
        self.close()
        now = self.loop.time()
        while self.runs:
            oldest = next(iter(self.runs))
            if oldest.ends > now:
                self.timer = self.loop.call_at(oldest.ends, self.watch)
                return
            del self.runs[oldest]
            oldest.expire()

    def close(self) -> None:
        """Stop the timer; blocks that still run are not ended any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Run:
    """Context manager that raises TimeoutError when its block takes longer than the limit.

    Like `asyncio.timeout`, it does so by cancelling the task once; `expired` says whether it did.
    """

    __slots__ = ("_cancelling", "_limit", "_task", "ends", "expired")

    _task: asyncio.Task[Any] | None

    def __init__(self, limit: TimeLimit) -> None:
        self._limit = limit
        self.expired = False

    def __enter__(self) -> Self:
        limit, task = self._limit, asyncio.current_task()
        if task is None:
            raise RuntimeError("a time limit is for code inside a task")
        self._task, self._cancelling = task, task.cancelling()
        self.ends = limit.loop.time() + limit.seconds
        limit.runs[self] = None
        if limit.timer is None:
            limit.watch()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._limit.runs.pop(self, None)
        task, self._task = self._task, None
        if not self.expired or task is None:
            return
        # Cancelled by us alone is a timeout; by somebody else as well stays a cancellation.
        alone = task.uncancel() <= self._cancelling
        if alone and exc_type is not None and issubclass(exc_type, asyncio.CancelledError):
            raise TimeoutError(f"longer than {self._limit.seconds:g} s") from exc

    def expire(self) -> None:
        """End the block: its time is over."""
        if self._task is not None:
            self.expired = True
            self._task.cancel()
