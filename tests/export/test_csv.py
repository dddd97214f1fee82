"""CSV."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.contracts import Mark, Record
from crawler.errors import OutputError
from crawler.export import CsvSink
from crawler.export import csv as csv_module
from crawler.export.formula import defused, is_run, restored
from crawler.testing.conformance.killing import kill


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "items.csv"


def records(*items: Any, first: int = 1) -> list[Record]:
    return [Record(number, item, "https://a.test/") for number, item in enumerate(items, start=first)]


def bytes_in(path: Path) -> bytes:
    return path.read_bytes()


async def saved(path: Path, *items: Any, **options: Any) -> bytes:
    sink = CsvSink(path, **options)
    assert await sink.open(None) == 0
    await sink.write(records(*items))
    await sink.close()
    return bytes_in(path)


class Book(msgspec.Struct):
    title: str
    price: Decimal
    when: datetime


class Author(pydantic.BaseModel):
    title: str


async def test_a_header_and_a_row_for_each_item_of_any_type(path: Path) -> None:
    when = datetime(2026, 5, 17, tzinfo=UTC)
    assert await saved(path, Book("é", Decimal("1.50"), when), Author(title="b"), {"title": "c"}) == (
        "title,price,when\r\né,1.50,2026-05-17T00:00:00Z\r\nb,,\r\nc,,\r\n".encode()
    )


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        (-1.5, "-1.5"),
        (2**70, str(2**70)),
        (["a", 1], '"[""a"",1]"'),
        ({"a": None}, '"{""a"":null}"'),
        ("a,b", '"a,b"'),
        ('say "x"', '"say ""x"""'),
        ("a\nb", '"a\nb"'),
        ("a\r\nb", '"a\r\nb"'),
        ("a\rb", '"a\rb"'),
        ("a;b\tc", "a;b\tc"),
    ],
)
async def test_cells(path: Path, value: Any, cell: str) -> None:
    assert await saved(path, {"n": 1, "v": value}) == f"n,v\r\n1,{cell}\r\n".encode()


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "@x", "+49 30 1", "-", "-x", "\tx", "--1", "+1+cmd|' /C calc'!A0", " =1", "'=1", " '-x"),
        *(
            "\xa0=1",
            "\ufeff=1",
            "\u200b@x",
            "\x0b=1",
            "\uff1d1+1",
            "\uff0b1",
            "\uff20x",
            "\uff0dx",
            "-1=x",
            "+1-1",
        ),
    ],
)
async def test_what_a_spreadsheet_would_run_is_text(path: Path, text: str) -> None:
    assert await saved(path, {"n": 1, "v": text}) == f"n,v\r\n1,'{text}\r\n".encode()


@pytest.mark.parametrize("text", ["\r=1", "\rx", "\n=1", "\r\n=1", '"=1', "\x00=1", '""\t=1'])
async def test_what_comes_before_a_formula_hides_none(path: Path, text: str) -> None:
    quoted = text.replace('"', '""')
    assert (
        await saved(path, {"n": 1, "v": text})
        == f'n,v\r\n1,"\'{quoted}"\r\n'.replace('"\'\x00=1"', "'\x00=1").encode()
    )


async def test_all_text_may_be_left_as_it_is(path: Path) -> None:
    assert await saved(path, {"=x": "=1"}, defuse=False) == b"=x\r\n=1\r\n"


@pytest.mark.parametrize("defuse", [True, False])
async def test_what_was_written_the_other_way_is_written_anew(path: Path, defuse: bool) -> None:
    sink = CsvSink(path, defuse=defuse)
    await sink.open(None)
    mark = Mark(sink.name, 1, await sink.write(records({"a": "=1"})))
    await kill(sink, path.parent)
    again = CsvSink(path, defuse=not defuse)
    assert await again.open(mark) == 0
    await again.write(records({"a": "=1"}))
    await again.close()
    assert bytes_in(path) == (b"a\r\n=1\r\n" if defuse else b"a\r\n'=1\r\n")


@given(st.text() | st.text("=+-@\t\r\n '\"1e.\uff1d\u200b", max_size=6))
def test_what_was_defused_is_restored(text: str) -> None:
    written = defused(text)
    assert restored(written) == text
    assert not is_run(written) or written.startswith("'")
    assert written[:1] not in ("=", "+", "-", "@", "\t", "\r") or (
        written == text and float(text) is not None
    )


