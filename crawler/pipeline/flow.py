"""Which items flow from the callbacks through the stages to the outputs, checked before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from crawler.errors import PluginError
from crawler.model import Links, Request
from crawler.model.items import is_item_type
from crawler.nearest import nearest
from crawler.pipeline.passed import NO_ITEMS
from crawler.pipeline.pipeline import Kind
from crawler.spider import Spider
from crawler.stages import StageCode, declared, end_of
from crawler.stages.annotations import classes, hints_of

#: Classes of items; None where nobody says which.
Flow = tuple[type, ...] | None


def check_flow(lines: Mapping[Kind, Sequence[StageCode]], spider: Spider) -> None:
    """Follow the types of items link by link, as far as annotations name them.

    Args:
        lines: the stages for each kind of item, the batches at their ends included.
        spider: whose callbacks yield the items.

    Raises PluginError, which names the two places, where a stage is given what it does not take, and
    where an output would get what is no item.
    """
    _check_names([kind for kind in lines if isinstance(kind, str)], spider)
    for kind, line in lines.items():
        _check_positions(line)
        for flow, source in _sources(kind, line, spider):
            _follow(flow, source, line)


def flow_into(kind: Kind, line: Sequence[StageCode]) -> Flow:
    """Return the classes that come to the last stage of a line, as far as it or the one before it says."""
    last = line[-1]
    if last.types.takes is not None:
        return last.types.takes
    before: Flow = (kind,) if isinstance(kind, type) else None
    for code in line[:-1]:
        before = code.types.gives
    return before


def _check_names(names: Sequence[str], spider: Spider) -> None:
    """Look whether items of these names can come, where every callback says what it yields."""
    found: set[str] = set()
    for name, callback in inspect.getmembers(type(spider), _may_be_callback):
        gives = classes(hints_of(callback, name).get("return", Any), unpack=1)
        if gives is None:
            return
        for one in gives:
            if is_item_type(one) and one not in NO_ITEMS:
                found |= _names_of(one)
    for name in names if found and "dict" not in found else ():  # a dict may have a name of its own
        if name not in found:
            hint = nearest(name, found) or f"it yields: {', '.join(sorted(found)) or 'none'}"
            raise PluginError(f"{type(spider).__name__} yields no item that is called {name!r} ({hint})")


def _names_of(kind: type) -> set[str]:
    """Return the names of a class and of those derived from it: what says the one may mean the other."""
    derived: list[type] = type.__subclasses__(kind)
    return {kind.__name__}.union(*(_names_of(one) for one in derived))


def _check_positions(line: Sequence[StageCode]) -> None:
    for code, after in pairwise(line):
        if code.types.gives == ():
            raise PluginError(
                f"{code.where} returns nothing, so that {after.where} would never be given an item: "
                "let it return items, or put it last"
            )


def _sources(kind: Kind, line: Sequence[StageCode], spider: Spider) -> Iterator[tuple[Flow, str]]:
    """Yield what comes to a line, and from where."""
    if isinstance(kind, type):
        yield (kind,), f"the pipeline for {kind.__name__}"
        return
    yield None, ""  # the links after the first are looked at in any case
    for name, callback in inspect.getmembers(type(spider), _may_be_callback):
        gives = classes(hints_of(callback, name).get("return", Any), unpack=1)
        items = tuple(one for one in gives or () if is_item_type(one) and one not in NO_ITEMS)
        if kind is not None:
            items = tuple(one for one in items if one.__name__ == kind)
        if items:
            code = callback.__code__
            yield items, f"{callback.__qualname__} ({code.co_filename}:{code.co_firstlineno})"


def _may_be_callback(member: object) -> bool:
    """Say whether it is a public method that yields something for one argument."""
    if not inspect.isfunction(member) or member.__name__.startswith("_"):
        return False
    yields = inspect.isasyncgenfunction(member) or (declared(member) and inspect.isgeneratorfunction(member))
    return bool(yields) and member.__code__.co_argcount == 2


def _follow(flow: Flow, source: str, line: Sequence[StageCode]) -> None:
    end = end_of(line)
    for code in line:
        wrong = _not_taken(flow, code.types.takes)
        if wrong is not None:
            wanted = " or ".join(one.__name__ for one in code.types.takes or ())
            raise PluginError(f"{source} gives {wrong.__name__}, and {code.where} takes {wanted}")
        flow, source = code.types.gives, code.where
        if code is end:
            return
    for one in flow or ():
        if not is_item_type(one) or issubclass(one, Links | Request):
            raise PluginError(
                f"{source} gives {one.__name__}, and outputs take items "
                "(dict, dataclass, msgspec, attrs, pydantic)"
            )


def _not_taken(flow: Flow, takes: Flow) -> type | None:
    """Return the class that is given and not taken; one that is wider than what is taken may fit."""
    for given in flow or ():
        if takes is not None and not any(issubclass(given, one) or issubclass(one, given) for one in takes):
            return given
    return None
