"""What stands at one position of a pipeline, read once: its code, parameters, types and placement."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from crawler.errors import PluginError
from crawler.placement import Placement, Resolved
from crawler.stages.address import Address, address_of
from crawler.stages.annotations import Types, types_of
from crawler.stages.callback import written_async
from crawler.stages.declare import Declared, declared

#: A function or class marked with `@stage` or `@batch`, such an object, or a `functools.partial` of these.
Entry = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class StageCode:
    """One stage of a pipeline.

    Attributes:
        name: what people are told it is called.
        code: the function or class.
        params: keyword arguments: of a class when it is made, of a function with each call.
        made: the object, where one was given instead of its class.
        declared: what its author said of it.
        placed: where it runs, with nothing left open.
        types: what it takes and gives.
        is_async: whether it must run on the loop.
    """

    name: str
    code: Callable[..., Any]
    params: Mapping[str, Any]
    made: Callable[..., Any] | None
    declared: Declared
    placed: Resolved
    types: Types
    is_async: bool

    @property
    def is_batch(self) -> bool:
        """Whether it takes many items at a time."""
        return self.declared.kind == "batch"

    @property
    def where(self) -> str:
        """The file and line of its code, for errors; its name where there is none."""
        try:
            file, line = inspect.getsourcefile(self.code), inspect.getsourcelines(self.code)[1]
        except (TypeError, OSError):
            return self.name
        return f"{self.name} ({file}:{line})"

    def address(self) -> Address:
        """Return where another process finds the code. Raises PluginError when it cannot."""
        if self.made is not None:
            raise PluginError(
                f"{self.name}: an object cannot be sent to a process: give its class, or "
                f"functools.partial({type(self.made).__name__}, name=value)"
            )
        return address_of(self.code)

    def make(self) -> Callable[..., Any]:
        """Return what is called with each item; a class makes a new object."""
        if self.made is not None:
            return self.made
        if isinstance(self.code, type):
            made: Callable[..., Any] = self.code(**self.params)
            return made
        return partial(self.code, **self.params) if self.params else self.code


def end_of(line: Sequence[StageCode]) -> StageCode | None:
    """Return the batch that a line of stages ends with, which is fed from the state; None without one.

    That is one that gives nothing: any other batch passes items on.
    """
    last = line[-1] if line else None
    return last if last is not None and last.is_batch and not last.types.gives else None


def entry_name(entry: object) -> str:
    """Return what an entry of a pipeline is called."""
    while isinstance(entry, partial):
        entry = entry.func
    return _name(entry)


def read_entry(
    entry: Entry, over: Placement | None = None, params: Mapping[str, Any] | None = None
) -> StageCode:
    """Return what an entry of a pipeline is.

    Args:
        entry: a function or class marked with `@stage` or `@batch`, an object of such a class, or a
            `functools.partial` of one with keyword arguments only.
        over: placement that wins over what the author said.
        params: keyword arguments besides those of a partial.

    Raises PluginError, saying what to write instead.
    """
    said, code = dict(params or {}), entry
    while isinstance(code, partial):
        if code.args:
            raise PluginError(
                f"{_name(code.func)}: give the parameters of a stage by name: partial(..., name=value)"
            )
        said = {**code.keywords, **said}
        code = code.func
    author = declared(code)
    if author is None or author.kind == "callback":
        raise PluginError(
            f"{_name(code)} is not a stage: mark it with @stage or @batch"
            + (" (a lambda cannot be marked: write a function)" if _name(code) == "<lambda>" else "")
        )
    made = None if isinstance(code, type) or inspect.isroutine(code) else code
    kind = code if made is None else type(code)
    called = kind.__call__ if isinstance(kind, type) else kind
    types = types_of(called, _name(kind), batch=author.kind == "batch", method=isinstance(kind, type))
    _check_params(kind, called, said, made is not None)
    is_async = written_async(called)
    placement = (over or Placement()).over(author.placement)
    placement = _placed(_name(kind), placement, is_async)
    if made is not None and placement.run == "thread":
        placement = _alone(_name(kind), placement)
    placed = placement.full(batch=author.kind == "batch")
    return StageCode(_name(kind), kind, said, made, author, placed, types, is_async)


def _placed(name: str, placement: Placement, is_async: bool) -> Placement:
    """Return the placement, checked against how the code is written."""
    if is_async and placement.run in ("thread", "process"):
        raise PluginError(
            f"{name} is written `async def`, which runs on the loop only: "
            f"write `def` for run={placement.run!r}, or leave run out"
        )
    if not is_async and placement.run != "thread" and placement.run != "process":
        raise PluginError(
            f"{name} would keep the event loop waiting: write `async def {name}`, "
            'or say where it runs: run="thread" for what waits, run="process" for what computes'
        )
    wasted = [limit for limit in placement.limits if limit in ("memory", "recycle")]
    if is_async and wasted:
        raise PluginError(
            f"{name} runs on the loop, where {', '.join(wasted)} would have no effect: "
            f'write `def {name}` for run="process", or leave it out'
        )
    return placement


def _alone(name: str, placement: Placement) -> Placement:
    """Return the placement of an object, which one thread alone may use."""
    if placement.workers not in (None, 1):
        raise PluginError(
            f"{name}: one object cannot be shared by {placement.workers} threads: give its class, so that "
            f"each makes its own, or functools.partial({name}, name=value)"
        )
    return replace(placement, workers=1)


def _check_params(kind: Callable[..., Any], called: Any, params: Mapping[str, Any], made: bool) -> None:
    if made:
        if params:
            raise PluginError(
                f"{_name(kind)}: an object that is made already takes no parameters: give its class"
            )
        return
    try:
        if isinstance(kind, type):
            inspect.signature(kind).bind(**params)
        else:
            inspect.signature(called).bind(None, **params)
    except TypeError as error:
        raise PluginError(f"{_name(kind)} cannot be used with these parameters: {error}") from None


def _name(code: Any) -> str:
    return getattr(code, "__name__", None) or type(code).__name__
