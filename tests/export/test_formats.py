"""Which sink an output gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.errors import OutputError
from crawler.export import FORMATS, CsvSink, JsonLinesSink, SqliteSink, StdoutSink, make_sink
from crawler.settings import Output, from_mapping


@pytest.mark.parametrize(
    ("file", "kind"),
    [("-", StdoutSink), ("a.jsonl", JsonLinesSink), ("a.csv", CsvSink), ("a.db", SqliteSink)],
)
def test_the_settings_find_their_sink(file: str, kind: type) -> None:
    (output,) = from_mapping({"output": file}).output
    sink = make_sink(output)
    assert type(sink) is kind
    assert sink.name == ("-" if file == "-" else str(Path(file).absolute()))


def test_there_is_a_sink_for_every_format_that_the_settings_know() -> None:
    from typing import get_args

    assert set(get_args(Output.model_fields["format"].annotation)) == set(FORMATS)


async def test_columns_and_replacing_are_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("theirs")
    sink = make_sink(Output(file=str(path), format="csv", fields=("b", "a")), replace=True, full=True)
    assert await sink.open(None) == 0
    await sink.close()
    with pytest.raises(OutputError, match="was not written by this crawl"):
        await make_sink(Output(file=str(path), format="csv")).open(None)


def test_an_unknown_format_is_told() -> None:
    class Odd:
        file, format, fields, defuse = "a.xyz", "xyz", (), True

    with pytest.raises(OutputError, match=r"a\.xyz: there is no format 'xyz'; known are jsonl, csv, sqlite"):
        make_sink(Odd())
