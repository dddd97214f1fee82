"""One call of the function that is mapped, wherever that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any

from crawler.errors import CallTimeout, PluginError
from crawler.mapping.arguments import Arguments
from crawler.offload import opened
from crawler.stages.callback import awaited

#: Calls the function with one item.
Call = Callable[[Any], Awaitable[Any]]


@asynccontextmanager
async def calling(asked: Arguments) -> AsyncIterator[Call]:
    """Lend what calls the function; threads and processes last as long as that."""
    if asked.placement.run == "loop":
        yield _timed(asked, _on_loop(asked))
        return
    async with opened(asked.function, asked.placement, asked.form, asked.constants) as executor:

        async def call(item: Any) -> Any:
            return (await executor.call("", item, ""))[0]

        yield call


def _on_loop(asked: Arguments) -> Call:
    function, constants, spread = asked.function, asked.constants, asked.form == "many"

    def called(item: Any) -> Any:
        return function(*item, **constants) if spread else function(item, **constants)

    if awaited(function):
        return called

    async def checked(item: Any) -> Any:
        result = called(item)
        if not isawaitable(result):
            raise PluginError(f"{asked.name} gave nothing to await: leave run out, and it runs in threads")
        return await result

    return checked


def _timed(asked: Arguments, call: Call) -> Call:
    seconds = asked.placement.timeout
    if seconds is None:
        return call

    async def timed(item: Any) -> Any:
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await call(item)
        except TimeoutError as error:
            if limit.expired():
                raise CallTimeout(f"{asked.name} took longer than {seconds:g} seconds") from error
            raise

    return timed
