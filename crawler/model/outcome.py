"""An outcome: what came of one lease, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from crawler.model.reason import Reason
from crawler.model.request import Request


class Dropped(msgspec.Struct, frozen=True):
    """What a callback yields instead of an item that is not worth keeping; counted by name and reason."""

    name: str
    reason: str


class Done(msgspec.Struct, frozen=True):
    """The page was fetched and its callback ran to the end.

    `found` are the requests to add, `items` what the callback yielded, in order; `rejected` counts
    the page's links that the rules refused, `dropped` are the items it decided not to keep.
    """

    found: Sequence[Request] = ()
    items: Sequence[Any] = ()
    rejected: Mapping[Reason, int] = MappingProxyType({})
    dropped: Sequence[Dropped] = ()
    reason: Reason = Reason.OK


class Retry(msgspec.Struct, frozen=True):
    """It failed in a way that may pass: try again after `delay` seconds."""

    reason: Reason
    delay: float
    detail: str = ""


class GaveUp(msgspec.Struct, frozen=True):
    """It failed for good; what an error callback yielded comes along."""

    reason: Reason
    detail: str = ""
    found: Sequence[Request] = ()
    items: Sequence[Any] = ()
    rejected: Mapping[Reason, int] = MappingProxyType({})
    dropped: Sequence[Dropped] = ()


class Refused(msgspec.Struct, frozen=True):
    """A rule of ours said no, so it was not done."""

    reason: Reason
    detail: str = ""


Outcome = Done | Retry | GaveUp | Refused


def is_page(outcome: Outcome) -> bool:
    """Say whether a request has come to its end as a page; one that hurts the parser was fetched too."""
    if isinstance(outcome, Done | GaveUp):
        return outcome.reason is not Reason.REDIRECT
    return outcome.reason is Reason.PARSE_GUARD


class Failure(msgspec.Struct, frozen=True):
    """What an `on_error` callback gets: the request that was given up, and why."""

    request: Request
    reason: Reason
    detail: str = ""
