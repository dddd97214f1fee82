"""One timer for many blocks: each ends on time, and nobody else's cancellation is taken for a timeout."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crawler.fetch.timelimit import Run, TimeLimit


def test_each_block_ends_on_time(run: Any) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        limit = TimeLimit(0.2)

        async def block(delay: float, length: float) -> float | None:
            await asyncio.sleep(delay)
            began = loop.time()
            try:
                with Run(limit) as running:
                    await asyncio.sleep(length)
            except TimeoutError:
                assert running.expired
                return loop.time() - began
            assert not running.expired
            return None

        times = await asyncio.gather(
            *[block(0.05 * turn, 9) for turn in range(4)], block(0.02, 0.01), block(0, 0)
        )
        assert [time is None for time in times] == [False] * 4 + [True] * 2
        assert all(0.19 <= time < 1 for time in times if time is not None)
        assert not limit.runs
        limit.close()

    run(main())


def test_a_cancellation_by_others_stays_one(run: Any) -> None:
    async def main() -> None:
        limit = TimeLimit(30)

        async def block() -> None:
            with Run(limit):
                await asyncio.sleep(30)

        task = asyncio.create_task(block())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not limit.runs
        limit.close()

    run(main())


def test_both_at_once_stays_a_cancellation(run: Any) -> None:
    async def main() -> None:
        limit = TimeLimit(30)

        async def block() -> None:
            with Run(limit):
                await asyncio.sleep(30)

        task = asyncio.create_task(block())
        await asyncio.sleep(0)
        next(iter(limit.runs)).expire()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        limit.close()

    run(main())


def test_an_error_of_the_block_is_not_replaced(run: Any) -> None:
    async def main() -> None:
        limit = TimeLimit(0.01)

        async def block() -> None:
            with Run(limit):
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    raise KeyError("own") from None

        with pytest.raises(KeyError):
            await block()
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        limit.close()

    run(main())
