"""A spider's callbacks, looked up by name and run to their end."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from anyio.lowlevel import checkpoint

from crawler.contracts import Executor
from crawler.errors import SpiderError
from crawler.model import Failure
from crawler.page import Page
from crawler.spider import Spider
from crawler.stages.callback import written_async

#: Outputs of one page after which somebody else may run.
_PORTION = 1_000


class Callbacks:
    """Finds the callbacks of one spider and collects what they yield.

    Args:
        spider: the spider.
        placed: where those callbacks run that are not made for the loop, by name; None for right here,
            where one page is read, and nothing else waits.
    """

    def __init__(self, spider: Spider, placed: Mapping[str, Executor | None] | None = None) -> None:
        self._spider = spider
        self._placed = placed or {}
        self._found: dict[str, Callable[[Any], Any]] = {}

    def find(self, name: str) -> Callable[[Any], Any]:
        """Return the callback with this name. Raises SpiderError when there is none that can be run."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look_up(name)
        return found

    def on_loop(self, name: str) -> bool:
        """Say whether a callback runs on the loop."""
        return name not in self._placed

    def full(self) -> bool:
        """Say whether so many pages wait for a worker that no more should be fetched."""
        return any(executor is not None and executor.full for executor in self._placed.values())

    async def collect(self, name: str, argument: Page | Failure) -> list[Any]:
        """Run a callback on a page (or failure) and return all that it yielded, in order.

        Nothing is acted on before the callback has ended: a page counts as a whole or not at all.
        """
        callback = self.find(name)
        executor = self._placed.get(name)
        if executor is not None:
            return await executor.call(name, argument, argument.request.url)
        result = callback(argument)
        if inspect.isasyncgen(result):
            outputs: list[Any] = []
            async for output in result:
                outputs.append(output)
                if not len(outputs) % _PORTION:  # it need not wait for anything itself
                    await checkpoint()
            return outputs
        if inspect.isgenerator(result):
            return list(result)
        if (await result if inspect.isawaitable(result) else result) is not None:
            raise SpiderError(f"{name} returned a value, which goes nowhere: yield items and requests")
        return []

    def _look_up(self, name: str) -> Callable[[Any], Any]:
        kind = type(self._spider).__name__
        callback = getattr(self._spider, name, None)
        if callback is None:
            known = [key for key, value in inspect.getmembers(self._spider, inspect.isasyncgenfunction)]
            close = get_close_matches(name, known, 1)
            raise SpiderError(
                f"{kind} has no callback {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
            )
        if written_async(callback) or name in self._placed:
            found: Callable[[Any], Any] = callback
            return found
        raise SpiderError(
            f"{kind}.{name} must be written `async def {name}(self, page)`, "
            "or be marked with @thread or @process"
        )
