"""What every part of the tree has in common: strict, closed, and frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Key = TypeVar("Key")
Value = TypeVar("Value")


class ReadOnly(Mapping[Key, Value]):
    """A mapping that cannot be changed, and unlike the standard library's proxy can be copied and pickled."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[Key, Value]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: Key) -> Value:
        return self._items[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


#: A list in the file, a tuple in the tree.
Many = Annotated[tuple[Value, ...], Field(strict=False)]
#: A mapping with names of the writer's own choice; read-only in the tree.
Named = Annotated[Mapping[Key, Value], AfterValidator(ReadOnly)]


class Section(BaseModel):
    """A mapping with a fixed set of keys."""

    # Built at the first use, so that importing the settings stays cheap for whoever reads none.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def nothing() -> Mapping[str, Any]:
    """Return an empty mapping that stays empty."""
    return ReadOnly({})
