"""Where a spider's callback runs, checked against how it is written."""

from __future__ import annotations

import inspect
from functools import partial

from crawler.errors import PluginError
from crawler.placement import Placement, Resolved
from crawler.stages.declare import declared


def written_async(code: object) -> bool:
    """Say whether a function runs on the event loop, and nowhere else."""
    return inspect.isasyncgenfunction(code) or inspect.iscoroutinefunction(code)


def awaited(function: object) -> bool:
    """Say whether what is called is to be awaited: a coroutine function, or an object like one."""
    while isinstance(function, partial):
        function = function.func
    return written_async(function) or written_async(getattr(type(function), "__call__", None))  # noqa: B004


def place_of(label: str, callback: object, over: Placement) -> Resolved:
    """Return where a callback runs, with nothing left open.

    Args:
        label: what it is called in errors; its own name stands behind the last dot.
        callback: the spider's method.
        over: placement that wins over what the spider's author said.

    Raises PluginError for a callback that is marked as a stage, or not written as its place wants it, and for
    limits on the loop, where a callback has none.
    """
    said = declared(callback)
    if said is not None and said.kind != "callback":
        raise PluginError(f"{label} is a callback: mark it with @thread or @process")
    placement = over.over(said.placement if said is not None else Placement())
    placed = placement.full()
    name = label.rpartition(".")[2]
    if written_async(callback) and placed.run != "loop":
        raise PluginError(
            f"{label} is written `async def`, which runs on the loop only: "
            f"write `def {name}(self, page)` to run it in a {placed.run}"
        )
    if not written_async(callback) and placed.run == "loop":
        raise PluginError(
            f"{label} would keep the event loop waiting: write `async def {name}(self, page)` to run it there"
        )
    if placed.run == "loop" and placement.limits:
        raise PluginError(
            f"{label} runs on the loop, where {', '.join(placement.limits)} would have no effect on a "
            f"callback: write `def {name}(self, page)` and run it in a thread or a process, or leave it out"
        )
    return placed
