"""JSON Lines to a file and to standard output."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from crawler.contracts import Mark, Record
from crawler.errors import OutputError
from crawler.export import JsonLinesSink, StdoutSink
from crawler.testing.conformance.killing import kill


def records(*numbers: int) -> list[Record]:
    return [Record(number, {"n": number}, "https://a.test/") for number in numbers]


def numbers(path: Path) -> list[int]:
    return [json.loads(line)["n"] for line in path.read_text().splitlines()]


def part_of(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def text_in(path: Path) -> str:
    return path.read_text()


def put(path: Path, text: str) -> None:
    path.write_text(text)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "items.jsonl"


async def written(path: Path, last: int) -> Mark:
    """Write items up to `last` and be killed; return the mark."""
    sink = JsonLinesSink(path)
    assert await sink.open(None) == 0
    mark = Mark(sink.name, last, await sink.write(records(*range(1, last + 1))))
    await kill(sink, path.parent)
    return mark


async def test_lines_in_order_under_a_name_that_says_they_are_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "items.jsonl"
    sink = JsonLinesSink(path)
    assert await sink.open(None) == 0
    await sink.write(records(1, 2))
    assert part_of(path).read_bytes() == b'{"n":1}\n{"n":2}\n'
    assert not path.exists()
    await sink.write(records(3))
    await sink.write([])
    place = await sink.close()
    assert numbers(path) == [1, 2, 3]
    assert not part_of(path).exists()
    assert await sink.close() == place


def test_its_name_is_the_path_from_the_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert JsonLinesSink("a/../items.jsonl").name == str(tmp_path / "items.jsonl")


async def test_json_that_the_store_has_is_not_made_again(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    await sink.write([Record(1, {"n": 1}, "https://a.test/", b'{"n":"as it is"}')])
    assert part_of(path).read_bytes() == b'{"n":"as it is"}\n'
    await sink.close()


async def test_an_empty_crawl_gives_an_empty_file(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    await sink.close()
    assert text_in(path) == ""


@pytest.mark.parametrize("name", ["", "file/items.jsonl"])
async def test_where_nothing_can_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / name
    with pytest.raises(OutputError, match="cannot be written") as error:
        await JsonLinesSink(path).open(None)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("replace", [False, True])
async def test_a_device_is_not_replaced(replace: bool) -> None:
    with pytest.raises(OutputError, match="it is no ordinary file"):
        await JsonLinesSink(os.devnull, replace=replace).open(None)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full to play a full disk")
async def test_a_full_disk_is_told(path: Path) -> None:
    part_of(path).symlink_to("/dev/full")
    sink = JsonLinesSink(path)
    await sink.open(None)
    with pytest.raises(OutputError, match=r"items\.jsonl cannot be written: No space left"):
        await sink.write(records(1))
    await sink.close()


async def test_whole_lines_are_kept_when_the_disk_takes_a_part(path: Path) -> None:
    resource = pytest.importorskip("resource")
    signal = pytest.importorskip("signal")
    sink = JsonLinesSink(path)
    await sink.open(None)
    await sink.write(records(1))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (11, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            await sink.write(records(2, 3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    await sink.close(failed=True)
    assert text_in(path) == '{"n":1}\n'


async def test_an_item_without_a_json_form_writes_nothing(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    with pytest.raises(OutputError):
        await sink.write([*records(1), Record(2, {"x": object()}, "https://a.test/")])
    await sink.close()
    assert text_in(path) == ""


async def test_what_survives_a_loss_of_power_reads_the_same(path: Path) -> None:
    sink = JsonLinesSink(path, full=True)
    await sink.open(None)
    await sink.write(records(1))
    await sink.close()
    assert numbers(path) == [1]


# What was there before.


async def test_a_file_of_somebody_else_is_refused(path: Path) -> None:
    put(path, "theirs\n")
    with pytest.raises(OutputError, match=r"was not written by this crawl: use --overwrite"):
        await JsonLinesSink(path).open(None)
    assert text_in(path) == "theirs\n"
    assert not part_of(path).exists()


async def test_a_file_of_somebody_else_is_replaced_on_demand_and_not_before_the_end(path: Path) -> None:
    put(path, "theirs\n")
    sink = JsonLinesSink(path, replace=True)
    assert await sink.open(None) == 0
    await sink.write(records(1))
    assert text_in(path) == "theirs\n"
    await sink.close()
    assert numbers(path) == [1]


@pytest.mark.parametrize("failed", [False, True])
async def test_an_older_file_stays_when_nothing_is_written(path: Path, failed: bool) -> None:
    put(path, "old\n")
    sink = JsonLinesSink(path)
    assert await sink.open(Mark(sink.name, 0)) == 0
    await sink.close(failed=failed)
    assert text_in(path) == "old\n"
    assert not part_of(path).exists()


async def test_a_new_crawl_replaces_what_the_last_one_wrote(path: Path) -> None:
    put(path, "old\n")
    sink = JsonLinesSink(path)
    assert await sink.open(Mark(sink.name, 0)) == 0
    await sink.write(records(1))
    assert text_in(path) == "old\n"
    await sink.close()
    assert numbers(path) == [1]


async def test_an_older_file_stays_after_a_run_that_found_nothing_was_killed(path: Path) -> None:
    put(path, "old\n")
    sink = JsonLinesSink(path)
    await sink.open(Mark(sink.name, 0))
    mark = Mark(sink.name, 0, await sink.close())
    again = JsonLinesSink(path)
    assert await again.open(mark) == 0
    assert text_in(path) == "old\n"
    await again.close(failed=True)
    assert text_in(path) == "old\n"


async def test_an_unfinished_output_of_another_crawl_is_refused(path: Path) -> None:
    part_of(path).write_text("half a li")
    with pytest.raises(OutputError, match=r"\.part is the unfinished output of another crawl: use --over"):
        await JsonLinesSink(path).open(None)
    assert part_of(path).read_text() == "half a li"
    assert names_in(path.parent) == {"items.jsonl.part"}
    sink = JsonLinesSink(path, replace=True)
    await sink.open(None)
    await sink.write(records(1))
    await sink.close()
    assert numbers(path) == [1]


async def test_a_part_of_this_crawl_is_begun_anew(path: Path) -> None:
    part_of(path).write_text("half a li")
    sink = JsonLinesSink(path)
    assert await sink.open(Mark(sink.name, 0)) == 0
    await sink.write(records(1))
    await sink.close()
    assert numbers(path) == [1]


async def finished(path: Path, *ids: int, mark: Mark | None = None) -> Mark:
    """Write items from the first one on and close in order; return the mark."""
    sink = JsonLinesSink(path)
    assert await sink.open(mark) == 0
    await sink.write(records(*ids))
    return Mark(sink.name, ids[-1], await sink.close())


@pytest.mark.parametrize("item", [0, 2])
@pytest.mark.parametrize("text", ["my own words\n", '{"n":1}\n{"n":2}\nand mine\n', '{"n":1}\n'])
async def test_a_finished_output_that_was_edited_is_not_replaced(path: Path, item: int, text: str) -> None:
    mark = await finished(path, 1, 2)
    put(path, text)
    with pytest.raises(OutputError, match=r"exists and is not as this crawl left it: use --overwrite"):
        await JsonLinesSink(path).open(Mark(mark.sink, item, mark.place))
    assert text_in(path) == text
    assert names_in(path.parent) == {"items.jsonl"}
    sink = JsonLinesSink(path, replace=True)
    assert await sink.open(Mark(mark.sink, item, mark.place)) == 0
    await sink.write(records(1))
    await sink.close()
    assert numbers(path) == [1]


async def test_a_file_that_came_while_the_crawl_was_killed_is_not_replaced(path: Path) -> None:
    mark = await written(path, 2)
    put(path, "of another crawl\n")
    with pytest.raises(OutputError, match="not as this crawl left it"):
        await JsonLinesSink(path).open(mark)
    assert text_in(path) == "of another crawl\n"
    assert numbers(part_of(path)) == [1, 2]


async def test_an_empty_file_may_be_replaced(path: Path) -> None:
    put(path, "")
    await finished(path, 1)
    assert numbers(path) == [1]


async def killed_while_replacing(path: Path, old: Mark | None, *, replace: bool = False) -> Mark:
    """Begin anew over an older file, and be killed; return the mark."""
    sink = JsonLinesSink(path, replace=replace)
    assert await sink.open(old and Mark(old.sink, 0, old.place)) == 0
    mark = Mark(sink.name, 1, await sink.write(records(1)))
    await kill(sink, path.parent)
    return mark


@pytest.mark.parametrize("times", [1, 3])
async def test_the_file_that_was_to_be_replaced_is_known_again(path: Path, times: int) -> None:
    mark = await finished(path, 7, 8)
    for _ in range(times):
        mark = await killed_while_replacing(path, mark)
    assert numbers(path) == [7, 8]
    sink = JsonLinesSink(path)
    assert await sink.open(mark) == 1
    await sink.close()
    assert numbers(path) == [1]


async def test_what_was_to_be_replaced_on_demand_need_not_be_named_again(path: Path) -> None:
    put(path, "theirs\n")
    mark = await killed_while_replacing(path, None, replace=True)
    sink = JsonLinesSink(path)
    assert await sink.open(mark) == 1
    await sink.close()
    assert numbers(path) == [1]


async def test_the_file_that_was_to_be_replaced_was_edited(path: Path) -> None:
    mark = await killed_while_replacing(path, await finished(path, 7, 8))
    put(path, "new words\n")
    with pytest.raises(OutputError, match="not as this crawl left it"):
        await JsonLinesSink(path).open(mark)
    assert text_in(path) == "new words\n"


async def test_killed_between_the_first_batch_the_renaming_and_the_storing(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 0, await sink.write([]))
    await sink.write(records(1, 2))
    await sink.close()
    again = JsonLinesSink(path)
    assert await again.open(mark) == 0
    await again.write(records(1, 2, 3))
    await again.close()
    assert numbers(path) == [1, 2, 3]


@pytest.mark.parametrize("named", [False, True])
async def test_places_of_older_states(path: Path, named: bool) -> None:
    mark = await finished(path, 1, 2)
    place = {key: mark.place[key] for key in ("format", "size", "tail")} | {"named": named}
    if not named:
        os.rename(path, part_of(path))
        put(path, "an older output\n")
    sink = JsonLinesSink(path)
    assert await sink.open(Mark(sink.name, 2, place)) == 2
    await sink.write(records(3))
    await sink.close()
    assert numbers(path) == [1, 2, 3]


async def test_an_output_that_is_being_written_is_refused(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    place = await sink.write(records(1))
    for mark in (None, Mark(sink.name, 1, place)):
        with pytest.raises(OutputError, match=r"items\.jsonl is being written by another crawl"):
            await JsonLinesSink(path, replace=True).open(mark)
    await sink.write(records(2))
    await sink.close()
    assert numbers(path) == [1, 2]
    assert names_in(path.parent) == {"items.jsonl"}


async def test_items_that_the_state_has_let_go_of_are_not_cut_off(path: Path) -> None:
    mark = await written(path, 2)
    for place in (None, mark.place | {"tail": 1}):
        with pytest.raises(OutputError, match="its items up to number 2 are neither there nor in the state"):
            await JsonLinesSink(path).open(Mark(mark.sink, 2, place, forgotten=2))
        assert numbers(part_of(path)) == [1, 2]
    sink = JsonLinesSink(path)
    assert await sink.open(Mark(mark.sink, 2, mark.place, forgotten=2)) == 2
    await sink.close()


# Going on. Each of these is a moment at which the process may have ended.


async def test_killed_after_the_place_was_stored(path: Path) -> None:
    mark = await written(path, 2)
    sink = JsonLinesSink(path)
    assert await sink.open(mark) == 2
    await sink.write(records(3))
    await sink.close()
    assert numbers(path) == [1, 2, 3]


async def test_killed_between_the_writing_and_the_storing(path: Path) -> None:
    mark = await written(path, 2)
    with part_of(path).open("ab") as file:
        file.write(b'{"n":3}\n{"n":4}\n{"n"')
    sink = JsonLinesSink(path)
    assert await sink.open(mark) == 2
    await sink.write(records(3))
    await sink.close()
    assert numbers(path) == [1, 2, 3]


async def test_killed_before_any_item_was_remembered(path: Path) -> None:
    mark = await written(path, 2)
    sink = JsonLinesSink(path)
    assert await sink.open(Mark(mark.sink, 0)) == 0
    await sink.write(records(1, 2, 3))
    await sink.close()
    assert numbers(path) == [1, 2, 3]


async def test_killed_between_the_renaming_and_the_storing(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 2, await sink.write(records(1, 2)))
    await sink.write(records(3))
    await sink.close()
    again = JsonLinesSink(path)
    assert await again.open(mark) == 2
    await again.write(records(3, 4))
    await again.close()
    assert numbers(path) == [1, 2, 3, 4]


async def test_killed_between_the_renaming_and_the_storing_while_an_older_output_was_replaced(
    path: Path,
) -> None:
    put(path, "the output of an earlier crawl, much longer than this one\n" * 9)
    sink = JsonLinesSink(path)
    await sink.open(Mark(sink.name, 0))
    mark = Mark(sink.name, 2, await sink.write(records(1, 2)))
    await sink.close()
    again = JsonLinesSink(path)
    assert await again.open(mark) == 2
    await again.close()
    assert numbers(path) == [1, 2]


async def test_killed_while_an_older_output_was_to_be_replaced(path: Path) -> None:
    put(path, "old\n")
    sink = JsonLinesSink(path)
    await sink.open(Mark(sink.name, 0))
    mark = Mark(sink.name, 2, await sink.write(records(1, 2)))
    await kill(sink, path.parent)
    again = JsonLinesSink(path)
    assert await again.open(mark) == 2
    assert text_in(path) == "old\n"
    await again.close()
    assert numbers(path) == [1, 2]


async def test_stopped_in_order_and_gone_on_with(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    await sink.write(records(1, 2))
    mark = Mark(sink.name, 2, await sink.close())
    again = JsonLinesSink(path)
    assert await again.open(mark) == 2
    assert names_in(path.parent) == {"items.jsonl.part", "items.jsonl.part.lock"}
    assert numbers(part_of(path)) == [1, 2]
    await again.write(records(3))
    await again.close()
    assert numbers(path) == [1, 2, 3]


async def test_killed_after_it_was_opened_again_before_a_place_was_stored(path: Path) -> None:
    sink = JsonLinesSink(path)
    await sink.open(None)
    await sink.write(records(1, 2))
    mark = Mark(sink.name, 2, await sink.close())
    again = JsonLinesSink(path)
    await again.open(mark)
    await again.write(records(3))
    await kill(again, path.parent)
    third = JsonLinesSink(path)
    assert await third.open(mark) == 2
    await third.write(records(3, 4))
    await third.close()
    assert numbers(path) == [1, 2, 3, 4]


async def test_opened_again_and_closed_without_a_new_item(path: Path) -> None:
    mark = await written(path, 2)
    sink = JsonLinesSink(path)
    await sink.open(mark)
    mark = Mark(sink.name, 2, await sink.close(failed=True))
    assert numbers(path) == [1, 2]
    again = JsonLinesSink(path)
    assert await again.open(mark) == 2
    await again.close()


@pytest.mark.parametrize("spoil", ["missing", "shorter", "edited", "of another format"])
async def test_an_output_that_is_not_as_it_was_left_is_begun_anew(path: Path, spoil: str) -> None:
    mark = await written(path, 2)
    match spoil:
        case "missing":
            part_of(path).unlink()
        case "shorter":
            part_of(path).write_text('{"n":1}\n')
        case "edited":
            part_of(path).write_text('{"n":1}\n{"n":7}\n')
        case _:
            mark = Mark(mark.sink, 2, mark.place | {"format": "csv"})
    sink = JsonLinesSink(path)
    assert await sink.open(mark) == 0
    await sink.write(records(1, 2, 3))
    await sink.close()
    assert numbers(path) == [1, 2, 3]


async def test_killed_again_after_it_was_begun_anew(path: Path) -> None:
    mark = await written(path, 2)
    part_of(path).unlink()
    sink = JsonLinesSink(path)
    await sink.open(mark)
    await sink.write(records(1))
    await kill(sink, path.parent)
    again = JsonLinesSink(path)
    assert await again.open(mark) == 0  # one item is less than the two of the mark
    await again.write(records(1, 2, 3))
    await kill(again, path.parent)
    third = JsonLinesSink(path)
    assert await third.open(mark) == 2  # and now they are there again
    await third.write(records(3))
    await third.close()
    assert numbers(path) == [1, 2, 3]


# Standard output.


async def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", out)
    sink = StdoutSink()
    assert await sink.open(None) == 0
    print("said by a plugin, on standard error")
    await sink.write(records(1, 2))
    await sink.close()
    assert sys.stdout is out
    assert not out.closed
    assert out.buffer.getvalue() == b'{"n":1}\n{"n":2}\n'


async def test_what_was_passed_on_is_not_repeated() -> None:
    sink = StdoutSink()
    assert await sink.open(Mark("-", 7)) == 7
    await sink.close()


async def test_nobody_listens_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        sink = StdoutSink()
        await sink.open(None)
        with pytest.raises(OutputError, match="standard output cannot be written: Broken pipe"):
            await sink.write(records(1))
        await sink.close(failed=True)
        assert sink.taken == 0
