"""Parameters from a configuration, checked against the code that takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, isfunction, signature
from pathlib import PurePath
from typing import Any, TypeVar

import msgspec

from crawler.errors import ParameterError, PluginError
from crawler.nearest import nearest
from crawler.raised import raised
from crawler.stages.annotations import hints_of

Made = TypeVar("Made")


def fitted(code: Callable[..., Any], params: Mapping[str, Any], given: int = 0) -> dict[str, Any]:
    """Return parameters as the annotations of the code want them, such as a path for text.

    Args:
        code: a class or function.
        params: values by name.
        given: how many of the first parameters others will give.

    Raises ParameterError for those that are unknown, missing or not of their type; it tells of all.
    """
    name = _name(code)
    taken = dict(list(signature(code).parameters.items())[given:])
    wrong = _unknown(taken, params, name)
    if not wrong:  # what is missing may be what was misspelt
        wrong = _missing(code, params, given, name)
    converted: dict[str, Any] = {}
    hints = _hints(code, name)
    for key, value in params.items():
        try:
            converted[key] = _converted(value, hints.get(key, Any), name, key)
        except ParameterError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise ParameterError("; ".join(map(str, wrong)), "")
    return converted


def made(code: Callable[..., Made], params: Mapping[str, Any], *given: Any) -> Made:
    """Return what the code makes of the parameters. Raises PluginError that tells its own errors by line."""
    try:
        return code(*given, **params)
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"{_name(code)} cannot be made: {raised(error, deepest=True)}") from error


def _unknown(taken: Mapping[str, Parameter], params: Mapping[str, Any], name: str) -> list[ParameterError]:
    if any(one.kind is Parameter.VAR_KEYWORD for one in taken.values()):
        return []
    wrong = []
    for key in params:
        if key not in taken:
            hint = nearest(key, taken) or f"it takes: {', '.join(taken) or 'none'}"
            wrong.append(ParameterError(f"{name} has no parameter {key!r}; {hint}", key))
    return wrong


def _missing(
    code: Callable[..., Any], params: Mapping[str, Any], given: int, name: str
) -> list[ParameterError]:
    try:
        signature(code).bind(*[None] * given, **params)
    except TypeError as error:
        return [ParameterError(f"{name} cannot be made with these parameters: {error}", "")]
    return []


def _hints(code: Callable[..., Any], name: str) -> dict[str, Any]:
    if isinstance(code, type):
        made_by = code.__init__  # type: ignore[misc]
        return hints_of(made_by if isfunction(made_by) else code, name, extras=True)
    return hints_of(code, name, extras=True) if isfunction(code) else {}


def _converted(value: Any, kind: Any, name: str, key: str) -> Any:
    try:
        return msgspec.convert(value, kind, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise ParameterError(f"{name}, parameter {key!r}: {error}", key) from None
    except (TypeError, NotImplementedError):  # a class of its author's own, who knows what to make of it
        return value


def _path(kind: type, value: Any) -> Any:
    if issubclass(kind, PurePath) and isinstance(value, str):
        return kind(value)
    raise NotImplementedError


def _name(code: Any) -> str:
    return getattr(code, "__name__", None) or type(code).__name__
