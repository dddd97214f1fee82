"""Blocking code on the event loop, in virtual time."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from crawler.errors import PluginError
from crawler.executors.inline import InlineExecutor
from crawler.executors.work import StageWork
from crawler.placement import Placement
from crawler.stages import read_entry, stage
from crawler.testing import virtual_time


@stage(run="thread")
class Counts:
    def __init__(self, fails: str = "") -> None:
        self.number = 0
        self._fails = fails

    def open(self) -> None:
        if self._fails == "open":
            raise OSError("no such host")
        self.number = 10

    def __call__(self, item: int) -> list[int]:
        self.number += item
        return [self.number]

    def close(self) -> None:
        if self._fails == "close":
            raise OSError("disk full")


def inline(**params: Any) -> InlineExecutor:
    code = read_entry(Counts, Placement(run="process"), params)
    return InlineExecutor(code.name, StageWork(code), code.placed)


async def test_one_object_does_all_calls() -> None:
    executor = inline()
    await executor.open()
    assert [await executor.call("", number, "") for number in (1, 2)] == [[11], [13]]
    assert executor.waiting == 0
    assert not executor.full
    await executor.close()
    with pytest.raises(RuntimeError, match="not open"):
        await executor.call("", 1, "")


def test_it_keeps_to_virtual_time_and_lets_others_run() -> None:
    async def main() -> tuple[int, float]:
        executor = inline()
        await executor.open()
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await anyio.lowlevel.checkpoint()
                beats += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(beat)
            for number in range(20):
                await executor.call("", number, "")
            tasks.cancel_scope.cancel()
        began = anyio.current_time()
        await anyio.sleep(3600)
        await executor.close()
        return beats, anyio.current_time() - began

    beats, seconds = virtual_time(main)
    assert beats >= 10
    assert seconds == pytest.approx(3600)


@pytest.mark.parametrize(
    ("fails", "words"), [("open", "set up: OSError: no such host"), ("close", "closed: OSError: disk full")]
)
async def test_errors_on_opening_and_closing_are_told(fails: str, words: str) -> None:
    executor = inline(fails=fails)
    with pytest.raises(PluginError, match=rf"^Counts cannot be {words} \({__file__}:\d+\)$"):
        await executor.open()
        await executor.close()
