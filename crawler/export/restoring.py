"""Items made again of plain data, such as the JSON that they were written down as."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from functools import cache, partial
from types import UnionType
from typing import Any, Union, get_args, get_origin

import attrs
import msgspec

from crawler.forms import blank, field_names, hints_of, with_derived, written_names

# To the type checker it is a function.
_FACTORY: Any = attrs.Factory


def restored(kind: type, values: Mapping[str, Any]) -> Any:
    """Return an object of plain data, without what its class does when one is made.

    Args:
        kind: a msgspec struct, dataclass, attrs class or pydantic model.
        values: by the names that its fields are written under; others are left out. What is not as the
            annotation of its field says stays as it is.

    Raises TypeError when a field is missing that has no default.
    """
    defaults = _defaults(kind)
    fields = {}
    for name, key, hint in _fields(kind):
        if key in values:
            fields[name] = _typed(values[key], hint, kind)
        elif name in defaults:
            fields[name] = defaults[name]()
        elif key not in _unwritten(kind):
            raise TypeError(f"it lacks {key!r}")
    return blank(kind, fields)


def _typed(value: Any, hint: Any, owner: type) -> Any:
    """Return a value that was plain as what its annotation says, and as it is when it is not that."""
    if type(value) is hint or hint is Any:
        return value
    if isinstance(hint, type) and field_names(hint):
        return _item(value, hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        chosen = _chosen(value, arguments)
        return _typed(value, chosen, owner) if chosen is not None else _converted(value, hint)
    if arguments and isinstance(value, list) and origin in (list, set, frozenset, tuple):
        kinds = _each(origin, arguments, value)
        return origin(_typed(one, kind, owner) for one, kind in zip(value, kinds, strict=False))
    if origin is dict and isinstance(value, dict):
        return {
            _converted(key, arguments[0], strict=False): _typed(one, arguments[1], owner)
            for key, one in value.items()
        }
    if hint is bytes and isinstance(value, str) and hasattr(owner, "__pydantic_fields__"):
        return value.encode()  # where all others write base64
    return _converted(value, hint)


def _item(value: Any, kind: type) -> Any:
    if isinstance(value, list) and issubclass(kind, msgspec.Struct) and kind.__struct_config__.array_like:
        names = written_names(kind).values()
        value = dict(zip(names, value[max(0, len(value) - len(names)) :], strict=False))
    if not isinstance(value, dict):
        return value
    try:
        return restored(_derived(kind, set(value)), value)
    except TypeError:
        return value


def _derived(kind: type, names: set[str]) -> type:
    """Return the one class derived from this that has just these fields, where it has others itself."""
    if names <= set(written_names(kind).values()):
        return kind
    fitting = [one for one in with_derived(kind) if set(written_names(one).values()) == names]
    return fitting[0] if len(fitting) == 1 else kind


def _each(origin: type, arguments: tuple[Any, ...], values: list[Any]) -> Iterable[Any]:
    """Return the annotation of each value in a list, set or tuple."""
    if origin is tuple and arguments[-1] is not ...:
        return arguments
    return [arguments[0]] * len(values)


def _converted(value: Any, hint: Any, *, strict: bool = True) -> Any:
    try:
        return msgspec.convert(value, hint, strict=strict, str_keys=True)
    except (msgspec.ValidationError, TypeError, ValueError):
        return value


def _chosen(value: Any, kinds: tuple[Any, ...]) -> Any:
    """Return the member of a union that a value is of, when it holds others; None leaves it to msgspec.

    Cases, in order: a struct's tag says so; the class has just these fields; the one with the most of them.
    """
    if not isinstance(value, dict):
        return next((one for one in kinds if get_origin(one) is type(value)), None)
    items = [one for one in kinds if isinstance(one, type) and field_names(one)]
    for one in items:
        config = getattr(one, "__struct_config__", None)
        if config is not None and config.tag is not None and value.get(config.tag_field) == config.tag:
            return one
    names = {one: set(written_names(one).values()) for one in items}
    for one in items:
        if names[one] == set(value):
            return one
    within = [one for one in items if names[one] <= set(value)]
    mapping = next((one for one in kinds if get_origin(one) is dict), None)
    return max(within, key=lambda one: len(names[one]), default=mapping)


@cache
def _fields(kind: Any) -> Sequence[tuple[str, str, Any]]:
    """Return each field's name, the name that it is written under, and its annotation."""
    hints = hints_of(kind)
    return [(name, key, hints.get(name, Any)) for name, key in written_names(kind).items()]


@cache
def _defaults(kind: Any) -> Mapping[str, Callable[[], Any]]:
    """Return what makes the value of each field that may be left out."""
    if issubclass(kind, msgspec.Struct):
        return _made_by(msgspec.structs.fields(kind), msgspec.NODEFAULT)
    if dataclasses.is_dataclass(kind):
        return _made_by(dataclasses.fields(kind), dataclasses.MISSING)
    if hasattr(kind, "__pydantic_fields__"):
        fields = kind.__pydantic_fields__.items()
        return {
            name: partial(one.get_default, call_default_factory=True, validated_data={})
            for name, one in fields
            if not one.is_required()
        }
    return {
        one.name: _of_attrs(one.default) for one in kind.__attrs_attrs__ if one.default is not attrs.NOTHING
    }


def _made_by(fields: Iterable[Any], nothing: object) -> dict[str, Callable[[], Any]]:
    makers = {one.name: one.default_factory for one in fields if one.default_factory is not nothing}
    values = {one.name: partial(copy, one.default) for one in fields if one.default is not nothing}
    return {**makers, **values}


def _of_attrs(default: Any) -> Callable[[], Any]:
    # One that looks at the object itself has none to look at.
    if isinstance(default, _FACTORY):
        return (lambda: None) if default.takes_self else default.factory
    return partial(copy, default)


@cache
def _unwritten(kind: Any) -> frozenset[str]:
    """Return the fields that are not written down with an item."""
    if hasattr(kind, "__pydantic_fields__"):
        return frozenset(name for name, one in kind.__pydantic_fields__.items() if one.exclude)
    return frozenset(name for name in field_names(kind) if name.startswith("_"))
