"""Entries of a pipeline: functions, classes, objects and partials, and what is wrong with some."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict

import msgspec
import pytest

from crawler.errors import PluginError, SpiderError
from crawler.placement import Placement
from crawler.stages import Batch, address_of, batch, read_entry, stage
from crawler.stages.results import one_each, several


class Book(msgspec.Struct):
    title: str


class Short(Book):
    pass


class Row(TypedDict):
    title: str


@stage
async def clean(book: Book) -> Book | None:
    return book


@stage(run="thread")
def split(book: Book) -> Iterator[Short | Row]:
    yield Short(book.title)


@batch(run="thread", size=3)
def save(books: Batch[Book]) -> None: ...


@batch(run="thread")
def embed(books: list[Book]) -> list[list[Short]]:
    return [[Short(book.title)] for book in books]


@stage(run="thread")
@dataclass
class Prefix:
    text: str = ">"

    def __call__(self, book: Book) -> Book:
        return Book(self.text + book.title)


@stage
class Aside:
    async def __call__(self, book: Any) -> AsyncIterator[Book]:
        yield book


@pytest.mark.parametrize(
    ("entry", "takes", "gives"),
    [
        (clean, (Book,), (Book,)),
        (split, (Book,), (Short, dict)),
        (save, (Book,), ()),
        (embed, (Book,), (Short,)),
        (Prefix, (Book,), (Book,)),
        (Aside, None, (Book,)),
        (partial(Prefix, text="!"), (Book,), (Book,)),
        (Prefix("?"), (Book,), (Book,)),
    ],
)
def test_types_are_read_from_annotations(entry: Any, takes: object, gives: object) -> None:
    types = read_entry(entry).types
    assert (types.takes, types.gives) == (takes, gives)


def test_parameters_come_from_a_partial_and_from_settings() -> None:
    code = read_entry(partial(Prefix, text="a"))
    assert code.make()(Book("x")) == Book("ax")
    assert read_entry(Prefix, params={"text": "b"}).make()(Book("x")) == Book("bx")
    assert read_entry(Prefix).make()(Book("x")) == Book(">x")
    assert read_entry(Prefix("c")).make()(Book("x")) == Book("cx")


def test_a_class_makes_an_object_for_each_worker_and_an_object_is_shared() -> None:
    code = read_entry(Prefix)
    assert code.make() is not code.make()
    made = Prefix("c")
    assert read_entry(made).make() is made


def test_a_placement_from_outside_wins() -> None:
    placed = read_entry(split, over=Placement(run="process", workers=1)).placed
    assert (placed.run, placed.workers, placed.timeout) == ("process", 1, 60.0)
    assert read_entry(save).placed.workers == 1
    assert read_entry(split).placed.workers > 1


def _plain(book: Book) -> Book:
    return book


def _blocking(book: Book) -> Book:
    return book


async def _no_item() -> None: ...


async def _no_memory(book: Book) -> None: ...


@pytest.mark.parametrize(
    ("entry", "params", "words"),
    [
        (_plain, {}, "_plain is not a stage: mark it with @stage or @batch"),
        (lambda book: book, {}, "a lambda cannot be marked: write a function"),
        (stage(_blocking), {}, "would keep the event loop waiting: write `async def _blocking`"),
        (stage(memory=5)(_no_memory), {}, "_no_memory runs on the loop, where memory would have no effect"),
        (stage(_no_item), {}, "_no_item must take an item"),
        (Prefix, {"txt": "a"}, "unexpected keyword argument 'txt'"),
        (Prefix("c"), {"text": "a"}, "takes no parameters: give its class"),
        (partial(Prefix, "a"), {}, "give the parameters of a stage by name"),
    ],
)
def test_what_cannot_be_a_stage_is_refused(entry: Any, params: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginError, match=words.replace("(", r"\(").replace("*", r"\*")):
        read_entry(entry, params=params)


def test_an_async_stage_runs_on_the_loop_only() -> None:
    with pytest.raises(PluginError, match=r"`async def`, which runs on the loop only: write `def`"):
        read_entry(clean, over=Placement(run="process"))


def test_places_are_named_for_errors() -> None:
    assert read_entry(split).where.startswith("split (")
    assert "test_code.py:" in read_entry(split).where
    assert "test_code.py:" in read_entry(Prefix("x")).where


def test_an_address_leads_another_process_there() -> None:
    address = address_of(split)
    assert (address.module, address.name, address.file) == (__name__, "split", "")


def test_what_another_process_cannot_find_has_no_address() -> None:
    def local(item: Book) -> Book:
        return item

    at_prompt: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(item): return item\nf.__module__ = 'crawler_file_gone'", at_prompt)
    for code, words in (
        (local, "is defined inside a function"),
        (lambda item: item, "write a function with a name"),
        (at_prompt["f"], "in a notebook or at a prompt"),
        (object(), "give a function or class by its name"),
    ):
        with pytest.raises(PluginError, match=words):
            address_of(code)
    with pytest.raises(PluginError, match="an object cannot be sent to a process"):
        read_entry(Prefix("x")).address()


def test_results_become_lists() -> None:
    book = Book("x")
    assert several(None) == []
    assert several(book) == [book]
    assert several([book, None, book]) == [book, book]
    assert several(one for one in (book, None)) == [book]
    assert several({"a": 1}) == [{"a": 1}]
    assert one_each([book, None, [book, book]], 3, "embed") == [[book], [], [book, book]]


@pytest.mark.parametrize("result", [None, [1], "ab", {1: 2, 3: 4}])
def test_a_batch_in_the_middle_answers_for_each_item(result: Any) -> None:
    with pytest.raises(SpiderError, match="an entry for each item"):
        one_each(result, 2, "embed")
