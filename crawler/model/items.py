"""What counts as an item, and what it is called."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec


class NamedItem(dict[str, Any]):
    """A dict that says what it is, for items that have no class of their own."""

    __slots__ = ("name",)

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.name = name


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
