"""Classes of items: what their fields are, and objects of them made of their values alone."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import cache
from types import new_class
from typing import Any, get_type_hints

import msgspec


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


def with_derived(kind: type) -> Iterator[type]:
    """Yield a class, and all that are derived from it."""
    yield kind
    derived: type
    for derived in type.__subclasses__(kind):
        yield from with_derived(derived)


def values_of(item: Any) -> dict[str, Any]:
    """Return the values of an item's fields by name, those that a pydantic model was given besides too."""
    values = {name: getattr(item, name) for name in field_names(type(item)) if hasattr(item, name)}
    return values | (getattr(item, "__pydantic_extra__", None) or {})


def blank(kind: type, values: Mapping[str, Any]) -> Any:
    """Return an object with these values in its fields, without what its class does when one is made.

    Args:
        kind: a msgspec struct, dataclass, attrs class or pydantic model.
        values: by the names of its fields.

    Raises TypeError for a value that it has no field for, and for a struct that lacks one.
    """
    if issubclass(kind, msgspec.Struct):
        return _struct(kind, values)
    if hasattr(kind, "__pydantic_fields__"):
        return blank_model(kind, values)
    item = kind.__new__(kind)
    names = field_names(kind)
    for name, value in values.items():
        if name not in names:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        object.__setattr__(item, name, value)
    return item


def blank_model(
    kind: Any,
    values: Mapping[str, Any],
    given: Any = None,
    extra: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
) -> Any:
    """Return an object of a pydantic model as `blank` does.

    Args:
        kind: the model.
        values: by the names of its fields.
        given: the names of those that were not left at their defaults; None for all.
        extra: what it was given besides, where it allows that.
        private: its private attributes; the others are at their defaults.
    """
    names = field_names(kind)
    if not set(values) <= set(names):
        raise TypeError(f"{kind.__name__} has no field {next(iter(set(values) - set(names)))!r}")
    item = kind.__new__(kind)
    defaults = {key: field.get_default() for key, field in kind.__private_attributes__.items()}
    known = {key: value for key, value in (private or {}).items() if key in defaults}
    item.__setstate__(
        {
            "__dict__": dict(values),
            "__pydantic_fields_set__": set(values if given is None else given),
            "__pydantic_extra__": dict(extra or {}) if kind.model_config.get("extra") == "allow" else None,
            "__pydantic_private__": {**defaults, **known} or None,
        }
    )
    return item


def blank_dict(kind: type[dict[Any, Any]], values: Mapping[Any, Any]) -> Any:
    """Return a dict of a class derived from it, as `blank` does."""
    made = kind.__new__(kind)
    if isinstance(made, OrderedDict):  # keeps its order by itself
        for key, value in values.items():
            OrderedDict.__setitem__(made, key, value)
    else:
        dict.update(made, values)
    return made


def hints_of(kind: type) -> dict[str, Any]:
    """Return the annotations of a class, nothing when they cannot be read here."""
    try:
        return get_type_hints(kind)
    except (NameError, TypeError):
        return {}


def _struct(kind: type[msgspec.Struct], values: Mapping[str, Any]) -> msgspec.Struct:
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
