"""Values of plugins' code as msgpack and back, as they were; items, also those in others, by their class.

What msgpack has no word for travels as an extension of ours. A value is made again of its fields, past what
its class does when one is made; no code that was sent is run, and the receiver says which classes there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePath
from typing import Any
from uuid import UUID

import msgspec
from msgspec.msgpack import Ext

from crawler.encode import mended
from crawler.forms import blank, blank_dict, blank_model, field_names
from crawler.model.items import NamedItem, is_item_type

_ITEM, _MODEL, _DICT, _NAMED, _ENUM, _ROW, _TUPLE, _SET, _FROZENSET, _PAIRS = range(10)

# Further codes: what is one text.
_FROM_TEXT: dict[int, Callable[[str], Any]] = {
    20: int,
    21: Decimal,
    22: UUID,
    23: datetime.fromisoformat,
    24: date.fromisoformat,
    25: time.fromisoformat,
    26: lambda text: timedelta(*map(int, text.split())),
    27: Path,
}
# The first row that fits counts: a datetime is a date.
_TO_TEXT: tuple[tuple[type, int, Callable[[Any], str]], ...] = (
    (int, 20, str),
    (Decimal, 21, str),
    (UUID, 22, str),
    (datetime, 23, datetime.isoformat),
    (date, 24, date.isoformat),
    (time, 25, time.isoformat),
    (timedelta, 26, lambda value: f"{value.days} {value.seconds} {value.microseconds}"),
    (PurePath, 27, str),
)

_ATOMS = frozenset({str, float, bool, bytes, type(None)})
_LEAST, _MOST = -(2**63), 2**64
_FACTORIES = {kind.__name__: kind for kind in (list, dict, set, tuple, str, int, float, bool)}


class Values:
    """Packs values for msgpack, and unpacks them.

    Args:
        place: returns where a class is found, as plain data; raises CrawlerError when it cannot be.
        find: returns the class that is there; raises CrawlerError.
        mend: replace halves of characters, which msgpack does not take, by U+FFFD.
    """

    def __init__(
        self, place: Callable[[type], Any], find: Callable[[Any], type], *, mend: bool = False
    ) -> None:
        self._place = place
        self._find = find
        self._places: dict[type, Any] = {}
        self._names: dict[type, tuple[str, ...]] = {}
        self._atoms = _ATOMS - {str} if mend else _ATOMS
        self._mend = mend
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ext_hook=self._made)

    def encode(self, value: Any) -> bytes:
        """Return a value as msgpack. Raises as `pack` does, and UnicodeEncodeError."""
        return self._encoder.encode(self.pack(value))

    def decode(self, data: bytes | msgspec.Raw) -> Any:
        """Return the value. Raises what `find` raises; ValueError or TypeError for what is no value."""
        try:
            return self._decoder.decode(data)
        except (RecursionError, KeyError, AttributeError, ArithmeticError) as error:
            raise ValueError(f"it is no value: {type(error).__name__}: {error}") from error

    def pack(self, value: Any) -> Any:
        """Return what msgpack can carry. Raises what `place` raises; TypeError for what cannot be sent."""
        kind = type(value)
        if kind in self._atoms:
            return value
        if kind is int and _LEAST <= value < _MOST:
            return value
        if kind is dict:
            return self._dict(value)
        if kind is list:
            return self._list(value)
        return self._other(kind, value)

    def _dict(self, value: dict[Any, Any]) -> Any:
        pack, atoms = self.pack, self._atoms
        packed = {}
        for key, one in value.items():
            if type(key) is not str or self._mend:
                return self._ext(_PAIRS, [[pack(key), pack(one)] for key, one in value.items()])
            packed[key] = one if type(one) in atoms else pack(one)
        return packed

    def _list(self, values: Any) -> list[Any]:
        pack, atoms = self.pack, self._atoms
        return [one if type(one) in atoms else pack(one) for one in values]

    def _other(self, kind: type, value: Any) -> Any:
        if isinstance(value, Enum):
            return self._ext(_ENUM, [self._place_of(kind), self.pack(value.value)])
        if is_item_type(kind):
            return self._item(kind, value)
        # Classes derived from these are sent as what they are derived from.
        if isinstance(value, str):
            return mended(str(value)) if self._mend else str(value)
        if isinstance(value, list):
            return self._list(value)
        if is_row_type(kind):
            return self._ext(_ROW, [self._place_of(kind), self._list(value)])
        for code, sort in ((_TUPLE, tuple), (_SET, set), (_FROZENSET, frozenset)):
            if isinstance(value, sort):
                return self._ext(code, self._list(value))
        if isinstance(value, float | bytearray | memoryview | bytes):
            return float(value) if isinstance(value, float) else bytes(value)
        if isinstance(value, int) and _LEAST <= value < _MOST:
            return int(value)
        for known, code, text in _TO_TEXT:
            if isinstance(value, known):
                return self._ext(code, text(value))
        raise TypeError(f"objects of type {kind.__name__} cannot be sent")

    def _item(self, kind: type, value: Any) -> Ext:
        if kind is NamedItem:
            return self._ext(_NAMED, [self.pack(value.name), value.stands_in, self._dict(value)])
        place = self._place_of(kind)
        if issubclass(kind, dict):
            more = [self._dict(getattr(value, "__dict__", {})), _factory(value)]
            return self._ext(_DICT, [place, self._dict(value), *more])
        names = self._names.get(kind)
        if names is None:
            names = self._names[kind] = field_names(kind)
        fields = {name: getattr(value, name) for name in names if hasattr(value, name)}
        if not hasattr(kind, "__pydantic_fields__"):
            return self._ext(_ITEM, [place, self._dict(fields)])
        more = [self.pack(value.__pydantic_extra__), self._private(value.__pydantic_private__ or {})]
        return self._ext(_MODEL, [place, self._dict(fields), list(value.__pydantic_fields_set__), *more])

    def _private(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return what of a model's private attributes can be sent; for the others there are defaults."""
        packed = {}
        for name, value in values.items():
            with suppress(TypeError):
                packed[name] = self.pack(value)
        return packed

    def _ext(self, code: int, value: Any) -> Ext:
        return Ext(code, self._encoder.encode(value))

    def _place_of(self, kind: type) -> Any:
        place = self._places.get(kind)
        if place is None:
            place = self._places[kind] = self._place(kind)
        return place

    def _made(self, code: int, data: memoryview) -> Any:
        value = self._decoder.decode(data)
        if code in _FROM_TEXT:
            return _FROM_TEXT[code](value)
        if code == _TUPLE:
            return tuple(value)
        if code in (_SET, _FROZENSET):
            return set(value) if code == _SET else frozenset(value)
        if code == _PAIRS:
            return dict(value)
        if code == _NAMED:
            name, stands_in, fields = value
            return NamedItem(name, fields, stands_in=stands_in)
        if code not in (_ITEM, _MODEL, _DICT, _ENUM, _ROW):
            raise ValueError(f"there is no value with code {code}")
        place, *parts = value
        kind: Any = self._find(place)
        if issubclass(kind, Enum):
            return kind(*parts)
        if code == _ROW:
            return tuple.__new__(kind, *parts)
        if code == _ITEM:
            return blank(kind, *parts)
        return blank_model(kind, *parts) if code == _MODEL else _dict_of(kind, *parts)


def is_row_type(kind: type) -> bool:
    """Say whether a class is one of named tuples."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _factory(value: Any) -> str | None:
    """Return the name of what a defaultdict makes of a missing key, None where it makes nothing."""
    factory = value.default_factory if isinstance(value, defaultdict) else None
    if factory is not None and factory not in _FACTORIES.values():
        raise TypeError("a defaultdict with a factory of its own cannot be sent")
    return factory.__name__ if factory is not None else None


def _dict_of(kind: Any, fields: Any, attributes: Any, factory: str | None) -> Any:
    made = blank_dict(kind, fields)
    if isinstance(made, defaultdict):
        made.default_factory = _FACTORIES[factory] if factory is not None else None
    if attributes:
        vars(made).update(attributes)
    return made
