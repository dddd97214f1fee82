"""What workers print: how much of it is told as warnings."""

import logging
from collections import Counter

import anyio
import pytest
from anyio import create_memory_object_stream
from anyio.abc import ByteReceiveStream
from anyio.streams.memory import MemoryObjectReceiveStream

from crawler.executors.process.output import MAX_TOLD, Output


class Pieces(ByteReceiveStream):
    """A stream of what is put into it."""

    def __init__(self, pieces: MemoryObjectReceiveStream[bytes]) -> None:
        self._pieces = pieces

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self._pieces.receive()

    async def aclose(self) -> None:
        await self._pieces.aclose()


async def forwarded(data: bytes, told: Counter[str] | None = None) -> None:
    giving, taking = create_memory_object_stream[bytes](1)
    with giving, taking:
        await giving.send(data)
        giving.close()
        with anyio.fail_after(5):
            await Output("talks", Pieces(taking), told).forward()


def warned(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


async def test_a_flood_is_told_in_its_beginning_and_the_rest_is_for_debugging(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "crawler.worker")
    await forwarded(b"".join(b"line %d\n" % number for number in range(100)))
    shown = [f"talks: line {number}" for number in range(MAX_TOLD)]
    assert warned(caplog) == [*shown, "talks: (more of its output is at level debug)"]
    hidden = [record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG]
    assert hidden == [f"talks: line {number}" for number in range(MAX_TOLD, 100)]


async def test_what_fits_is_told_without_a_word_of_more(caplog: pytest.LogCaptureFixture) -> None:
    await forwarded(b"line\n" * MAX_TOLD)
    assert warned(caplog) == ["talks: line"] * MAX_TOLD


async def test_workers_that_share_a_count_are_told_together(caplog: pytest.LogCaptureFixture) -> None:
    told: Counter[str] = Counter()
    for _ in range(3):
        await forwarded(b"line\n" * MAX_TOLD, told)
    assert len(warned(caplog)) == MAX_TOLD + 1
