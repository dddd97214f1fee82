"""`map` and `starmap`, as programs call them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar, overload

from crawler.mapping.arguments import Errors, Items, Run, checked
from crawler.mapping.work import mapped
from crawler.stream import Stream

T = TypeVar("T")
R = TypeVar("R")


@overload
def map(
    function: Callable[..., Awaitable[R]],
    items: Items[Any],
    *,
    run: Literal["auto", "async"] = "auto",
    limit: int | None = None,
    ordered: bool = True,
    errors: Literal["raise"] = "raise",
    progress: bool = False,
    timeout: float | None = None,
    **constants: Any,
) -> Stream[R]: ...
@overload
def map(
    function: Callable[..., Awaitable[R]],
    items: Items[Any],
    *,
    run: Literal["auto", "async"] = "auto",
    limit: int | None = None,
    ordered: bool = True,
    errors: Literal["return"],
    progress: bool = False,
    timeout: float | None = None,
    **constants: Any,
) -> Stream[R | Exception]: ...
@overload
def map(
    function: Callable[..., R],
    items: Items[Any],
    *,
    run: Literal["auto", "thread", "process"] = "auto",
    limit: int | None = None,
    ordered: bool = True,
    errors: Literal["raise"] = "raise",
    progress: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    **constants: Any,
) -> Stream[R]: ...
@overload
def map(
    function: Callable[..., R],
    items: Items[Any],
    *,
    run: Literal["auto", "thread", "process"] = "auto",
    limit: int | None = None,
    ordered: bool = True,
    errors: Literal["return"],
    progress: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    **constants: Any,
) -> Stream[R | Exception]: ...
def map(
    function: Callable[..., Any],
    items: Items[Any],
    *,
    run: Run = "auto",
    limit: int | None = None,
    ordered: bool = True,
    errors: Errors = "raise",
    progress: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    **constants: Any,
) -> Stream[Any]:
    """Call a function with each item, a few at a time; iterate over the results, or await them as a list.

    Items are read as results are taken, so there may be no end of them: at most twice `limit` are
    held, from being read to being taken.

    Args:
        function: what is called; for a process, see `offload.process`.
        items: what it is called with; an iterable (which must not block) or an async iterable.
        run: "async" on the loop, in a "thread", in a "process"; "auto" takes the loop for what is written
            `async def`, and threads for the rest.
        limit: calls at a time; unless set 16 on the loop, 4 threads, or as many processes as cores.
        ordered: results in the order of the items, else as they are completed.
        errors: "raise": the first one cancels the rest, and what failed is raised as an ExceptionGroup;
            "return": an error stands among the results.
        progress: show a bar on standard error.
        timeout: seconds for one call, after which it fails with CallTimeout. On the loop it is cancelled,
            a process is ended, a thread is left behind.
        memory: bytes that a process may grow by.
        constants: keyword arguments that are the same in each call.

    Raises PluginError for arguments that make no sense.
    """
    options: Any = {"run": run, "limit": limit, "ordered": ordered, "errors": errors, "progress": progress}
    return mapped(checked("one", function, items, timeout=timeout, memory=memory, **options, **constants))


@overload
def starmap(
    function: Callable[..., Awaitable[R]],
    items: Items[Any],
    *,
    errors: Literal["raise"] = "raise",
    **options: Any,
) -> Stream[R]: ...
@overload
def starmap(
    function: Callable[..., Awaitable[R]], items: Items[Any], *, errors: Literal["return"], **options: Any
) -> Stream[R | Exception]: ...
@overload
def starmap(
    function: Callable[..., R], items: Items[Any], *, errors: Literal["raise"] = "raise", **options: Any
) -> Stream[R]: ...
@overload
def starmap(
    function: Callable[..., R], items: Items[Any], *, errors: Literal["return"], **options: Any
) -> Stream[R | Exception]: ...
def starmap(function: Callable[..., Any], items: Items[Any], **options: Any) -> Stream[Any]:
    """Call a function with the values of each item as its arguments; all else as in `map`."""
    return mapped(checked("many", function, items, **options))
