"""What `map` and `starmap` are asked to do, checked."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from crawler.errors import PluginError
from crawler.executors.process.target import function_target
from crawler.executors.work import Form
from crawler.nearest import nearest
from crawler.offload import check_offloadable, name_of
from crawler.placement import Placement
from crawler.stages.callback import awaited

T = TypeVar("T")

#: Where the function runs; "auto" is the loop for coroutine functions, and threads for all others.
Run = Literal["auto", "async", "thread", "process"]
#: What becomes of an error: it ends it all, or stands among the results.
Errors = Literal["raise", "return"]
#: What the function is called with, one after the other.
Items = Iterable[T] | AsyncIterable[T]

_RUNS = ("auto", "async", "thread", "process")
_ERRORS = ("raise", "return")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """What is to be done; see `map`.

    Attributes:
        form: what an item holds: "one" argument, or "many".
        placement: where the function runs, and within which limits.
        limit: calls at a time.
    """

    function: Callable[..., Any]
    items: Items[Any]
    form: Form
    placement: Placement
    limit: int
    ordered: bool
    errors: Errors
    progress: bool
    constants: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What the function is called."""
        return name_of(self.function)


def checked(
    form: Form,
    function: Any,
    items: Any,
    *,
    run: str = "auto",
    limit: int | None = None,
    ordered: bool = True,
    errors: str = "raise",
    progress: bool = False,
    timeout: float | None = None,
    memory: int | None = None,
    **constants: Any,
) -> Arguments:
    """Return what is to be done. Raises PluginError for arguments that make no sense, also together."""
    _check_word("run", run, _RUNS)
    _check_word("errors", errors, _ERRORS)
    if not callable(function):
        raise PluginError(f"map takes a function, and then what it is called with; {function!r:.80} is none")
    if not isinstance(items, Iterable | AsyncIterable):
        raise PluginError(f"map takes a function, and then what it is called with, not one {items!r:.80}")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        raise PluginError(f"limit must be a whole number above 0, not {limit!r}")
    if run == "auto":
        run = "async" if awaited(function) else "thread"
    if run != "async":
        check_offloadable(function, run)
    if run == "process":
        function_target(function, constants, form)  # which says now what cannot be sent
    place: Any = "loop" if run == "async" else run
    placement = Placement(run=place, workers=limit, timeout=timeout, memory=memory)
    return Arguments(
        function=function,
        items=items,
        form=form,
        placement=placement,
        limit=placement.full().workers,
        ordered=ordered,
        errors="raise" if errors == "raise" else "return",
        progress=progress,
        constants=constants,
    )


def _check_word(name: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        hint = nearest(str(word), known) or "it is one of " + ", ".join(known)
        raise PluginError(f"{name} cannot be {word!r}: {hint}")
