"""What a worker says of a call, and what that means to who called."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from crawler.errors import CallError, CallMemory, CallResult
from crawler.executors.process.wire import Part
from crawler.stages import Drop


class Status(StrEnum):
    """How a call ended, or how a worker's setting up did."""

    DONE = "done"
    DROPPED = "dropped"
    RAISED = "raised"
    MEMORY = "memory"
    RESULT = "result"


class Said(msgspec.Struct, array_like=True, frozen=True):
    """A status, what happened in one line, and the error's traceback."""

    status: Status
    detail: str = ""
    traceback: str = ""


class Reply(msgspec.Struct, array_like=True, frozen=True):
    """A worker's reply: what it says, and the values that came of the call."""

    said: Said
    parts: list[Part] = []


def error_of(said: Said) -> Exception:
    """Return what to raise for a call that was not done."""
    if said.status is Status.DROPPED:
        return Drop(said.detail)
    if said.status is Status.MEMORY:
        return CallMemory(said.detail, said.traceback)
    if said.status is Status.RESULT:
        return CallResult(said.detail)
    return CallError(said.detail, said.traceback)
