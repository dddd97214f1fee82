"""Items that were read back from a state, as objects of their class again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from crawler.contracts import Record
from crawler.encode import encode_item
from crawler.errors import StateError
from crawler.forms import restored, runs_when_made, written_names
from crawler.model.items import NamedItem


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
    return next((one for one in _with_derived(kind) if one.__name__ == item.name), None)


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
        if hasattr(kind, "__pydantic_fields__"):
            # Written by field name, in JSON's types: to be read in the same way.
            text = record.json if record.json is not None else encode_item(item)
            return kind.model_validate_json(text, by_name=True)  # type: ignore[attr-defined]
        if issubclass(kind, dict):
            return kind(item)
        if runs_when_made(kind) and set(written_names(kind).values()) <= set(item):
            return restored(kind, item)  # what ran when it was made has run: not once more, on its own result
        return msgspec.convert(item, kind, str_keys=True)
    except Exception as error:  # of msgspec and pydantic, and of whatever the class does when it is made
        raise StateError(
            f"item {record.id}, found on {record.url}, does not fit {kind.__name__} any more: {error}"
        ) from error


def _with_derived(kind: type) -> Iterator[type]:
    yield kind
    derived: type
    for derived in type.__subclasses__(kind):
        yield from _with_derived(derived)
