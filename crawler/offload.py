"""Threads and worker processes on their own: a blocking or heavy function becomes one to be awaited."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import update_wrapper
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

import anyio

from crawler.contracts import Executor
from crawler.errors import PluginError
from crawler.executors.process.executor import ProcessExecutor
from crawler.executors.process.target import function_target
from crawler.executors.thread import ThreadExecutor
from crawler.executors.work import OFFLOADED, Form, FunctionWork
from crawler.nearest import nearest
from crawler.observe.log import EventLog
from crawler.owner import Owner
from crawler.placement import ENDLESS, Placement, Run
from crawler.stages.callback import awaited

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger("crawler")


class Offload(Generic[P, R]):
    """A function that runs elsewhere: called and awaited inside `async with`, as often as one likes.

    What it stands for is set up on entering: the threads are started, or the processes with the
    function's module loaded. It may be entered by one task and left by another, and once more later on.

    Args:
        function: what is to be run.
        placement: where, and within which limits.
    """

    def __init__(self, function: Callable[P, R], placement: Placement) -> None:
        check_offloadable(function, placement.run or "thread")
        update_wrapper(self, function, updated=())
        self._function = function
        self._placement = placement
        self._open: _Opened | None = None
        setattr(self, OFFLOADED, function)  # where a worker finds this by the function's name

    async def __aenter__(self) -> Self:
        if self._open is not None and not self._open.over:
            raise PluginError(f"{name_of(self._function)} is open already: one `async with` at a time")
        opened = self._open = _Opened(self._function, self._placement)
        try:
            await opened.begin()
        except BaseException:
            self._open = None
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            await opened.end()

    async def __call__(self, *arguments: P.args, **keywords: P.kwargs) -> R:
        """Run the function once and return what it returns, or raise what it raises.

        Raises CallTimeout, CallMemory or CallResult when time, memory or what it gives back are the
        trouble, Quarantined when workers died of it, and CallError with a traceback as text for what it
        raised in another process.
        """
        executor = None if self._open is None else self._open.executor
        if executor is None or self._open is None:
            word, name = self._placement.run, name_of(self._function)
            raise PluginError(
                f"{name} is not open: `async with offload.{word}({name}) as call: await call(...)`"
            )
        if self._open.loop is not asyncio.get_running_loop():
            raise PluginError(f"{name_of(self._function)} is open in another event loop")
        result: R = (await executor.call("", (arguments, keywords), ""))[0]
        return result


class _Opened:
    """The threads or processes of an offload, owned by a task of their own."""

    def __init__(self, function: Callable[..., Any], placement: Placement) -> None:
        self._function = function
        self._placement = placement
        self._leave = anyio.Event()
        self._owner: Owner[Executor] = Owner(self._live, f"offload {name_of(function)}")
        self.loop = asyncio.get_running_loop()
        self.executor: Executor | None = None

    @property
    def over(self) -> bool:
        """Whether nobody can leave it any more: its task, or its loop, is gone."""
        return self._owner.over or self.loop.is_closed()

    async def begin(self) -> None:
        self.executor = await self._owner.begin()

    async def end(self) -> None:
        """Let workers tear down in peace; when somebody has no time for that, end them at once."""
        self._leave.set()
        try:
            await self._owner.wait()
        finally:
            await self._owner.end()
        if self._owner.failure is not None:
            raise self._owner.failure

    async def _live(self, ready: Callable[[Executor], None]) -> None:
        async with opened(self._function, self._placement, "all") as executor:
            ready(executor)
            await self._leave.wait()


@asynccontextmanager
async def opened(
    function: Callable[..., Any], placement: Placement, form: Form, constants: Mapping[str, Any] | None = None
) -> AsyncIterator[Executor]:
    """Lend an executor for one function; must be left by the task that has entered it.

    Args:
        function: what is run.
        placement: where: in threads or processes; without a time limit, a call takes as long as it takes.
        form: what the argument of a call holds; see `FunctionWork`.
        constants: keyword arguments that are the same in each call.
    """
    name, tell, constants = name_of(function), EventLog(_log), constants or {}
    resolved = replace(placement, timeout=placement.timeout or ENDLESS).full()
    executor: Executor
    if resolved.run == "thread":
        executor = ThreadExecutor(name, lambda: FunctionWork(function, constants, form), resolved, tell)
    else:
        executor = ProcessExecutor(name, function_target(function, constants, form), resolved, tell)
    try:
        await executor.open()
        yield executor
    finally:
        await executor.close()


@overload
def thread(function: Callable[P, R], /) -> Offload[P, R]: ...
@overload
def thread(
    function: Callable[P, R], /, *, workers: int | None = None, timeout: float | None = None
) -> Offload[P, R]: ...
@overload
def thread(
    *, workers: int | None = None, timeout: float | None = None
) -> Callable[[Callable[P, R]], Offload[P, R]]: ...
def thread(function: Any = None, /, **limits: Any) -> Any:
    """Run a blocking function in threads; context variables go along.

    A thread cannot be stopped: a call that takes too long raises CallTimeout, its thread is left behind,
    and another takes its place. It delays neither leaving nor the end of the program.

    Args:
        function: what is to be run; left out, this is a decorator.
        workers: calls at a time, 4 unless set; the others wait for their turn.
        timeout: seconds that a call may take; as long as it takes unless set.
    """
    return _offloaded(function, "thread", limits)


@overload
def process(function: Callable[P, R], /) -> Offload[P, R]: ...
@overload
def process(
    function: Callable[P, R],
    /,
    *,
    workers: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    recycle: int | None = None,
) -> Offload[P, R]: ...
@overload
def process(
    *,
    workers: int | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    recycle: int | None = None,
) -> Callable[[Callable[P, R]], Offload[P, R]]: ...
def process(function: Any = None, /, **limits: Any) -> Any:
    """Run a heavy or dangerous function in worker processes, any of which may hang, grow or die.

    Arguments and results are data: what items may hold, and pages; nothing is pickled. The function has
    a name at the top of its module, by which the workers find it; a script does its work below
    `if __name__ == "__main__":`.

    Args:
        function: what is to be run; left out, this is a decorator.
        workers: processes; as many as there are cores unless set.
        timeout: seconds that a call may take, after which its process is ended; as long as it takes
            unless set.
        memory: bytes that a process may grow by; 1,000,000,000 unless set.
        recycle: calls after which a process is replaced by a new one.
    """
    return _offloaded(function, "process", limits)


def _offloaded(function: Any, run: Run, limits: Mapping[str, Any]) -> Any:
    placement = _placement(run, limits)
    if function is None:
        return lambda function: Offload(function, placement)
    return Offload(function, placement)


def _placement(run: Run, limits: Mapping[str, Any]) -> Placement:
    """Return where to run, within these limits. Raises TypeError for one that there is not."""
    known = ("workers", "timeout") + (("memory", "recycle") if run == "process" else ())
    for name in limits:
        if name not in (*known, "memory", "recycle"):
            hint = nearest(name, known) or "what a function is called with goes into its call"
            raise TypeError(f"offload.{run} has no {name!r}: it has {', '.join(known)} ({hint})")
    return Placement(run=run, **limits)


def check_offloadable(function: Any, run: str) -> None:
    """Raise PluginError for what cannot run in a thread or process."""
    if not callable(function):
        raise PluginError(f"run={run!r} is for functions, not {function!r:.80}")
    if awaited(function):
        raise PluginError(
            f"{name_of(function)} is written `async def`, which runs on the loop only: "
            f"write `def` to run it in a {run}, or just await it"
        )


def name_of(function: Any) -> str:
    """Return what a function is called."""
    return getattr(function, "__name__", None) or type(function).__name__
