"""A SQLite database as output."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.contracts import Mark, Record
from crawler.errors import OutputError
from crawler.export import SqliteSink
from crawler.export.tables import free_name, quoted
from crawler.model.items import NamedItem
from crawler.testing.conformance.killing import kill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "items.db"


@dataclass
class Book:
    title: str
    tags: list[str]


def records(*items: Any, first: int = 1) -> list[Record]:
    return [Record(id, item, f"https://a.test/{id}") for id, item in enumerate(items, start=first)]


def numbered(*numbers: int) -> list[Record]:
    return [Record(number, {"n": number}, "https://a.test/") for number in numbers]


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def ids(path: Path) -> list[int]:
    return [id for (id,) in ask(path, 'SELECT item_id FROM "dict" ORDER BY item_id')]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def saved(path: Path, *items: Any) -> None:
    sink = SqliteSink(path)
    assert await sink.open(None) == 0
    await sink.write(records(*items))
    await sink.close()


async def test_a_table_for_each_kind_of_item(path: Path) -> None:
    await saved(path, Book("a", ["x", "y"]), NamedItem("Author", {"name": "é"}), Book("b", []))
    assert ask(path, "SELECT * FROM Book") == [
        (1, "https://a.test/1", "a", '["x","y"]'),
        (3, "https://a.test/3", "b", "[]"),
    ]
    assert ask(path, "SELECT item_id, page_url, name FROM Author") == [(2, "https://a.test/2", "é")]
    assert ask(path, "SELECT item FROM _crawl") == [(3,)]


async def test_the_file_stands_alone_when_it_is_complete(path: Path) -> None:
    await saved(path, {"n": 1})
    assert names_in(path.parent) == {"items.db"}
    assert ask(path, "PRAGMA journal_mode") == [("delete",)]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, 1),
        (-1.5, -1.5),
        (2**63 - 1, 2**63 - 1),
        (-(2**63), -(2**63)),
        (2**63, str(2**63)),
        (-(2**63) - 1, str(-(2**63) - 1)),
        ("007", "007"),
        ("a\0b", "a\0b"),
        ({"a": [1]}, '{"a":[1]}'),
    ],
)
async def test_values(path: Path, value: Any, kept: Any) -> None:
    await saved(path, {"value": value})
    ((read,),) = ask(path, 'SELECT value FROM "dict"')
    assert read == kept
    assert type(read) is type(kept)


async def test_a_field_that_is_met_late_gets_a_column(path: Path) -> None:
    await saved(path, {"a": 1}, {"b": 2})
    assert ask(path, 'SELECT a, b FROM "dict"') == [(1, None), (None, 2)]


async def test_names_that_are_taken(path: Path) -> None:
    item = {"Title": 1, "title": 2, "ITEM_ID": 3, "page_url": 4, "page_url_2": 5, "": 6, 'a "b"; --': 7}
    await saved(path, item, NamedItem("DICT", {"x": 1}), NamedItem("_crawl", {}), NamedItem("sqlite_x", {}))
    columns = [name for (name,) in ask(path, "SELECT name FROM pragma_table_info('dict')")]
    assert columns[:2] == ["item_id", "page_url"]
    assert columns[2:] == ["Title", "title_2", "ITEM_ID_2", "page_url_2", "page_url_2_2", "_", 'a "b"; --']
    assert ask(path, "SELECT * FROM dict")[0][2:] == (1, 2, 3, 4, 5, 6, 7)
    tables = dict(ask(path, "SELECT kind, name FROM _tables"))
    assert tables == {"dict": "dict", "DICT": "DICT_2", "_crawl": "_crawl_2", "sqlite_x": "_sqlite_x"}


def test_names_are_quoted_whatever_is_in_them() -> None:
    assert quoted('a"b') == '"a""b"'
    assert free_name("a\0b", []) == "a\ufffdb"
    assert free_name("ä", ["Ä", "ä_2"]) == "ä_3"


async def test_names_stay_what_they_are_when_it_is_gone_on_with(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 1, await sink.write(records({"Title": 1, "title": 2})))
    await kill(sink, path.parent)
    again = SqliteSink(path)
    assert await again.open(mark) == 1
    await again.write(records({"title": 4, "Title": 3, "TITLE": 5}, first=2))
    await again.close()
    assert ask(path, "SELECT Title, title_2, TITLE_3 FROM dict") == [(1, 2, None), (3, 4, 5)]


# What was there before.


async def test_a_file_of_somebody_else_is_refused(path: Path) -> None:
    path.write_bytes(b"theirs")  # noqa: ASYNC240
    with pytest.raises(OutputError, match="was not written by this crawl: use --overwrite"):
        await SqliteSink(path).open(None)
    assert names_in(path.parent) == {"items.db"}


async def test_older_results_stay_until_the_new_ones_are_complete(path: Path) -> None:
    await saved(path, {"n": 1}, {"n": 2})
    sink = SqliteSink(path)
    assert await sink.open(Mark(sink.name, 0)) == 0
    await sink.write(numbered(1))
    assert ids(path) == [1, 2]
    await sink.close()
    assert ids(path) == [1]


@pytest.mark.parametrize("failed", [False, True])
async def test_older_results_stay_when_nothing_is_written(path: Path, failed: bool) -> None:
    await saved(path, {"n": 1})
    sink = SqliteSink(path)
    await sink.open(Mark(sink.name, 0))
    await sink.close(failed=failed)
    assert ids(path) == [1]
    assert names_in(path.parent) == {"items.db"}


async def test_what_lies_beside_an_older_database_does_not_get_into_the_new_one(path: Path) -> None:
    await saved(path, {"n": 1})
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("INSERT INTO dict (item_id, page_url) VALUES (99, '')")
        reader.commit()
        assert "items.db-wal" in names_in(path.parent)
        sink = SqliteSink(path)
        await sink.open(Mark(sink.name, 0))
        await sink.write(numbered(1, 2))
        await sink.close()
        assert names_in(path.parent) == {"items.db"}
        assert ids(path) == [1, 2]


# Going on.


async def test_rows_after_the_mark_are_taken_out(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 2, await sink.write(numbered(1, 2)))
    await sink.write([*numbered(3), Record(4, NamedItem("other", {}), "")])
    await kill(sink, path.parent)
    again = SqliteSink(path)
    assert await again.open(mark) == 2
    await again.close()
    assert ids(path) == [1, 2]
    assert ask(path, "SELECT * FROM other") == []


async def test_a_database_that_has_less_than_the_mark_says(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    place = await sink.write(numbered(1, 2))
    await kill(sink, path.parent)
    again = SqliteSink(path)
    assert await again.open(Mark(sink.name, 5, place)) == 2
    await again.close()


@pytest.mark.parametrize("item", [0, 2])
async def test_a_database_of_another_crawl_is_not_replaced(path: Path, item: int) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    mark = Mark(sink.name, item, await sink.write(numbered(1, 2)))
    await sink.close()
    other = SqliteSink(path, replace=True)
    await other.open(None)
    await other.write(numbered(1, 2, 3))
    await other.close()
    with pytest.raises(OutputError, match="exists and is not as this crawl left it"):
        await SqliteSink(path).open(mark)
    assert ids(path) == [1, 2, 3]
    again = SqliteSink(path, replace=True)
    assert await again.open(mark) == 0
    await again.close(failed=True)
    assert ids(path) == [1, 2, 3]
    assert names_in(path.parent) == {"items.db"}


async def test_the_database_that_was_to_be_replaced_is_known_again(path: Path) -> None:
    await saved(path, {"n": 1}, {"n": 2})
    ((old,),) = ask(path, "SELECT id FROM _crawl")
    sink = SqliteSink(path)
    mark = Mark(sink.name, 0, {"format": "sqlite", "id": old, "over": None})
    for item in (0, 1, 2):
        assert await sink.open(mark) == item
        place = await sink.write(numbered(item + 1))
        assert place["over"] == {"id": old}
        mark = Mark(sink.name, item + 1, place)
        await kill(sink, path.parent)
        assert ids(path) == [1, 2]
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM")  # SQLite writes its files anew, and they stay what they are
        sink = SqliteSink(path)
    assert await sink.open(mark) == 3
    await sink.close()
    assert ids(path) == [1, 2, 3]


async def test_what_was_to_be_replaced_on_demand_need_not_be_named_again(path: Path) -> None:
    path.write_bytes(b"theirs")  # noqa: ASYNC240
    sink = SqliteSink(path, replace=True)
    await sink.open(None)
    mark = Mark(sink.name, 1, await sink.write(numbered(1)))
    await kill(sink, path.parent)
    again = SqliteSink(path)
    assert await again.open(mark) == 1
    await kill(again, path.parent)
    path.write_bytes(b"theirs, and new")  # noqa: ASYNC240
    with pytest.raises(OutputError, match="not as this crawl left it"):
        await SqliteSink(path).open(mark)


async def test_an_unfinished_database_of_another_crawl_is_refused(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 1, await sink.write(numbered(1)))
    await kill(sink, path.parent)
    with pytest.raises(OutputError, match=r"\.part is the unfinished output of another crawl"):
        await SqliteSink(path).open(None)
    again = SqliteSink(path)
    assert await again.open(mark) == 1
    await again.close()


@pytest.mark.parametrize("tables", ["", "CREATE TABLE _crawl (id TEXT, item INTEGER)", None])
async def test_a_database_that_was_only_about_to_be_made_is_in_nobodys_way(
    path: Path, tables: str | None
) -> None:
    part = path.with_name("items.db.part")
    if tables is None:
        sink = SqliteSink(path)
        await sink.open(None)
        await kill(sink, path.parent)
        assert ask(part, "SELECT item FROM _crawl") == [(0,)]
    else:
        with closing(sqlite3.connect(part)) as connection:
            connection.executescript(f"PRAGMA journal_mode = WAL; {tables}")
    assert part.stat().st_size
    await saved(path, {"n": 1})
    assert ids(path) == [1]


@pytest.mark.parametrize(
    "tables", ["CREATE TABLE book (n)", "CREATE TABLE _crawl (item); INSERT INTO _crawl VALUES (3)"]
)
async def test_a_part_in_which_there_is_something_is_refused(path: Path, tables: str) -> None:
    with closing(sqlite3.connect(path.with_name("items.db.part"))) as connection:
        connection.executescript(tables)
    with pytest.raises(OutputError, match="unfinished output of another crawl"):
        await SqliteSink(path).open(None)


async def test_a_database_that_is_being_written_is_refused(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    with pytest.raises(OutputError, match=r"items\.db is being written by another crawl"):
        await SqliteSink(path, replace=True).open(None)
    await sink.write(numbered(1))
    await sink.close()
    assert ids(path) == [1]
    assert names_in(path.parent) == {"items.db"}


async def test_rows_that_the_state_has_let_go_of_are_not_thrown_away(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 2, await sink.write(numbered(1, 2)))
    await kill(sink, path.parent)
    for place, forgotten in ((mark.place | {"id": "0"}, 2), (mark.place, 3)):
        with pytest.raises(OutputError, match="are neither there nor in the state"):
            await SqliteSink(path).open(Mark(sink.name, 2, place, forgotten))
    again = SqliteSink(path)
    assert await again.open(mark) == 2
    await again.close()


@pytest.mark.parametrize("place", [None, 7, {"format": "csv", "size": 1}])
async def test_a_place_that_is_no_place_of_a_database(path: Path, place: Any) -> None:
    await saved(path, {"n": 1})
    sink = SqliteSink(path, replace=True)
    assert await sink.open(Mark(sink.name, 1, place)) == 0
    await sink.close()


async def test_a_damaged_database_is_begun_anew(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    await sink.write([Record(1, {"text": "x" * 100_000}, "")])
    mark = Mark(sink.name, 1, await sink.close())
    with open(path, "r+b") as file:  # noqa: ASYNC230
        file.seek(20_000)
        file.write(b"\xff" * 20_000)
    again = SqliteSink(path)
    assert await again.open(mark) == 0
    await again.close()


# What goes wrong.


async def test_a_batch_is_written_as_a_whole_or_not_at_all(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    await sink.write(numbered(1))
    with pytest.raises(OutputError, match=r"items\.db cannot be written: UNIQUE constraint failed"):
        await sink.write([Record(2, NamedItem("new", {"a": 1}), ""), *numbered(1)])
    await sink.write([Record(2, NamedItem("new", {"a": 1}), "")])
    await sink.close()
    assert ids(path) == [1]
    assert ask(path, "SELECT item_id, a FROM new") == [(2, 1)]


@pytest.mark.slow
async def test_too_many_columns_are_told(path: Path) -> None:
    sink = SqliteSink(path)
    await sink.open(None)
    with pytest.raises(OutputError, match=r"items\.db cannot be written: too many columns"):
        await sink.write(records({f"c{number}": 1 for number in range(2_100)}))
    await sink.close()


@pytest.mark.parametrize("name", ["", "file/items.db"])
async def test_where_nothing_can_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written") as error:
        await SqliteSink(tmp_path / name).open(None)
    assert str(tmp_path / name) in str(error.value)


async def test_no_thread_stays_behind(path: Path) -> None:
    before = threading.active_count()
    sink = SqliteSink(path)
    await sink.open(None)
    await sink.write(numbered(1))
    assert threading.active_count() == before
    await sink.close()
    assert threading.active_count() == before
