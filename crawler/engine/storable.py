"""What a request may consist of: whatever every store can keep, those in memory included."""

from __future__ import annotations

from typing import Any

import msgspec

from crawler.encode import encode_item
from crawler.errors import OutputError, SpiderError
from crawler.model import Done, Failed, GaveUp, Reason, Request
from crawler.model.items import item_name

#: Integers up to here are exact everywhere.
HIGHEST_PRIORITY = 2**53


def check_storable(request: Request, whose: str) -> None:
    """Raise SpiderError for a request that could not be kept on a disk.

    Args:
        request: as the spider made it, with a URL that can be fetched.
        whose: who made it, for the error.
    """
    check_priority(request.priority, whose)
    if not isinstance(request.body, bytes):
        raise SpiderError(f"{whose}: `body` must be bytes or text, not {type(request.body).__name__}")
    if not isinstance(request.key, str):
        raise SpiderError(f"{whose}: `key` must be text, not {type(request.key).__name__}")
    for name, value in request.headers.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise SpiderError(f"{whose}: `headers` must be text, not {name!r:.40}: {value!r:.40}")
    for part in ("method", "key", "headers", "data", "accept", "on_error"):
        _check_plain(part, getattr(request, part), whose)


def check_priority(priority: int, whose: str) -> None:
    """Raise SpiderError for what is no integer, or too large to be kept."""
    if not isinstance(priority, int) or abs(priority) > HIGHEST_PRIORITY:
        raise SpiderError(
            f"{whose}: `priority` must be an integer of at most 2**53, up or down, not {priority!r:.40}"
        )


def check_data(data: Any, whose: str) -> None:
    """Raise SpiderError for data that could not be kept on a disk."""
    _check_plain("data", data, whose)


def without_unwritable(outcome: Done | GaveUp) -> Done | GaveUp:
    """Return an outcome without the items that no store can keep; each of them has failed by itself."""
    kept: list[int] = []
    failed = list(outcome.failed)
    for place, item in enumerate(outcome.items):
        try:
            encode_item(item)
            kept.append(place)
        except OutputError as error:
            failed.append(Failed("output", Reason.NO_JSON, str(error), "", item_name(item), repr(item)))
    return msgspec.structs.replace(
        outcome,
        items=[outcome.items[place] for place in kept],
        lines=[outcome.lines[place] for place in kept] if outcome.lines else [],
        failed=failed,
    )


def _check_plain(part: str, value: Any, whose: str) -> None:
    if value is None:
        return
    try:
        msgspec.msgpack.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        hint = "; give plain values, lists and dicts" if part == "data" else ""
        raise SpiderError(f"{whose}: `{part}` cannot be stored: {error}{hint}") from error
