"""Items that were read back from a state, as objects of their class again."""

from __future__ import annotations

from typing import Any

from crawler.contracts import Record
from crawler.errors import StateError
from crawler.export.restoring import restored
from crawler.forms import blank_dict, with_derived, written_names
from crawler.model.items import NamedItem
from crawler.model.recrawl import CHANGE


def class_of(item: Any, kind: type) -> type | None:
    """Return the class to make an item again of: `kind` or a class derived from it, None if neither.

    Args:
        item: an item, as committed or as read back.
        kind: what is asked for.
    """
    if not isinstance(item, NamedItem):
        return type(item) if isinstance(item, kind) else None
    if isinstance(item, kind) and (kind is object or not item.stands_in):
        return NamedItem
    if issubclass(kind, dict) == item.stands_in:  # the one is a dict, the other is none
        return None
    return next((one for one in with_derived(kind) if one.__name__ == item.name), None)


def takes_change(kind: type) -> bool:
    """Say whether objects of this class tell how an item stands: a dict does, and what has a field `change`.

    To all others an item that is gone would look as if it were there.
    """
    return kind is object or issubclass(kind, dict) or CHANGE in written_names(kind).values()


def revive(record: Record, kind: type) -> Any:
    """Return the record's item as an object of that class. Raises StateError when it does not fit.

    Args:
        record: an item, perhaps read back as a `NamedItem`.
        kind: a msgspec struct, dataclass, attrs class, pydantic model or kind of dict.
    """
    item = record.item
    if isinstance(item, kind):
        return item
    try:
        return blank_dict(kind, item) if issubclass(kind, dict) else restored(kind, item)
    except Exception as error:  # it lacks a field, or whatever its class does
        raise StateError(
            f"item {record.id}, found on {record.url}, does not fit {kind.__name__} any more: {error}"
        ) from error
