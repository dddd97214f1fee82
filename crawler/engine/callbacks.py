"""A spider's callbacks, looked up by name and run to their end."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from crawler.errors import SpiderError
from crawler.spider import Spider


class Callbacks:
    """Finds the callbacks of one spider and collects what they yield."""

    def __init__(self, spider: Spider) -> None:
        self._spider = spider
        self._found: dict[str, Callable[[Any], Any]] = {}

    def find(self, name: str) -> Callable[[Any], Any]:
        """Return the callback with this name. Raises SpiderError when there is none that can be run."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look_up(name)
        return found

    async def collect(self, name: str, argument: object) -> list[Any]:
        """Run a callback on a page (or failure) and return all that it yielded, in order.

        Nothing is acted on before the callback has ended: a page counts as a whole or not at all.
        """
        result = self.find(name)(argument)
        if inspect.isasyncgen(result):
            return [output async for output in result]
        if await result is not None:
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
        if inspect.isasyncgenfunction(callback) or inspect.iscoroutinefunction(callback):
            found: Callable[[Any], Any] = callback
            return found
        raise SpiderError(f"{kind}.{name} must be written `async def {name}(self, page)`")
