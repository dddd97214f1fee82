"""The work of `map`: read an item, call the function, hand the result on; never more of them than may be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sized
from itertools import count
from typing import Any

from anyio import move_on_after

from crawler.cancelling import is_cancelled
from crawler.errors import CallError
from crawler.mapping.arguments import Arguments, Items
from crawler.mapping.calling import Call, calling
from crawler.observe.bar import Bar
from crawler.stream import Pipe, Stream

_CLOSE_SECONDS = 5.0  # for async items to clean up


def mapped(asked: Arguments) -> Stream[Any]:
    """Return the results to be, for whose items and results there are two places for each call at a time."""

    async def work(pipe: Pipe[Any]) -> None:
        total = len(asked.items) if isinstance(asked.items, Sized) else None
        async with calling(asked) as call:
            with Bar(asked.name, total, shown=asked.progress) as bar:
                await _Work(asked, pipe, call, bar).run()

    return Stream(work, places=2 * asked.limit, name=f"map {asked.name}")


class _Work:
    """Calls the function with all items, a few at a time."""

    def __init__(self, asked: Arguments, pipe: Pipe[Any], call: Call, bar: Bar) -> None:
        self._asked = asked
        self._pipe = pipe
        self._call = call
        self._bar = bar
        self._source = Source(asked.items)
        # Threads and processes take calls by turns themselves, and should find the next one waiting.
        self._turns = asyncio.Semaphore(asked.limit * (1 if asked.placement.run == "loop" else 2))
        self._early: dict[int, Any] = {}
        self._next = 0

    async def run(self) -> None:
        """Do it all. Raises what the items raise, and an ExceptionGroup of what the function raised."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in count():
                    await self._pipe.place()
                    await self._turns.acquire()
                    try:
                        item = await self._source.next()
                    except StopAsyncIteration:
                        break
                    tasks.create_task(self._one(number, item))
        except BaseExceptionGroup as group:
            raise self._source.broken or _named(group, self._asked.name) from None
        finally:
            await self._source.close()

    async def _one(self, number: int, item: Any) -> None:
        try:
            result = await self._call(item)
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            result = self._failed(CallError("what it awaited was cancelled"), number, item, error)
        except Exception as error:
            result = self._failed(error, number, item)
        self._turns.release()
        self._bar.advance()
        self._hand_on(number, result)

    def _failed(
        self, error: Exception, number: int, item: Any, cause: BaseException | None = None
    ) -> Exception:
        """Return an error as a result, where errors are to be results; else raise it."""
        error.add_note(f"{self._asked.name} failed on item {number}: {item!r:.100}")
        if self._asked.errors == "raise":
            raise error from cause
        error.__cause__ = error.__cause__ or cause
        return error

    def _hand_on(self, number: int, result: Any) -> None:
        """Give a result to the consumer: at once, or when those before it are there."""
        if not self._asked.ordered:
            self._pipe.offer(result)
            return
        self._early[number] = result
        while self._next in self._early:
            self._pipe.offer(self._early.pop(self._next))
            self._next += 1


class Source:
    """Items one after the other, whatever they come from.

    Args:
        items: an iterable, or an async iterable.

    Attributes:
        broken: what they have raised.
    """

    def __init__(self, items: Items[Any]) -> None:
        self.broken: Exception | None = None
        self._later: AsyncIterator[Any] | None = None
        self._now: Iterator[Any] = iter(())
        if isinstance(items, AsyncIterable):
            self._later = aiter(items)
        else:
            self._now = iter(items)

    async def next(self) -> Any:
        """Return the next one. Raises StopAsyncIteration after the last, and what they raise."""
        try:
            if self._later is not None:
                return await anext(self._later)
            for item in self._now:
                return item
        except StopAsyncIteration:
            raise
        except asyncio.CancelledError as error:
            if is_cancelled():
                raise
            self.broken = CallError("what the items awaited was cancelled")
            raise self.broken from error
        except Exception as error:
            self.broken = error
            raise
        raise StopAsyncIteration

    async def close(self) -> None:
        """Let async items clean up, where they have a word for it, in bounded time."""
        close = getattr(self._later, "aclose", None)
        if close is not None:
            with move_on_after(_CLOSE_SECONDS, shield=True):
                await close()


def _named(group: BaseExceptionGroup[Any], name: str) -> BaseException:
    """Return the group with words that say what has failed."""
    if not isinstance(group, ExceptionGroup):
        return group
    times = len(group.exceptions)
    return ExceptionGroup(f"{name} failed" + (f" {times} times" if times > 1 else ""), group.exceptions)
