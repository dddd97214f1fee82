"""An outcome: what came of one lease, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from crawler.encode import mended
from crawler.model.reason import Reason
from crawler.model.request import Request


class Dropped(msgspec.Struct, frozen=True):
    """What a callback yields instead of an item that is not worth keeping; counted by name and reason.

    Attributes:
        name: what the item would have been called.
        reason: why, in a few words that are the same for all such items.
    """

    name: str
    reason: str

    def __post_init__(self) -> None:
        # The words are an author's, and may have come from a page: half a character cannot be written.
        for field in ("name", "reason"):
            words = getattr(self, field)
            if type(words) is not str or not words.isascii():
                msgspec.structs.force_setattr(self, field, mended(str(words)))


class Failed(msgspec.Struct, frozen=True):
    """What a plugin's code failed on: an item that a stage was given, or a page that a callback was.

    Attributes:
        where: the name of the stage or callback.
        reason: how it failed.
        detail: what happened, in one line.
        traceback: of the error, as text; empty when there is none.
        name: what the item is called; empty for a page.
        item: the item as it came to the stage; None for a page.
    """

    where: str
    reason: Reason
    detail: str
    traceback: str = ""
    name: str = ""
    item: Any = None


class Done(msgspec.Struct, frozen=True):
    """The page was fetched and its callback ran to the end.

    `found` are the requests to add, `items` what the callback yielded and the stages made of it, in
    order; `rejected` counts the page's links that the rules refused, `dropped` are the items that
    callback and stages decided not to keep, `failed` those that a stage failed on. `lines` says which line
    of stages each item came through, where there are several. `detail` is where a redirect led.
    """

    found: Sequence[Request] = ()
    items: Sequence[Any] = ()
    rejected: Mapping[Reason, int] = MappingProxyType({})
    dropped: Sequence[Dropped] = ()
    reason: Reason = Reason.OK
    failed: Sequence[Failed] = ()
    lines: Sequence[str] = ()
    detail: str = ""


class Retry(msgspec.Struct, frozen=True):
    """It failed in a way that may pass: try again after `delay` seconds."""

    reason: Reason
    delay: float
    detail: str = ""


class GaveUp(msgspec.Struct, frozen=True):
    """It failed for good; what an error callback yielded comes along.

    `failed` begins with the page itself, when a callback failed on it.
    """

    reason: Reason
    detail: str = ""
    found: Sequence[Request] = ()
    items: Sequence[Any] = ()
    rejected: Mapping[Reason, int] = MappingProxyType({})
    dropped: Sequence[Dropped] = ()
    failed: Sequence[Failed] = ()
    lines: Sequence[str] = ()


class Refused(msgspec.Struct, frozen=True):
    """A rule of ours said no, so it was not done."""

    reason: Reason
    detail: str = ""


Outcome = Done | Retry | GaveUp | Refused


def is_page(outcome: Outcome) -> bool:
    """Say whether a request has come to its end as a page; one that hurts the parser was fetched too."""
    if isinstance(outcome, Done | GaveUp):
        return outcome.reason not in (Reason.REDIRECT, Reason.HOST_DOWN)
    return outcome.reason is Reason.PARSE_GUARD


class Failure(msgspec.Struct, frozen=True):
    """What an `on_error` callback gets: the request that was given up, and why."""

    request: Request
    reason: Reason
    detail: str = ""
