"""Stages that are written `async def`: they run on the event loop, a few items at a time."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import Semaphore, get_cancelled_exc_class, move_on_after

from crawler.cancelling import is_cancelled, let_through
from crawler.errors import CallError, CallTimeout, PluginError
from crawler.executors.work import not_ready, results
from crawler.placement import Resolved
from crawler.raised import raised
from crawler.stages import StageCode

#: Seconds that a stage has for tearing down.
GRACE = 2.0


class LoopExecutor:
    """Runs one stage on the event loop, in order of arrival; there is one object for all calls.

    Args:
        name: what it runs, as people are told.
        code: the stage.
        placed: how many calls at a time, how many seconds each, how many that wait.
        last: it stands at the end of a pipeline, so that what a batch returns goes nowhere.
    """

    def __init__(self, name: str, code: StageCode, placed: Resolved, last: bool = False) -> None:
        self.name = name
        self._code = code
        self._placed = placed
        self._last = last
        self._turns = Semaphore(placed.workers)
        self._run: Callable[[Any], Any] | None = None

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return self._turns.statistics().tasks_waiting

    @property
    def full(self) -> bool:
        """Whether as many calls wait as may."""
        return self.waiting >= self._placed.queue

    async def open(self) -> None:
        """Make the object, where the stage is a class, and call its `open`, in bounded time.

        Raises PluginError.
        """
        try:
            with move_on_after(self._placed.setup) as limit:
                run = self._code.make()
                await _finish(getattr(run, "open", _nothing)())
                self._run = run
                return
        except get_cancelled_exc_class() as error:
            if is_cancelled():
                raise
            raise PluginError(f"{self.name} cannot be set up: what it awaited was cancelled") from error
        except Exception as error:
            if limit.cancel_called:
                raise not_ready(self.name, self._placed) from error
            raise PluginError(f"{self.name} cannot be set up: {raised(error, deepest=True)}") from error
        raise not_ready(self.name, self._placed)

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        """Run the code once, when it is its turn; see `Executor.call`."""
        async with self._turns:
            try:
                with move_on_after(self._placed.timeout) as limit:
                    return await self._collect(argument)
            except get_cancelled_exc_class() as error:
                if is_cancelled():
                    raise
                raise CallError("what it awaited was cancelled") from error
            except Exception as error:
                # A cancellation that the code has made an error of its own of. Its own time-outs pass.
                if limit.cancel_called:
                    raise self._too_late() from error
                await let_through()
                raise
        raise self._too_late()

    async def close(self) -> None:
        """Call the object's `close`. Raises PluginError when that fails, or takes too long."""
        run, self._run = self._run, None
        if run is None:
            return
        try:
            with move_on_after(GRACE, shield=True):
                await _finish(getattr(run, "close", _nothing)())
                return
        except get_cancelled_exc_class() as error:
            if is_cancelled():
                raise
            raise PluginError(f"{self.name} cannot be closed: what it awaited was cancelled") from error
        except Exception as error:
            raise PluginError(f"{self.name} cannot be closed: {raised(error, deepest=True)}") from error
        raise PluginError(f"{self.name} cannot be closed: that took longer than {GRACE:g} seconds")

    async def _collect(self, argument: Any) -> list[Any]:
        if self._run is None:
            raise PluginError(f"{self.name} is not open")
        result = self._run(argument)
        if not inspect.isasyncgen(result):
            result = await result
        if inspect.isasyncgen(result):
            result = [item async for item in result]
        return results(self._code, result, argument, last=self._last)

    def _too_late(self) -> CallTimeout:
        return CallTimeout(f"{self.name} took longer than {self._placed.timeout:g} seconds")


async def _finish(result: Awaitable[Any] | None) -> None:
    if inspect.isawaitable(result):
        await result


def _nothing() -> None: ...