@pytest.mark.parametrize("text", ["-1", "+1.5", "-1e-7", " -1", "1=1", "a@b.test", "a =1", "'a"])
async def test_numbers_and_other_text_stay_as_they_are(path: Path, text: str) -> None:
    assert await saved(path, {"n": 1, "v": text}) == f"n,v\r\n1,{text}\r\n".encode()


async def test_a_name_of_a_column_is_not_run_either(path: Path) -> None:
    assert await saved(path, {"=x": 1}) == b"'=x\r\n1\r\n"


async def test_columns_may_be_given(path: Path) -> None:
    data = await saved(path, {"a": 1, "b": 2, "c": 3}, {"d": 4}, fields=["c", "x", "a"])
    assert data == b"c,x,a\r\n3,,1\r\n,,\r\n"


async def test_without_items_there_is_the_header_that_was_given(path: Path) -> None:
    assert await saved(path, fields=["a", "b"]) == b"a,b\r\n"


async def test_without_items_nothing_is_known(path: Path) -> None:
    assert await saved(path) == b""


async def test_an_older_file_stays_when_nothing_is_written(path: Path) -> None:
    path.write_bytes(b"old")  # noqa: ASYNC240
    sink = CsvSink(path, fields=["a"])
    await sink.open(Mark(sink.name, 0))
    await sink.close()
    assert bytes_in(path) == b"old"


async def test_a_field_that_is_met_late_gets_a_column(path: Path) -> None:
    sink = CsvSink(path)
    await sink.open(None)
    await sink.write(records({"a": 'x"\r\n"y'}, {"a": None}))
    await sink.write(records({"b": 1, "a": 2}, {"c": "z"}, first=3))
    assert bytes_in(path.with_name("items.csv.part")) == (
        b'a,b,c\r\n"x""\r\n""y",,\r\n"",,\r\n2,1,\r\n,,z\r\n'
    )
    await sink.close()
    assert {one.name for one in path.parent.iterdir()} == {"items.csv"}


async def test_items_without_fields_are_rows_as_well(path: Path) -> None:
    sink = CsvSink(path)
    await sink.open(None)
    await sink.write(records({}, {}))
    await sink.write(records({"a": 1, "b": 2}, first=3))
    await sink.close()
    assert bytes_in(path) == b"a,b\r\n,\r\n,\r\n1,2\r\n"


async def test_a_large_file_is_rewritten_beside_the_event_loop(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    widened: Callable[..., Any] = csv_module._widened

    def watched(*args: Any, **options: Any) -> Any:
        threads.append(threading.current_thread().name)
        return widened(*args, **options)

    monkeypatch.setattr(csv_module, "_widened", watched)
    sink = CsvSink(path)
    await sink.open(None)
    await sink.write(records({"a": 1}))
    await sink.write(records({"b": 1}, first=2))
    await sink.write(records({"a": "x" * 2_000_000}, first=3))
    await sink.write(records({"c": 1}, first=4))
    await sink.close()
    assert threads == ["MainThread", "output"]
    assert bytes_in(path).startswith(b"a,b,c\r\n1,,\r\n,1,\r\nxx")
    assert [one.name for one in threading.enumerate() if one.name == "output"] == []


# Going on.


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("forgotten", [0, 2])
async def test_killed_after_the_file_was_widened(path: Path, closed: bool, forgotten: int) -> None:
    sink = CsvSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 2, await sink.write(records({"a": 'x"\r\n",y'}, {"a": None})), forgotten)
    await sink.write(records({"a": 3}, first=3))
    await sink.write(records({"b": 4}, first=4))
    await sink.write(records({"c": 5, "d": 5}, first=5))
    if closed:
        await sink.close()
    else:
        await kill(sink, path.parent)
    again = CsvSink(path)
    assert await again.open(mark) == 2
    await again.write(records({"a": 3}, {"b": 4}, {"c": 5, "d": 5}, first=3))
    await again.close()
    assert bytes_in(path) == b'a,b,c,d\r\n"x""\r\n"",y",,,\r\n"",,,\r\n3,,,\r\n,4,,\r\n,,5,5\r\n'
    assert {one.name for one in path.parent.iterdir()} == {"items.csv"}


