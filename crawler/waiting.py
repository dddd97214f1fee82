"""The event loop's clock; waiting for what must not be left half done, whatever is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

from anyio import CancelScope, Event, current_time, get_cancelled_exc_class
from anyio.lowlevel import current_token


async def until_over(thread: Thread, ended: Event) -> None:
    """Wait until a thread is over, and only then let a cancellation have its way.

    Args:
        thread: as it was started.
        ended: what it has the event loop set, as the last it does.

    Raises the cancellation that came meanwhile.
    """
    cancelled: BaseException | None = None
    with CancelScope(shield=True):
        while not ended.is_set():
            try:
                await ended.wait()
            except get_cancelled_exc_class() as error:  # a shield does not stop asyncio's own cancelling
                cancelled = error
    thread.join()
    if cancelled is not None:
        raise cancelled


def loop_clock() -> Callable[[], float]:
    """Return what tells the time of the loop that runs here, as `anyio.current_time` does but sooner.

    That looks each time which loop it is.
    """
    loop: Any = current_token().native_token  # asyncio's and uvloop's is the loop itself
    clock: Callable[[], float] = getattr(loop, "time", current_time)
    return clock
