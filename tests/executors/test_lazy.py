"""An executor that is opened by its first call."""

from __future__ import annotations

from typing import Any

import pytest
from anyio import create_task_group

from crawler.errors import PluginError
from crawler.executors.lazy import LazyExecutor


class Noting:
    """An executor that notes what is done with it."""

    name = "noting"
    full = True

    def __init__(self, problem: str = "") -> None:
        self.noted: list[str] = []
        self._problem = problem

    async def open(self) -> None:
        self.noted.append("open")
        if self._problem:
            raise PluginError(self._problem)
        self._group = await create_task_group().__aenter__()  # as the real ones do

    async def call(self, name: str, argument: Any, url: str) -> list[Any]:
        self.noted.append(name)
        return [argument, url]

    async def close(self) -> None:
        self.noted.append("close")
        await self._group.__aexit__(None, None, None)


async def test_it_is_opened_by_the_first_call_and_closed_once() -> None:
    inner = Noting()
    lazy = LazyExecutor("lazy", lambda: inner)
    await lazy.open()
    assert (inner.noted, lazy.full) == ([], False)
    answers: list[Any] = []

    async def call(number: int) -> None:
        answers.append(await lazy.call("one", number, "u"))

    async with create_task_group() as calls:
        for number in range(3):
            calls.start_soon(call, number)
    assert sorted(answers) == [[0, "u"], [1, "u"], [2, "u"]]
    assert lazy.full
    await lazy.close()
    assert inner.noted == ["open", "one", "one", "one", "close"]
    await lazy.close()


async def test_what_nobody_calls_is_never_made() -> None:
    lazy = LazyExecutor("lazy", lambda: pytest.fail("made"))
    await lazy.open()
    await lazy.close()


async def test_each_call_is_told_that_it_cannot_be_opened() -> None:
    inner = Noting("no processes here")
    lazy = LazyExecutor("lazy", lambda: inner)
    await lazy.open()
    for _ in range(2):
        with pytest.raises(PluginError, match="no processes here"):
            await lazy.call("one", 1, "u")
    await lazy.close()
    assert inner.noted == ["open"]
