"""Which committed items the batch at the end of a line takes: by their line, and by their type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from crawler.contracts import Record
from crawler.encode import encode_item
from crawler.engine.wanted import Misfit, wanted_by
from crawler.pipeline import Kind, line_names
from crawler.stages import Batch, StageCode, batch, read_entry


class Number(msgspec.Struct, frozen=True):
    value: Any


class Even(Number, frozen=True):
    half: int = 0


class Word(msgspec.Struct, frozen=True):
    text: str


def code_of(entry: Any) -> StageCode:
    return read_entry(entry)


@batch
async def save(some: Batch[Number | Word]) -> None: ...


@batch
async def save_words(some: Batch[Word]) -> None: ...


def taken(item: Any, line: str, kinds: Mapping[Kind, Any]) -> list[str]:
    """Return the names of the lines whose batches take an item that came through this line."""
    names = line_names(kinds)
    record = Record(1, item, "https://a.test/", encode_item(item), line)
    found = {names[kind]: wanted_by(kind, [code_of(end)], names)(record) for kind, end in kinds.items()}
    assert not any(isinstance(one, Misfit) for one in found.values())
    return [name.rpartition(".")[2] for name, one in found.items() if one == item]


BY_CLASS: Mapping[Kind, Any] = {Number: save, Word: save_words}


@pytest.mark.parametrize(
    ("item", "line", "kinds", "lines"),
    [
        # Through a line of this run: to its batch alone.
        (Number(1), f"{__name__}.Number", BY_CLASS, ["Number"]),
        (Word("a"), f"{__name__}.Word", BY_CLASS, ["Word"]),
        (Word("a"), f"{__name__}.Number", BY_CLASS, ["Number"]),
        (Even(2), f"{__name__}.Number", {Number: save, Even: save}, ["Number"]),
        # Through a line that this run does not have, or from before there were several.
        (Number(1), "moved.Number", BY_CLASS, ["Number"]),
        (Number(1), "", BY_CLASS, ["Number"]),
        (Word("a"), "moved.Word", BY_CLASS, ["Word"]),
        (Word("a"), "", BY_CLASS, ["Word"]),
        (Even(2), "", {Number: save, Even: save}, ["Even"]),
        (Even(2), "", {Even: save, Number: save}, ["Even"]),
        (Number(1), "moved.Number", {"Number": save, "Word": save_words}, ["Number"]),
        (Number(1), "", {"Number": save, "Word": save_words}, ["Number"]),
        (Number(1), "moved.Number", {None: save}, ["*"]),
        (Number(1), "", {None: save}, ["*"]),
        (Number(1), "", {None: save, Number: save}, ["Number"]),
        # A stage of that line made it: whoever takes it.
        (Word("a"), "moved.Raw", {Number: save}, ["Number"]),
        # No line was for it, and none is.
        (Word("a"), "", {Number: save}, []),
    ],
)
def test_an_item_goes_to_the_batch_of_its_line(
    item: Any, line: str, kinds: Mapping[Kind, Any], lines: list[str]
) -> None:
    assert taken(item, line, kinds) == lines


def test_what_came_the_right_way_and_does_not_fit_is_a_misfit() -> None:
    names = line_names([Word])
    wanted = wanted_by(Word, [code_of(save_words)], names)
    misfit = wanted(Record(1, Number(1), "https://a.test/", b'{"value":1}', names[Word]))
    assert isinstance(misfit, Misfit)
    assert "save_words" in misfit.why
    assert "was given a Number, which it does not take" in misfit.why
    lacking = wanted(Record(7, Word("a"), "https://a.test/", b'{"words":"a"}', names[Word]))
    assert isinstance(lacking, Misfit)
    assert "item 7, found on https://a.test/, does not fit Word" in lacking.why
    assert wanted(Record(1, Number(1), "https://a.test/", b'{"value":1}', "moved.Number")) is None


def test_an_item_is_taken_as_it_was_written_down_also_when_it_was_made_just_now() -> None:
    item = Number((1, 2))
    wanted = wanted_by(None, [code_of(save)], line_names([None]))
    assert wanted(Record(1, item, "https://a.test/", encode_item(item))) == Number([1, 2])
    assert wanted(Record(1, item, "https://a.test/")) is item  # nothing is written down
