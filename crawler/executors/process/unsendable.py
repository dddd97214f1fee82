"""Says which part of a value it is that cannot be sent to another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from crawler.forms import field_names, values_of

_DEEPEST = 50


class Unsendable(Exception):
    """A value cannot be sent to another process; says where in it, and why."""


def unsendable(values: list[Any], error: Exception, encode: Callable[[Any], bytes]) -> Unsendable:
    """Return an error that names the type of the value and the part that `encode` cannot do."""
    value: Any = next((one for one in values if _fails(one, encode)), None)
    path = type(value).__name__
    for _ in range(_DEEPEST):
        found = next((part for part in _parts(value) if _fails(part[1], encode)), None)
        if found is None:
            break
        path, value = path + found[0], found[1]
    return Unsendable(f"{path} cannot be sent to another process: {error}")


def _fails(value: Any, encode: Callable[[Any], bytes]) -> bool:
    try:
        encode(value)
    except Exception:  # whatever it is: this is only asked once it has failed
        return True
    return False


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f"[{key!r:.40}]", one) for key, one in value.items())
    elif isinstance(value, list | tuple | set | frozenset):
        yield from ((f"[{index}]", one) for index, one in enumerate(value))
    elif field_names(type(value)):
        yield from ((f".{name}", one) for name, one in values_of(value).items())
