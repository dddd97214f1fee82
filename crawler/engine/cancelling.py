"""Telling a cancellation that is meant for us from one that strayed out of somebody's code."""

from __future__ import annotations

import math

from anyio import current_effective_deadline


def is_cancelled() -> bool:
    """Say whether the task group that runs this code is being cancelled.

    When it is not, a cancellation that comes out of a callback or a fetcher is that code's own, from a
    future it awaited say; let through, it would end a task as if nothing had happened.
    """
    return current_effective_deadline() == -math.inf
