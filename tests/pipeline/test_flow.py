"""Types from callbacks through stages to outputs, checked before anything runs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from crawler import Dropped, Links, Page, Spider
from crawler.errors import PluginError
from crawler.pipeline import check_flow, flow_into
from crawler.stages import batch, process, read_entry, stage


class Book(msgspec.Struct):
    title: str


class Novel(Book):
    pages: int = 0


class Author(msgspec.Struct):
    name: str


class Books(Spider):
    async def parse(self, page: Page) -> AsyncIterator[Novel | Links]:
        yield page.follow()


class Authors(Spider):
    @process
    def parse(self, page: Page) -> Iterator[Author]:
        yield Author("a")

    def _rows(self, page: Page) -> Iterator[Book]:
        yield Book("no callback")


@stage
async def keep(book: Book) -> Book | None:
    return book


@stage
async def anything(item):  # type: ignore[no-untyped-def]
    return item


@stage
async def author_of(book: Book) -> Author:
    return Author(book.title)


@stage
async def title_of(book: Book) -> str:
    return book.title


@stage
async def links_of(book: Book) -> Links:
    return Links("https://a.test/", [book.title])


@stage
async def or_dropped(book: Book) -> Book | Dropped:
    return Dropped("Book", "dull")


@stage
async def shout(text: str) -> Book:
    return Book(text)


@stage
async def swallow(book: Book) -> None: ...


@batch(run="thread")
def save(books: list[Book]) -> None: ...


@batch(run="thread")
def save_authors(authors: list[Author]) -> None: ...


@batch(run="thread")
def save_some(some) -> None: ...  # type: ignore[no-untyped-def]


GOOD: list[tuple[type[Spider], Any, list[Any]]] = [
    (Books, None, [keep, save]),
    (Books, None, [keep, author_of, save_authors]),
    (Books, None, [anything, save_authors]),
    (Books, None, [title_of, shout, save]),  # in between it need not be an item
    (Books, None, [swallow]),
    (Books, None, [or_dropped]),
    (Authors, None, [save_authors]),
    (Authors, Book, [keep, save]),  # a line of its own, for what it is for
    (Books, "Novel", [keep]),
    (Spider, None, [keep, save]),
]


@pytest.mark.parametrize(("spider", "kind", "line"), GOOD)
def test_what_fits_passes(spider: type[Spider], kind: Any, line: list[Any]) -> None:
    check_flow({kind: [read_entry(one) for one in line]}, spider())


WRONG: list[tuple[type[Spider], Any, list[Any], str]] = [
    (Authors, None, [keep], r"Authors.parse \(.*test_flow.py:\d+\) gives Author, and keep \(.*\) takes Book"),
    (Authors, "Author", [keep], r"gives Author, and keep"),
    (Spider, Author, [keep], r"the pipeline for Author gives Author, and keep"),
    (Spider, None, [author_of, keep], r"author_of \(.*\) gives Author, and keep \(.*\) takes Book"),
    (Books, None, [keep, save_authors], r"keep \(.*\) gives Book, and save_authors \(.*\) takes Author"),
    (Books, None, [title_of], r"title_of \(.*\) gives str, and outputs take items"),
    (Books, None, [links_of], r"links_of \(.*\) gives Links, and outputs take items"),
    (Books, None, [swallow, keep], r"swallow \(.*\) returns nothing, so that keep \(.*\) would never"),
    (Books, None, [save, keep], r"save \(.*\) returns nothing, so that keep"),
]


@pytest.mark.parametrize(("spider", "kind", "line", "words"), WRONG)
def test_what_does_not_fit_is_refused_with_both_places(
    spider: type[Spider], kind: Any, line: list[Any], words: str
) -> None:
    with pytest.raises(PluginError, match=words):
        check_flow({kind: [read_entry(one) for one in line]}, spider())


def test_what_comes_to_the_last_stage_is_known_from_it_or_from_the_one_before() -> None:
    def into(kind: Any, *line: Any) -> Any:
        return flow_into(kind, [read_entry(one) for one in line])

    assert into(None, save) == (Book,)
    assert into(None, author_of, save_some) == (Author,)
    assert into(Book, save_some) == (Book,)
    assert into(None, save_some) is None
    assert into(Book, anything, save_some) is None


def test_a_line_for_items_that_never_come_is_refused() -> None:
    class Plain(Spider):
        async def parse(self, page: Page) -> AsyncIterator[dict[str, Any] | Links]:
            yield page.follow()

    line = [read_entry(anything)]
    with pytest.raises(
        PluginError, match=r"Authors yields no item that is called 'Autor' \(did you mean 'Author'"
    ):
        check_flow({"Autor": line}, Authors())
    check_flow({"anything": line}, Plain())
    check_flow({"anything": line}, Spider())
