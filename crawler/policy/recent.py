"""A mapping of bounded size, which forgets what was not used for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """Values by name, at most so many.

    Args:
        most: how many are kept.
        make: gives the value of a name that is new, or was forgotten.
    """

    def __init__(self, most: int, make: Callable[[], Value]) -> None:
        self._values: OrderedDict[str, Value] = OrderedDict()
        self._most = most
        self._make = make

    def __getitem__(self, name: str) -> Value:
        value = self._values.get(name)
        if value is None:
            value = self._values[name] = self._make()
            if len(self._values) > self._most:
                self._values.popitem(last=False)
        else:
            self._values.move_to_end(name)
        return value

    def __setitem__(self, name: str, value: Value) -> None:
        self._values[name] = value
        self._values.move_to_end(name)
        if len(self._values) > self._most:
            self._values.popitem(last=False)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, name: str) -> Value | None:
        """Return the value of a name, None when there is none; that is no use of it."""
        return self._values.get(name)

    def update(self, values: Mapping[str, Value]) -> None:
        """Take these values, as if each had been used once more."""
        for name, value in values.items():
            self[name] = value

    def as_dict(self) -> dict[str, Value]:
        """Return all values by name, those not used for longest first."""
        return dict(self._values)
