"""Work that would keep the event loop waiting, done in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, TypeVar

from anyio import Event, RunFinishedError, from_thread
from anyio.lowlevel import current_token

from crawler.waiting import until_over

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Run a function in a new thread; return what it returns, raise what it raises.

    It cannot be cancelled: what an output holds, and what is known of it, must not drift apart. The
    thread is over when this returns. Where there can be no more threads the event loop has to wait.
    """
    job = _Job(work)
    thread = Thread(target=job.run, name="output", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the system's limit is reached
        return work()
    await until_over(thread, job.ended)
    if job.error is not None:
        raise job.error
    result: T = job.result
    return result


class _Job:
    """A function, and what came of it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._token = current_token()
        self.ended = Event()
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result = self._work()
        except BaseException as error:
            self.error = error
        try:
            from_thread.run_sync(self.ended.set, token=self._token)
        except RunFinishedError:
            pass  # the event loop has ended, and nobody waits any more
