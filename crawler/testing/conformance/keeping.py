"""The `Sink` contract on a crawl that nothing disturbs, and on what items are made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crawler.contracts import Record
from crawler.encode import encode_item
from crawler.model.items import NamedItem
from crawler.testing.conformance.rehearsal import URL, Rehearsal
from crawler.testing.conformance.sinksuite import SinkSuite, rehearsed

_TEXTS = (
    "",
    " kept spaces ",
    'commas, "quotes"; semicolons',
    "line\nbreak\r\nand another\rand \u2028",
    "Ünïcödé 漢字 🕷 \u200b\ufeff",
    "<b>&amp;</b> \\n \\ %s {x} $1",
    "long " * 20_000,
    "null",
    "007",
)


@dataclass
class _Thing:
    n: int
    text: str = ""


class Keeping(SinkSuite):
    """Order, names, values."""

    # An undisturbed crawl.

    @rehearsed
    async def test_items_are_kept_in_order(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        assert crawl.item == 0
        for last in (1, 4, 5, 12):
            await crawl.write(last)
        await crawl.close()
        self.holds(folder, range(1, 13))

    @rehearsed
    async def test_a_crawl_without_items_leaves_none(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.sink.write([])
        await crawl.close()
        self.holds(folder, [])

    @rehearsed
    async def test_large_batches(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        for last in (5_000, 5_001, 10_000):
            await crawl.write(last)
        await crawl.close()
        self.holds(folder, range(1, 10_001))

    @rehearsed
    async def test_an_error_costs_no_item_that_was_taken(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.write(3)
        await crawl.close(failed=True)
        self.holds(folder, [1, 2, 3])

    @rehearsed
    async def test_a_second_close_changes_nothing(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.write(3)
        await crawl.close()
        place = crawl.place
        await crawl.close(failed=True)
        assert crawl.place == place
        self.holds(folder, [1, 2, 3])

    @rehearsed
    async def test_its_name_is_that_of_the_output(self, crawl: Rehearsal, folder: Path) -> None:
        assert isinstance(crawl.sink.name, str)
        assert crawl.sink.name
        assert self.make_sink(folder).name == crawl.sink.name
        await crawl.open()
        await crawl.close()
        assert self.make_sink(folder).name == crawl.sink.name

    # What items are made of.

    @rehearsed
    async def test_text_comes_back_as_it_was(self, crawl: Rehearsal, folder: Path) -> None:
        await crawl.open()
        await crawl.sink.write(
            [Record(id, {"n": id, "text": text}, URL) for id, text in enumerate(_TEXTS, start=1)]
        )
        await crawl.close()
        self.holds(folder, range(1, len(_TEXTS) + 1))
        assert [row["text"] or "" for row in self.read_back(folder)] == list(_TEXTS)

    @rehearsed
    async def test_items_of_all_types(self, crawl: Rehearsal, folder: Path) -> None:
        plain = {"n": 3, "text": "c"}
        items = [{"n": 1, "text": "a"}, _Thing(2, "b"), NamedItem("_Thing", plain)]
        await crawl.open()
        await crawl.sink.write([Record(id, item, URL) for id, item in enumerate(items, start=1)])
        await crawl.sink.write([Record(4, {"n": 4, "text": "d"}, URL, b'{"n":4,"text":"d"}')])
        await crawl.close()
        rows = sorted((int(row["n"]), row["text"]) for row in self.read_back(folder))
        assert rows == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]

    @rehearsed
    async def test_values_of_all_types_are_taken(self, crawl: Rehearsal, folder: Path) -> None:
        values = [None, True, 1.5, -7, 2**62, [1, [2]], {"a": {"b": None}}, [], "x", float("nan")]
        await crawl.open()
        await crawl.sink.write(
            [Record(id, {"n": id, "value": value}, URL) for id, value in enumerate(values, start=1)]
        )
        await crawl.close()
        self.holds(folder, range(1, len(values) + 1))

    @rehearsed
    async def test_fields_may_come_and_go(self, crawl: Rehearsal, folder: Path) -> None:
        items = [{"n": 1}, {"n": 2, "b": "2"}, {"c": "3", "n": 3}, {"n": 4}]
        await crawl.open()
        for id, item in enumerate(items, start=1):
            await crawl.sink.write([Record(id, item, URL, encode_item(item))])
        await crawl.close()
        self.holds(folder, [1, 2, 3, 4])
        rows = self.read_back(folder)
        assert [row.get("b") or "" for row in rows] == ["", "2", "", ""]
        assert [row.get("c") or "" for row in rows] == ["", "", "3", ""]