async def test_killed_after_rows_without_columns_were_widened(path: Path) -> None:
    sink = CsvSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 2, await sink.write(records({}, {})), forgotten=2)
    await sink.write(records({"a": 1}, first=3))
    await sink.write(records({"b": 2}, first=4))
    await kill(sink, path.parent)
    again = CsvSink(path)
    assert await again.open(mark) == 2
    await again.write(records({"c": 1}, first=3))
    await again.close()
    assert bytes_in(path) == b'c\r\n""\r\n""\r\n1\r\n'


@pytest.mark.parametrize(
    "spoil", [b"a,b\r\n1,\r\n7,\r\n,3\r\n", b"a,b\r\n1,\r\n", b"\0" * 200_000, b"a\rb,c\r\n"]
)
async def test_a_file_that_was_not_widened_is_not_taken_for_one(path: Path, spoil: bytes) -> None:
    sink = CsvSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 2, await sink.write(records({"a": 1}, {"a": 2})))
    await kill(sink, path.parent)
    path.with_name("items.csv.part").write_bytes(spoil)
    again = CsvSink(path)
    assert await again.open(mark) == 0
    await again.write(records({"a": 1}, {"a": 2}, {"b": 3}))
    await again.close()
    assert bytes_in(path) == b"a,b\r\n1,\r\n2,\r\n,3\r\n"
    assert {one.name for one in path.parent.iterdir()} == {"items.csv"}


async def test_going_on_keeps_the_columns(path: Path) -> None:
    sink = CsvSink(path)
    await sink.open(None)
    mark = Mark(sink.name, 1, await sink.write(records({"b": 1, "a": 1})))
    await sink.write(records({"a": 2}, first=2))
    await kill(sink, path.parent)
    again = CsvSink(path)
    assert await again.open(mark) == 1
    await again.write(records({"a": 2, "b": 3}, first=2))
    await again.close()
    assert bytes_in(path) == b"b,a\r\n1,1\r\n3,2\r\n"


@pytest.mark.parametrize(
    ("before", "after", "data"),
    [
        ((), ("a",), b"a\r\n1\r\n"),
        (("a",), (), b"a,b\r\n1,2\r\n"),
        (("a", "b"), ("b", "a"), b"b,a\r\n2,1\r\n"),
    ],
)
async def test_other_columns_than_before(
    path: Path, before: tuple[str, ...], after: tuple[str, ...], data: bytes
) -> None:
    sink = CsvSink(path, fields=before)
    await sink.open(None)
    await sink.write(records({"a": 1, "b": 2}))
    mark = Mark(sink.name, 1, await sink.close())
    again = CsvSink(path, fields=after)
    assert await again.open(mark) == 0
    await again.write(records({"a": 1, "b": 2}))
    await again.close()
    assert bytes_in(path) == data


async def test_what_is_no_row_is_told(path: Path) -> None:
    class Pair(pydantic.RootModel[list[int]]):
        pass

    sink = CsvSink(path)
    await sink.open(None)
    with pytest.raises(OutputError, match="an item of type Pair cannot be written as JSON: it has no fields"):
        await sink.write(records({"a": 1}, Pair([1])))
    await sink.close()
    assert bytes_in(path) == b""


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(st.lists(st.dictionaries(texts.filter(bool), texts), max_size=6), st.integers(1, 3))
def test_what_was_written_is_read(items: list[dict[str, str]], batch: int) -> None:
    async def write(path: Path) -> None:
        sink = CsvSink(path)
        await sink.open(None)
        for start in range(0, len(items), batch):
            await sink.write(records(*items[start : start + batch], first=start + 1))
        await sink.close()

    with TemporaryDirectory() as folder:
        path = Path(folder) / "items.csv"
        anyio.run(write, path)
        with open(path, newline="", encoding="utf-8") as file:
            read = [[restored(cell) for cell in row] for row in csv.reader(file)]
    keys = list(dict.fromkeys(key for item in items for key in item))
    rows = [[item.get(key, "") for key in keys] for item in items]
    assert read == ([keys, *rows] if keys else rows)
