"""Runs a plugin's code in worker processes: any of them may hang, grow or die, and only one call pays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import anyio
from anyio import CancelScope, create_task_group
from anyio.abc import TaskGroup

from crawler.errors import CallError, PluginError
from crawler.events import Event, WorkerLost
from crawler.executors.process.calls import Calls
from crawler.executors.process.child import Child
from crawler.executors.process.inside import refuse_in_worker
from crawler.executors.process.job import Job
from crawler.executors.process.kinds import Kinds
from crawler.executors.process.platform import check_supported
from crawler.executors.process.starting import Starter
from crawler.executors.process.target import Target
from crawler.executors.process.unsendable import Unsendable
from crawler.executors.process.wire import Wire
from crawler.placement import Resolved
from crawler.stages import address_of

#: Workers that may fail in a row in one place; then that place stays empty.
TRIES = 3

_log = logging.getLogger("crawler.worker")


class ProcessExecutor:
    """Runs the code of one stage, or of a spider's callbacks, in worker processes; see `Executor`.

    Args:
        name: what it runs, as people are told.
        target: what the workers load.
        placed: how many there are, and their limits.
        tell: is told of each worker that is lost.
    """

    def __init__(self, name: str, target: Target, placed: Resolved, tell: Callable[[Event], None]) -> None:
        self.name = name
        self._placed = placed
        self._tell = tell
        self._wire = Wire(address_of, Kinds().find)
        self._starter = Starter(name, target, placed)
        self._calls = Calls(placed, self._wire, self._flush, self._used_up)
        self._started: set[Child] = set()
        self._places = placed.workers
        self._event: Callable[[], anyio.Event] = anyio.Event
        self._tasks: TaskGroup | None = None
        self._over: Exception | None = None

    @property
    def waiting(self) -> int:
        """Calls that no worker has taken in hand yet."""
        return self._calls.waiting

    @property
    def full(self) -> bool:
        """Whether as many calls wait for a worker as may."""
        return self._calls.waiting >= self._placed.queue

    async def open(self) -> None:
        """Start the workers, all at once, and let each set the code up.

        Raises PluginError when one of them cannot; then all are ended.
        """
        refuse_in_worker()
        check_supported()
        # The class that this event loop has: to look that up for each call is dearer than the event.
        self._event = type(anyio.Event())
        self._tasks = await create_task_group().__aenter__()
        failures: list[PluginError] = []
        try:
            async with create_task_group() as starting:
                for _ in range(self._placed.workers):
                    starting.start_soon(self._first, starting.cancel_scope, failures)
            if failures:
                raise failures[0]
        except BaseException:
            await self.close()
            raise
        self._tasks.start_soon(self._calls.keep_time)

    async def _first(self, others: CancelScope, failures: list[PluginError]) -> None:
        try:
            await self._start(0)
        except PluginError as error:
            failures.append(error)
            others.cancel()

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        """Run the code once in a worker and return all that came of it; see `Executor.call`.

        Raises PluginError when workers cannot be started any more.
        """
        if self._over is not None:
            raise self._over.with_traceback(None)  # or it would grow with each call
        try:
            job = Job(*self._wire.encode_call(name, argument), url, self._event())
        except Unsendable as error:
            raise CallError(str(error)) from error
        self._calls.add(job)
        try:
            return await job.answer()
        finally:
            if not job.over:
                self._calls.forget(job)

    async def close(self) -> None:
        """End the workers: each may tear its code down for two seconds, and is killed then."""
        self._give_up(CallError(f"{self.name} was closed before it came to this"))
        tasks, self._tasks = self._tasks, None
        try:
            if tasks is not None:
                tasks.cancel_scope.cancel()
                await tasks.__aexit__(None, None, None)
        finally:
            await self._end_all()

    async def _end_all(self) -> None:
        with CancelScope(shield=True):
            async with create_task_group() as ending:
                for child in self._started:
                    ending.start_soon(child.end)
        self._started.clear()

    async def _start(self, tries: int) -> None:
        """Start a worker that gets calls from then on. Raises PluginError."""
        child = await self._starter.start(self._started)
        child.tries = tries
        if self._tasks is not None:
            self._tasks.start_soon(self._live, child)
            self._calls.join(child)

    async def _live(self, child: Child) -> None:
        """Take a worker's answers until its end, and see to what comes then."""
        async with create_task_group() as living:
            living.start_soon(child.output.forward)
            living.start_soon(child.see_its_end)
            await self._calls.serve(child)
            living.cancel_scope.cancel()
        blamed = self._calls.leave(child)
        lost = bool(child.verdict) or not child.leaving
        in_vain = blamed is None and not child.verdict and not child.answered
        how = await child.end()
        self._started.discard(child)
        if lost:
            self._lost(child, blamed, child.verdict or how)
        if not child.heir:
            await self._fill(child.tries + 1 if in_vain else 0, how)

    def _lost(self, child: Child, blamed: Job | None, cause: str) -> None:
        if blamed is not None:
            child.about = blamed.url
            self._calls.blame(blamed, cause)
        self._tell(WorkerLost(self.name, cause, child.about))

    async def _fill(self, tries: int, how: str) -> None:
        """Start a worker for an empty place, unless it has taken all its tries."""
        problem = PluginError(f"{self.name}: its worker processes end before they are called: {how}")
        while tries < TRIES:
            try:
                await self._start(tries)
            except PluginError as error:
                problem = error
                tries += 1
            else:
                return
        self._places -= 1
        _log.error("%s: %d workers are left: %s", self.name, self._places, problem)
        if not self._places:
            self._give_up(problem)

    def _used_up(self, child: Child) -> None:
        child.heir = True
        if self._tasks is not None:
            self._tasks.start_soon(self._recycle, child)

    async def _recycle(self, child: Child) -> None:
        """Start a worker beside one that has nearly done its share, and let that one go."""
        await self._fill(0, "")
        self._calls.retire(child)

    def _flush(self, child: Child) -> None:
        if self._tasks is not None:
            self._tasks.start_soon(child.flush)

    def _give_up(self, error: Exception) -> None:
        self._over = self._over or error
        self._calls.fail_all(self._over)
