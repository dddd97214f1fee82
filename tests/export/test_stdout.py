"""Standard output as a sink: who reads it may be slow, and may go away."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator

import anyio
import pytest

from crawler.contracts import Mark, Record
from crawler.errors import Deserted, OutputError
from crawler.export import StdoutSink


def records(first: int, last: int, text: str = "x") -> list[Record]:
    return [Record(id, {"n": id, "text": text}, "http://a.b/") for id in range(first, last + 1)]


class Reader:
    """The other end of standard output."""

    def __init__(self) -> None:
        self.number, write = os.pipe()
        self.stdout = os.fdopen(write, "w")

    def numbers(self) -> list[int]:
        """Return which items have come whole, by what is in the pipe."""
        return [json.loads(line)["n"] for line in os.read(self.number, 1 << 20).splitlines()]

    def go(self) -> None:
        os.close(self.number)
        self.number = -1

    def close(self) -> None:
        self.stdout.close()
        if self.number >= 0:
            self.go()


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


async def test_what_was_not_taken_comes_again(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", reader.stdout)
    gone: list[str] = []
    sink = StdoutSink(lambda: gone.append("gone"))
    assert await sink.open(None) == 0
    await sink.write(records(1, 3))
    assert reader.numbers() == [1, 2, 3]
    reader.go()
    with pytest.raises(Deserted):
        await sink.write(records(4, 6))
    assert (gone, sink.taken) == (["gone"], 3)
    await sink.close()
    assert await StdoutSink().open(Mark("-", 3)) == 3


async def test_it_is_known_which_item_was_the_last_whole_one(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", reader.stdout)
    sink = StdoutSink()
    await sink.open(None)
    with anyio.move_on_after(0.2):
        await sink.write(records(1, 100, "x" * 3_000))  # more than a pipe holds
    assert 0 < sink.taken < 100
    text = os.read(reader.number, 1 << 20).decode()
    assert text.count("\n") == sink.taken
    await sink.close(failed=True)
    assert sys.stdout is reader.stdout


async def test_a_slow_reader_lets_others_run(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", reader.stdout)
    sink = StdoutSink()
    await sink.open(None)
    got = b""
    async with anyio.create_task_group() as writing:
        writing.start_soon(sink.write, records(1, 100, "x" * 3_000))
        while got.count(b"\n") < 100:
            await anyio.sleep(0.001)
            got += os.read(reader.number, 50_000)
    assert [json.loads(line)["n"] for line in got.splitlines()] == list(range(1, 101))
    assert sink.taken == 100


async def test_what_was_printed_before_comes_before(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", reader.stdout)
    print("printed", end="\n")
    sink = StdoutSink()
    await sink.open(None)
    await sink.write(records(1, 1))
    lines = os.read(reader.number, 1 << 20).splitlines()
    assert lines[0] == b"printed"
    assert json.loads(lines[1])["n"] == 1


async def test_a_stream_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    bytes = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bytes))
    sink = StdoutSink()
    await sink.open(None)
    await sink.write(records(1, 2))
    assert bytes.getvalue().count(b"\n") == 2
    assert sink.taken == 2


async def test_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match="standard output is closed"):
        await StdoutSink().open(None)


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
async def test_a_terminal_is_shown_the_same_data_in_visible_characters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.openpty()
    try:
        with os.fdopen(writer, "w") as terminal:
            monkeypatch.setattr(sys, "stdout", terminal)
            sink = StdoutSink()
            await sink.open(None)
            await sink.write([Record(1, {"title": "\x1b[2J\x9b31m\u202e\x7fé"}, "https://a.test/")])
            await sink.close()
            shown = os.read(reader, 4096).decode().strip()
    finally:
        os.close(reader)
    assert shown == '{"title":"\\u001b[2J\\u009b31m\\u202e\\u007fé"}'
