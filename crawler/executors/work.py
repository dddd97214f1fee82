"""What a worker does, in a thread or a process: blocking code, set up once, called many times."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, Protocol

from crawler.errors import PluginError, SpiderError
from crawler.placement import Resolved
from crawler.spider import Spider
from crawler.stages import StageCode
from crawler.stages.results import nothing, one_each, several


class Work(Protocol):
    """What one worker does; each worker has an object of its own, used by nobody else."""

    def open(self) -> None:
        """Set the code up."""
        ...

    def call(self, name: str, argument: Any) -> list[Any]:
        """Run the code once; see `Executor.call`."""
        ...

    def close(self) -> None:
        """Tear the code down."""
        ...


class StageWork:
    """Runs a stage or a batch.

    Args:
        code: what it runs.
        last: it stands at the end of a pipeline, so that what a batch returns goes nowhere.
    """

    def __init__(self, code: StageCode, *, last: bool = False) -> None:
        self._code = code
        self._last = last
        self._run: Callable[[Any], Any] = _unopened

    def open(self) -> None:
        """Make the object, where the stage is a class, and call its `open`."""
        run = self._code.make()
        getattr(run, "open", _nothing)()
        self._run = run

    def call(self, name: str, argument: Any) -> list[Any]:
        """Return the items that came of an item; of a batch, a list of items for each of its items."""
        result = self._run(argument)
        return results(self._code, result, argument, last=self._last)

    def close(self) -> None:
        """Call the object's `close`."""
        run, self._run = self._run, _unopened
        getattr(run, "close", _nothing)()


def results(code: StageCode, result: Any, argument: Any, *, last: bool) -> list[Any]:
    """Return what a stage or batch returned as the list that it stands for."""
    if not code.is_batch:
        return several(result)
    return nothing(result, code.name) if last else one_each(result, len(argument), code.name)


def not_ready(name: str, placed: Resolved) -> PluginError:
    """Return what is said of code on the loop or in a thread whose setting up takes too long."""
    return PluginError(
        f"{name} was not ready within {placed.setup:g} s: "
        "give what its `__init__` or `open` waits for a time limit of its own"
    )


class SpiderWork:
    """Runs a spider's callbacks.

    Args:
        spider: the spider; in threads it is the same for all workers.
    """

    def __init__(self, spider: Spider) -> None:
        self._spider = spider

    def open(self) -> None:
        """Nothing: a spider that was made is ready."""

    def call(self, name: str, argument: Any) -> list[Any]:
        """Return all that the callback yielded on a page or failure."""
        result = getattr(self._spider, name)(argument)
        if inspect.isgenerator(result):
            return list(result)
        if result is not None:
            raise SpiderError(f"{name} returned a value, which goes nowhere: yield items and requests")
        return []

    def close(self) -> None:
        """Nothing to tear down."""


#: The attribute in which what stands in a function's place, as a decorator leaves it, has the function.
OFFLOADED = "__crawler_offloaded__"
#: How a function gets its argument: as it is, as positional ones, or as positional and keyword ones.
Form = Literal["one", "many", "all"]


class FunctionWork:
    """Runs a function that belongs to no crawl.

    Args:
        function: the function.
        constants: keyword arguments that are the same in each call.
        form: what the argument of a call holds: "one" argument, a list of "many", or "all": a list of the
            positional ones and a dict of the others.
    """

    def __init__(self, function: Callable[..., Any], constants: Mapping[str, Any], form: Form) -> None:
        self._function = partial(function, **constants) if constants else function
        self._form = form

    def open(self) -> None:
        """Nothing to set up."""

    def call(self, name: str, argument: Any) -> list[Any]:
        """Return what the function returned, in a list of its own."""
        if self._form == "one":
            result = self._function(argument)
        elif self._form == "many":
            result = self._function(*argument)
        else:
            arguments, keywords = argument
            result = self._function(*arguments, **keywords)
        if inspect.iscoroutine(result):
            result.close()
            raise PluginError("it gave a coroutine, which runs on the loop: await it there (run='async')")
        return [result]

    def close(self) -> None:
        """Nothing to tear down."""


def _unopened(argument: Any) -> Any:
    raise RuntimeError("the stage is not open")


def _nothing() -> None: ...


class ParseWork:
    """Parses pages, so that their callbacks find the tree ready."""

    def open(self) -> None:
        """Nothing to set up."""

    def call(self, name: str, argument: Any) -> list[Any]:
        """Parse a page ahead."""
        argument.prepare()
        return []

    def close(self) -> None:
        """Nothing to tear down."""
