"""Threads for a plugin's blocking code; one that hangs is left behind, and another takes its place."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from anyio import Event, get_cancelled_exc_class, move_on_after

from crawler.errors import CallError, CallTimeout, PluginError
from crawler.events import ThreadStuck
from crawler.executors.work import Work, not_ready
from crawler.executors.workerthread import Call, Post, WorkerThread, post_to_loop
from crawler.placement import Resolved
from crawler.raised import raised

#: Seconds that all threads together have to end in when they are to.
GRACE = 2.0
#: Threads that were left behind and have not ended, beyond which no more is begun.
MOST_STUCK = 50
#: Threads in a row that cannot be set up, after which a call fails.
MOST_TRIES = 3


class ThreadExecutor:
    """Runs the code of one stage, or of a spider's callbacks, in threads of its own, in order of arrival.

    All but the threads themselves happens on the event loop. A call that is cancelled lets its thread go
    on; the thread takes no other call before that one has ended, and what comes of it is thrown away.

    Args:
        name: what it runs, as people are told.
        make: makes the work of one thread.
        placed: how many threads, how many seconds a call, how many calls that wait.
        tell: tells the listeners.
    """

    def __init__(
        self, name: str, make: Callable[[], Work], placed: Resolved, tell: Callable[[ThreadStuck], None]
    ) -> None:
        self.name = name
        self._make = make
        self._placed = placed
        self._tell = tell
        self._numbers = count(1)
        self._queue: deque[Call] = deque()
        self._workers: set[WorkerThread] = set()
        self._free: list[WorkerThread] = []
        self._stuck: set[WorkerThread] = set()
        self._setting_up = False
        self._tries = 0
        self._closed = False
        self._unopened: PluginError | None = None
        self._unclosed: list[BaseException] = []

    @property
    def waiting(self) -> int:
        """How many calls wait for a thread."""
        return len(self._queue)

    @property
    def full(self) -> bool:
        """Whether as many calls wait as may."""
        return len(self._queue) >= self._placed.queue

    async def open(self) -> None:
        """Start the threads; each sets up its work. Raises PluginError when one cannot, or not in time."""
        self._post: Post = post_to_loop()
        self._changed = Event()
        self._setting_up = True
        self._fill()
        with move_on_after(self._placed.setup):
            while self._unopened is None and len(self._free) < self._placed.workers:
                await self._change()
        if self._unopened is None:
            self._give_up([worker for worker in self._workers if not worker.opened])
        self._setting_up = False
        error = self._unopened
        if error is None:
            return
        await self._end()
        for another in self._unclosed:
            error.add_note(f"and on closing: {raised(another, deepest=True)}")
        self._unclosed.clear()
        raise error

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        """Run the code once, in a thread that is free; see `Executor.call`."""
        self._check()
        call = Call(name, argument, url)
        self._queue.append(call)
        self._hand_out()
        self._fill()
        try:
            while not call.begun.is_set():
                with move_on_after(self._next_look()) as until:
                    await call.begun.wait()
                if until.cancelled_caught:
                    self._give_up([worker for worker in self._workers if self._time_left(worker) <= 0])
            with move_on_after(self._placed.timeout):
                await call.ended.wait()
        finally:
            if not call.begun.is_set():  # cancelled while it waited
                self._queue.remove(call)
        if not call.over:
            assert call.worker is not None
            self._leave_behind(call.worker)
            self._fill()
            seconds = f"{self._placed.timeout:g} seconds"
            raise CallTimeout(f"{name or self.name} took longer than {seconds}; its thread was left behind")
        return call.outcome()

    async def close(self) -> None:
        """End the threads; those that do not end in time are left behind. Raises PluginError for an error."""
        await self._end()
        if self._unclosed:
            error = self._unclosed[0]
            raise PluginError(f"{self.name} cannot be closed: {raised(error, deepest=True)}") from error

    # On the loop, none of it waiting.

    def _check(self) -> None:
        if self._closed:
            raise PluginError(f"{self.name} is closed")
        if len(self._stuck) >= MOST_STUCK:
            raise self._too_many_stuck()

    def _fill(self) -> None:
        """Start the threads that are missing."""
        if len(self._stuck) >= MOST_STUCK:
            return
        while not self._closed and len(self._workers) < self._placed.workers:
            worker = WorkerThread(
                f"crawler {self.name} {next(self._numbers)}",
                self._make,
                self._post,
                on_open=self._on_open,
                on_idle=self._on_idle,
                on_end=self._on_end,
            )
            self._workers.add(worker)
            worker.start()

    def _hand_out(self) -> None:
        while self._queue and self._free:
            self._free.pop().begin(self._queue.popleft())

    def _on_open(self, worker: WorkerThread) -> None:
        worker.opened = True
        if worker not in self._workers:
            return
        self._tries = 0
        self._free.append(worker)
        self._hand_out()
        self._changed.set()

    def _on_idle(self, worker: WorkerThread, call: Call) -> None:
        call.ended.set()
        worker.call = None
        if worker in self._workers:
            self._free.append(worker)
            self._hand_out()

    def _on_end(self, worker: WorkerThread, error: BaseException | None) -> None:
        worker.join()
        wanted = worker in self._workers
        self._workers.discard(worker)
        self._stuck.discard(worker)
        if error is not None and worker.opened:
            self._unclosed.append(error)
        elif error is not None and wanted:
            self._not_opened(self._not_set_up(error))
        self._changed.set()

    def _not_opened(self, error: PluginError) -> None:
        """Let the crawl not begin, or, where a thread was to take the place of another, try once more."""
        if self._setting_up:
            self._unopened = self._unopened or error
        elif self._queue:  # it may be the weather
            self._tries += 1
            if self._tries < MOST_TRIES:
                self._fill()
            else:
                self._queue.popleft().fail(error)

    def _next_look(self) -> float:
        """Return the seconds after which a thread that is being set up may have taken too long."""
        return max(0.0, min(map(self._time_left, self._workers), default=self._placed.setup))

    def _time_left(self, worker: WorkerThread) -> float:
        """Return the seconds that a thread has left for setting up its work."""
        return self._placed.setup - (0.0 if worker.opened else worker.seconds)

    def _give_up(self, late: Sequence[WorkerThread]) -> None:
        """Leave threads behind that have not been set up in time."""
        for worker in late:
            self._leave_behind(worker)
            self._not_opened(not_ready(self.name, self._placed))

    def _leave_behind(self, worker: WorkerThread) -> None:
        """Give up a thread that has taken too long; when it ends after all, it tears down its work."""
        self._report(worker)
        self._workers.discard(worker)
        self._stuck.add(worker)
        worker.leave()
        while self._queue and len(self._stuck) >= MOST_STUCK:
            self._queue.popleft().fail(self._too_many_stuck())

    def _report(self, worker: WorkerThread) -> None:
        call = worker.call
        where, url = (call.name, call.url) if call is not None else ("", "")
        self._tell(ThreadStuck(where or self.name, worker.seconds, url))

    def _not_set_up(self, error: BaseException) -> PluginError:
        found = PluginError(f"{self.name} cannot be set up: {raised(error, deepest=True)}")
        found.__cause__ = error
        return found

    def _too_many_stuck(self) -> PluginError:
        return PluginError(
            f"{self.name}: {len(self._stuck)} of its threads hang, and a thread cannot be stopped: give what "
            'it waits for a time limit of its own, or let it run in a process, which can be (run="process")'
        )

    # Ending.

    async def _end(self) -> None:
        """Have the threads end; tell of those that do not, and let them be."""
        self._closed = True
        for worker in self._workers:
            worker.leave()
        while self._queue:
            self._queue.popleft().fail(PluginError(f"{self.name} is closed"))
        cancelled: BaseException | None = None
        with move_on_after(GRACE, shield=True) as grace:
            while self._workers:
                try:
                    await self._change()
                except get_cancelled_exc_class() as error:  # a shield does not stop asyncio's own cancelling
                    if grace.cancel_called:
                        raise
                    cancelled = error
        for worker in self._workers:
            self._report(worker)
            if worker.call is not None:
                worker.call.fail(CallError("it had not ended when the crawl was closed"))
        self._workers.clear()
        if cancelled is not None:
            raise cancelled

    async def _change(self) -> None:
        """Wait until a thread has been set up, or has ended."""
        self._changed = Event()
        await self._changed.wait()
