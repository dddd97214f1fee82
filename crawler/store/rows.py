"""Requests and items as rows of a state file."""

from __future__ import annotations

from typing import Any

import msgspec

from crawler.contracts import Record
from crawler.encode import encode_item, mended
from crawler.errors import OutputError, SpiderError
from crawler.model import Failed, Request
from crawler.model.items import NamedItem, is_dict, item_name
from crawler.model.recrawl import KeptItem
from crawler.policy.change import with_change

#: What `request_of` reads, of a request `r` whose parent is `p`.
COLUMNS = "r.id, r.callback, r.url, r.priority, r.depth, p.url, r.more, r.attempts"
TABLES = "requests r LEFT JOIN requests p ON p.id = r.parent"

# What most requests leave at its default, in the order in which it is stored.
_RARE = ("method", "headers", "body", "data", "key", "accept", "again", "on_error", "history", "cookie_seen")
_DEFAULTS: tuple[Any, ...] = ("GET", {}, b"", None, "", (), False, None, (), False)

FailureRow = tuple[int, str, str, str, str, str, bytes | None]
RequestRow = tuple[int, bytes, int, int, str, int, int, int | None, bytes | None]


def more_of(request: Request, *, parent_known: bool) -> bytes | None:
    """Return what of a request has no column of its own, None when that is nothing.

    Args:
        request: the request.
        parent_known: whether its parent is stored as a request itself.

    Raises SpiderError when `data` cannot be stored.
    """
    if _is_plain(request) and (parent_known or request.parent is None):
        return None
    values = {
        name: getattr(request, name)
        for name, default in zip(_RARE, _DEFAULTS, strict=True)
        if getattr(request, name) != default
    }
    if request.parent is not None and not parent_known:
        values["parent"] = request.parent
    try:
        return msgspec.msgpack.encode(values)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise SpiderError(
            f"{request.url}: its data cannot be stored: {error}; give plain values, lists and dicts"
        ) from error


def _is_plain(request: Request) -> bool:
    # Said in full, because it is asked of every request, and nearly all are plain.
    return (
        request.key == request.url
        and request.data is None
        and request.method == "GET"
        and not (request.headers or request.body or request.accept or request.again)
        and request.on_error is None
        and not (request.history or request.cookie_seen)
    )


def request_of(row: tuple[Any, ...], callbacks: list[str]) -> Request:
    """Return the request that a row holds, as it was added."""
    _, callback, url, priority, depth, parent, more, _ = row
    request = Request(url, callbacks[callback], priority=priority)
    request.depth, request.parent = depth, parent
    if more is not None:
        for name, value in msgspec.msgpack.decode(more).items():
            setattr(request, name, tuple(value) if name in ("accept", "history") else value)
    return request


def item_row(item: Any) -> tuple[str, bool, bytes]:
    """Return an item's name, whether it is a dict, and its JSON. Raises OutputError when it has none."""
    name = item_name(item)
    return name if name.isascii() else mended(name), is_dict(item), encode_item(item)


def failure_row(id: int, failed: Failed) -> FailureRow:
    """Return the row for what a plugin's code failed on: with the id of the request, or of the item."""
    return (
        id,
        failed.where,
        failed.reason,
        _text(failed.detail),
        _text(failed.traceback),
        _text(failed.name),
        None if failed.item is None else _json_of(failed.item),
    )


def _json_of(item: Any) -> bytes:
    try:
        return encode_item(item)
    except OutputError:  # it may be this that the stage failed on
        return msgspec.json.encode(repr(item))


def _text(words: str) -> str:
    # What comes from strangers may hold half a character, which no file takes.
    return words.encode("utf-8", "replace").decode()


def item_of(name: str, dict_itself: bool, json: bytes) -> NamedItem:
    """Return an item that was read back."""
    return NamedItem(name, msgspec.json.decode(json), stands_in=not dict_itself)


def record_of(id: int, kept: KeptItem, url: str) -> Record:
    """Return an item that was read back, with its change as one of its fields."""
    text = with_change(kept.json, kept.change) if kept.change else kept.json
    return Record(id, item_of(kept.name, kept.is_dict, text), url, text, kept.line, kept.change)
