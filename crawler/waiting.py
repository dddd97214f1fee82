"""Waiting for what must not be left half done, whatever is cancelled meanwhile."""

from __future__ import annotations

from threading import Thread

from anyio import CancelScope, Event, get_cancelled_exc_class


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
