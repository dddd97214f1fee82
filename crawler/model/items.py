"""What counts as an item, and what it is called."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec


def is_item_type(kind: type) -> bool:
    """Say whether objects of this class are items: dict, msgspec, dataclass, attrs or pydantic."""
    return (
        issubclass(kind, dict | msgspec.Struct)
        or dataclasses.is_dataclass(kind)
        or hasattr(kind, "__attrs_attrs__")
        or hasattr(kind, "__pydantic_fields__")
    )


def item_name(item: Any) -> str:
    """Return the name under which an item is counted: its class, or what a dict says under `kind`."""
    if type(item) is dict:
        kind = item.get("kind")
        return kind if isinstance(kind, str) else "dict"
    return type(item).__name__
