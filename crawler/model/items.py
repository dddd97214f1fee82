"""What counts as an item, and what it is called."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec


class NamedItem(dict[str, Any]):
    """A dict that says what it is, for items that have no class of their own, or not here.

    Args:
        name: what it is.
        values: its fields.
        stands_in: it is the plain data of an object of a class that is no dict.
    """

    __slots__ = ("name", "stands_in")

    def __init__(self, name: str, values: Mapping[str, Any], *, stands_in: bool = False) -> None:
        super().__init__(values)
        self.name = name
        self.stands_in = stands_in


def is_dict(item: Any) -> bool:
    """Say whether an item is a dict, and not the plain data of an object."""
    return isinstance(item, dict) and not (isinstance(item, NamedItem) and item.stands_in)


def as_written(item: Any, json: bytes) -> NamedItem:
    """Return an item as it comes back from a state that holds this JSON of it."""
    return NamedItem(item_name(item), msgspec.json.decode(json), stands_in=not is_dict(item))


def is_item_type(kind: type) -> bool:
    """Say whether objects of this class are items: dict, msgspec, dataclass, attrs or pydantic."""
    return (
        issubclass(kind, dict | msgspec.Struct)
        or dataclasses.is_dataclass(kind)
        or hasattr(kind, "__attrs_attrs__")
        or hasattr(kind, "__pydantic_fields__")
    )


def item_name(item: Any) -> str:
    """Return the name under which an item is counted: its own, or that of its class."""
    return item.name if type(item) is NamedItem else type(item).__name__
