"""The three file sinks keep the contract of a sink."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from crawler.contracts import Sink
from crawler.export import CsvSink, JsonLinesSink, SqliteSink
from crawler.testing.conformance import SinkConformance


class TestJsonLines(SinkConformance):
    def make_sink(self, folder: Path) -> Sink:
        return JsonLinesSink(folder / "items.jsonl")

    def read_back(self, folder: Path) -> list[dict[str, Any]]:
        text = (folder / "items.jsonl").read_text()
        return [json.loads(line) for line in text.split("\n") if line]


class TestJsonLinesThatSurviveALossOfPower(TestJsonLines):
    def make_sink(self, folder: Path) -> Sink:
        return JsonLinesSink(folder / "items.jsonl", full=True)


class TestCsv(SinkConformance):
    def make_sink(self, folder: Path) -> Sink:
        return CsvSink(folder / "items.csv")

    def read_back(self, folder: Path) -> list[dict[str, Any]]:
        with open(folder / "items.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))


class TestCsvThatSurvivesALossOfPower(TestCsv):
    def make_sink(self, folder: Path) -> Sink:
        return CsvSink(folder / "items.csv", full=True)


class TestCsvWithGivenColumns(TestCsv):
    def make_sink(self, folder: Path) -> Sink:
        return CsvSink(folder / "items.csv", fields=["n", "text", "b", "c"])


class TestSqlite(SinkConformance):
    def make_sink(self, folder: Path) -> Sink:
        return SqliteSink(folder / "items.db")

    def read_back(self, folder: Path) -> list[dict[str, Any]]:
        rows = []
        with closing(sqlite3.connect(folder / "items.db")) as connection:
            connection.row_factory = sqlite3.Row
            for (name,) in connection.execute("SELECT name FROM _tables").fetchall():
                rows += [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]
        assert {path.name for path in folder.iterdir()} == {"items.db"}
        return sorted(rows, key=lambda row: row["item_id"])


class TestSqliteThatSurvivesALossOfPower(TestSqlite):
    def make_sink(self, folder: Path) -> Sink:
        return SqliteSink(folder / "items.db", full=True)
