"""Items of every kind as msgpack and back: what ran when an item was made does not run again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from types import UnionType, new_class
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints

import msgspec

_MAKING = ("__post_init__", "__attrs_pre_init__", "__attrs_post_init__", "__pydantic_fields__")


class Form(Protocol):
    """How items of one class travel."""

    def pack(self, item: Any) -> Any:
        """Return what msgpack can carry."""
        ...

    def unpack(self, data: msgspec.Raw) -> Any:
        """Return the item again. Raises what its class raises, where making it cannot be avoided."""
        ...


def form_of(kind: type) -> Form:
    """Return how items of this class travel; it is not a class of dicts."""
    return _Native(kind) if _is_plain(kind, set()) else _ByFields(kind)


class _Native:
    """msgspec does it: structs, dataclasses and attrs classes that run nothing when they are made."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(kind)

    def pack(self, item: Any) -> Any:
        return item

    def unpack(self, data: msgspec.Raw) -> Any:
        try:
            return self._decoder.decode(data)
        except msgspec.ValidationError:  # it holds what its annotations do not allow; so be it
            return restored(self._kind, msgspec.msgpack.decode(data))


class _ByFields:
    """Field by field, past whatever the class does when it is made."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    def pack(self, item: Any) -> Any:
        return _plain(item)

    def unpack(self, data: msgspec.Raw) -> Any:
        return restored(self._kind, msgspec.msgpack.decode(data))


def runs_when_made(kind: type) -> bool:
    """Say whether a class of items does something of its own when an object of it is made."""
    if any(hasattr(kind, name) for name in _MAKING):
        return True
    return any(field.converter or field.validator for field in getattr(kind, "__attrs_attrs__", ()))


def field_names(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a class of items; of a class of dicts, and of others, none."""
    if issubclass(kind, msgspec.Struct):
        return kind.__struct_fields__
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    if hasattr(kind, "__attrs_attrs__"):
        return tuple(field.name for field in kind.__attrs_attrs__)
    return tuple(getattr(kind, "__pydantic_fields__", ()))


def written_names(kind: type) -> dict[str, str]:
    """Return what each field of a class is called where it is written: structs may rename theirs."""
    fields = field_names(kind)
    return dict(zip(fields, getattr(kind, "__struct_encode_fields__", fields), strict=True))


def values_of(item: Any) -> dict[str, Any]:
    """Return the values of an item's fields by name, those that a pydantic model was given besides too."""
    values = {name: getattr(item, name) for name in field_names(type(item)) if hasattr(item, name)}
    return values | (getattr(item, "__pydantic_extra__", None) or {})


def foreign(value: Any) -> Any:
    """Return what msgspec does not know as what it knows. Raises TypeError when that cannot be."""
    if hasattr(type(value), "__pydantic_fields__"):
        return values_of(value)
    if isinstance(value, str):  # a class derived from it, such as markup that is safe
        return str(value)
    raise TypeError(f"objects of type {type(value).__name__} cannot be sent")


def _is_plain(kind: type, seen: set[type]) -> bool:
    """Say whether msgspec gives back what it was given, for this class and those in its annotations."""
    seen.add(kind)
    if runs_when_made(kind):
        return False
    if issubclass(kind, msgspec.Struct):
        if kind.__struct_config__.array_like:
            return False
    elif any(name.startswith("_") for name in field_names(kind)):  # msgspec leaves these out
        return False
    try:
        msgspec.msgpack.Decoder(kind)
    except (TypeError, NameError):  # annotations that msgspec does not know, or that cannot be read
        return False
    named = [one for hint in hints_of(kind).values() for one in _classes(hint)]
    return all(_is_plain(one, seen) for one in named if one not in seen and field_names(one))


def hints_of(kind: type) -> dict[str, Any]:
    """Return the annotations of a class, nothing when they cannot be read here."""
    try:
        return get_type_hints(kind)
    except (NameError, TypeError):
        return {}


def _classes(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for one in get_args(hint):
        yield from _classes(one)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    written = written_names(type(value))
    if not written:
        return value
    return {written.get(name, name): _plain(one) for name, one in values_of(value).items()}


def restored(kind: type, values: dict[str, Any]) -> Any:
    """Return an object with these values in its fields, without what its class does when one is made.

    Args:
        kind: a dataclass, attrs class, pydantic model or msgspec struct.
        values: plain data, by the names that its fields are written under; others are left out.
    """
    hints, written = hints_of(kind), written_names(kind)
    own = {name: _typed(values[key], hints.get(name, Any)) for name, key in written.items() if key in values}
    if issubclass(kind, msgspec.Struct):
        return _struct(kind, own)
    item = kind.__new__(kind)
    if hasattr(kind, "__pydantic_fields__"):
        _set_pydantic(item, own, {key: values[key] for key in values if key not in own})
    else:
        for name, value in own.items():
            object.__setattr__(item, name, value)
    return item


def _struct(kind: type[msgspec.Struct], values: dict[str, Any]) -> msgspec.Struct:
    # A struct cannot be made without `__post_init__`; one of a class derived from it can, and change over.
    maker = _quiet(kind) if hasattr(kind, "__post_init__") else kind
    item = maker(**values)
    if maker is not kind:
        msgspec.structs.force_setattr(item, "__class__", kind)
    return item


@cache
def _quiet(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    quiet = {"__post_init__": lambda self: None, "__module__": kind.__module__}
    return new_class(kind.__name__, (kind,), exec_body=lambda namespace: namespace.update(quiet))


def _set_pydantic(item: Any, own: dict[str, Any], extra: dict[str, Any]) -> None:
    private = {key: field.get_default() for key, field in type(item).__private_attributes__.items()}
    allowed = type(item).model_config.get("extra") == "allow"
    item.__setstate__(
        {
            "__dict__": own,
            "__pydantic_fields_set__": set(own),
            "__pydantic_extra__": extra if allowed else None,
            "__pydantic_private__": private or None,
        }
    )


def _typed(value: Any, hint: Any) -> Any:
    """Return a value that was plain as what its annotation says, and as it is when it is not that."""
    origin, arguments = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and field_names(hint) and isinstance(value, dict):
        return restored(hint, value)
    if origin in (Union, UnionType) and (chosen := _chosen(value, arguments)) is not None:
        return _typed(value, chosen)
    if origin is list and arguments and isinstance(value, list):
        return [_typed(one, arguments[0]) for one in value]
    if origin is dict and arguments and isinstance(value, dict):
        return {_typed(key, arguments[0]): _typed(one, arguments[1]) for key, one in value.items()}
    try:
        return msgspec.convert(value, hint)
    except (msgspec.ValidationError, TypeError, ValueError):
        return value


def _chosen(value: Any, kinds: tuple[Any, ...]) -> Any:
    """Return the member of a union that a value is of, when items are in it; None leaves it to msgspec."""
    for one in kinds if isinstance(value, dict) else ():
        names = written_names(one).values() if isinstance(one, type) else ()
        if names and set(names) <= set(value):
            return one
    return next((one for one in kinds if get_origin(one) is type(value)), None)
