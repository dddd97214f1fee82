"""JSON Lines to a file and to standard output."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from crawler.contracts import Record
from crawler.errors import OutputError
from crawler.export import JsonLinesSink, StdoutSink


def records(*numbers: int) -> list[Record]:
    return [Record(number, {"n": number}, "https://a.test/") for number in numbers]


async def test_lines_in_order_under_a_name_that_says_they_are_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "items.jsonl"
    sink = JsonLinesSink(path)
    await sink.open()
    await sink.write(records(1, 2))
    part = path.with_name("items.jsonl.part")
    assert part.read_bytes() == b'{"n":1}\n{"n":2}\n'
    assert not path.exists()
    await sink.write(records(3))
    await sink.write([])
    await sink.close()
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [1, 2, 3]
    assert not part.exists()
    await sink.close()


async def test_an_older_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("old\n")
    sink = JsonLinesSink(str(path))
    await sink.open()
    await sink.write(records(1))
    assert path.read_text() == "old\n"
    await sink.close()
    assert path.read_text() == '{"n":1}\n'


async def test_an_empty_crawl_gives_an_empty_file(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "items.jsonl")
    await sink.open()
    await sink.close()
    assert (tmp_path / "items.jsonl").read_bytes() == b""


@pytest.mark.parametrize("name", ["", "file/items.jsonl"])
async def test_where_nothing_can_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / name
    with pytest.raises(OutputError, match="cannot be written") as error:
        await JsonLinesSink(path).open()
    assert str(path) in str(error.value)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full to play a full disk")
async def test_a_full_disk_is_told() -> None:
    sink = JsonLinesSink("/dev/full/never")
    sink._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115, ASYNC230
    with pytest.raises(OutputError, match="No space left"):
        await sink.write(records(1))
    sink._file.close()


async def test_an_older_file_stays_when_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("old\n")
    for failed in (False, True):
        sink = JsonLinesSink(path)
        await sink.open()
        await sink.close(failed=failed)
        assert path.read_text() == "old\n"
        assert not (tmp_path / "items.jsonl.part").exists()


async def test_whole_lines_are_kept_when_a_crawl_fails(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "items.jsonl")
    await sink.open()
    await sink.write(records(1))
    await sink.close(failed=True)
    assert len((tmp_path / "items.jsonl").read_text().splitlines()) == 1


async def test_an_item_without_a_json_form_writes_nothing(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "items.jsonl")
    await sink.open()
    with pytest.raises(OutputError):
        await sink.write([*records(1), Record(2, {"x": object()}, "https://a.test/")])
    await sink.close()
    assert (tmp_path / "items.jsonl").read_bytes() == b""


async def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    sink = StdoutSink()
    await sink.open()
    await sink.write(records(1, 2))
    await sink.close()
    assert not out.closed
    assert out.buffer.getvalue() == b'{"n":1}\n{"n":2}\n'


async def test_nobody_listens_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(OutputError, match="standard output cannot be written: Broken pipe"):
            await StdoutSink().write(records(1))
        # What could not be written is still in the buffer; the pipe is replaced so that it can go.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, out.fileno())
        os.close(null)
