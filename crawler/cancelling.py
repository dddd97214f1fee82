"""Telling a cancellation that is meant for us from one that strayed out of somebody's code."""

from __future__ import annotations

import asyncio
import math

from anyio import current_effective_deadline, get_cancelled_exc_class
from anyio.lowlevel import checkpoint


def is_cancelled() -> bool:
    """Say whether somebody cancels the task that runs this code: its task group, or asyncio itself.

    When nobody does, a cancellation that comes out of a callback or a fetcher is that code's own, from a
    future it awaited say; let through, it would end a task as if nothing had happened.
    """
    return current_effective_deadline() == -math.inf or _is_cancelled_natively()


def _is_cancelled_natively() -> bool:
    # As `asyncio.run` does to every task when its program ends: no scope of anyio's knows. What a scope,
    # a time-out or a task group cancels for its own purposes is not counted any more when it is left.
    if get_cancelled_exc_class() is not asyncio.CancelledError:
        return False
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def let_through() -> None:
    """Raise the cancellation of the crawl, if there is one that some code has made an error of its own of.

    To be called before such an error is taken for what came of a page.
    """
    if is_cancelled():
        await checkpoint()
