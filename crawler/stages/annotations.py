"""What a stage or callback takes and gives, read from its annotations."""

from __future__ import annotations

import collections.abc as abc
import inspect
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints, is_typeddict

from crawler.errors import PluginError

_MANY = (
    list,
    tuple,
    abc.Sequence,
    abc.Iterable,
    abc.Iterator,
    abc.Generator,
    abc.AsyncIterable,
    abc.AsyncIterator,
    abc.AsyncGenerator,
)


@dataclass(frozen=True, slots=True)
class Types:
    """What code takes and gives; None where it does not say, or says Any.

    Attributes:
        takes: the classes of items that it takes.
        gives: the classes that it gives; empty when it gives nothing.
    """

    takes: tuple[type, ...] | None = None
    gives: tuple[type, ...] | None = None


def types_of(called: Any, name: str, *, batch: bool, method: bool) -> Types:
    """Return what a stage takes and gives.

    Args:
        called: the function, or the method `__call__` of a class.
        name: what it is called in errors.
        batch: it takes a list of items.
        method: its first parameter is `self`.

    Raises PluginError when it has no parameter for the item, or an annotation cannot be read.
    """
    parameters = list(inspect.signature(called).parameters.values())[1 if method else 0 :]
    if not parameters:
        raise PluginError(f"{name} must take {'a list of items' if batch else 'an item'}")
    hints = hints_of(called, name)
    taken = hints.get(parameters[0].name, Any)
    if batch and get_origin(taken) is not None:
        taken = get_args(taken)[0] if get_args(taken) else Any
    elif batch:
        taken = Any
    return Types(classes(taken), classes(hints.get("return", Any), unpack=2 if batch else 1))


def hints_of(code: Any, name: str, *, extras: bool = False) -> dict[str, Any]:
    """Return the annotations of a function. Raises PluginError when one cannot be read.

    Args:
        code: the function.
        name: what it is called in errors.
        extras: with what `Annotated` adds to them.
    """
    try:
        return get_type_hints(code, include_extras=extras)
    except NameError:  # imported for type checkers only, say: then nothing is known, and nothing is wrong
        return {}
    except Exception as error:  # whatever evaluating somebody's annotation raises
        raise PluginError(f"{name}: an annotation cannot be read: {error}") from error


def classes(annotation: Any, unpack: int = 0) -> tuple[type, ...] | None:
    """Return the classes that an annotation names, None when anything may be meant.

    Args:
        annotation: a class, a union, or an iterator or list of these; `None` in it counts for nothing.
        unpack: how many levels of lists and iterators to look into.
    """
    if annotation is None or annotation is NoneType:
        return ()
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        found = [classes(one, unpack) for one in arguments]
        return (
            None if any(one is None for one in found) else tuple(kind for one in found for kind in one or ())
        )
    if origin in _MANY and unpack:
        return classes(arguments[0], unpack - 1) if arguments else None
    if annotation in (Any, object) or isinstance(annotation, TypeVar):
        return None
    kind = origin or annotation
    if is_typeddict(kind):
        return (dict,)
    # Of a protocol nobody can tell whether an object has it.
    return (kind,) if isinstance(kind, type) and not getattr(kind, "_is_protocol", False) else None
