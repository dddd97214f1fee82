"""Which sink writes which format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from crawler.contracts import Sink
from crawler.errors import OutputError
from crawler.export.csv import CsvSink
from crawler.export.jsonl import JsonLinesSink
from crawler.export.sqlite import SqliteSink
from crawler.export.stdout import StdoutSink


class Output(Protocol):
    """What the settings say of one output."""

    @property
    def file(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def fields(self) -> Sequence[str]: ...
    @property
    def defuse(self) -> bool: ...


class Maker(Protocol):
    """Makes the sink of one format."""

    def __call__(self, output: Output, *, replace: bool, full: bool) -> Sink: ...


def _jsonl(output: Output, *, replace: bool, full: bool) -> Sink:
    return StdoutSink() if output.file == "-" else JsonLinesSink(output.file, replace=replace, full=full)


def _csv(output: Output, *, replace: bool, full: bool) -> Sink:
    return CsvSink(output.file, fields=output.fields, replace=replace, full=full, defuse=output.defuse)


def _sqlite(output: Output, *, replace: bool, full: bool) -> Sink:
    return SqliteSink(output.file, replace=replace, full=full)


FORMATS: Mapping[str, Maker] = MappingProxyType({"jsonl": _jsonl, "csv": _csv, "sqlite": _sqlite})


def make_sink(output: Output, *, replace: bool = False, full: bool = False) -> Sink:
    """Return the sink for an output, not yet opened.

    Args:
        output: its file, its format, and its columns where the format has any.
        replace: take the place of a file that was not written by this crawl.
        full: survive a loss of power, not only the end of the process.

    Raises OutputError for a format that is not known.
    """
    maker = FORMATS.get(output.format)
    if maker is None:
        raise OutputError(
            f"{output.file}: there is no format {output.format!r}; known are {', '.join(FORMATS)}"
        )
    return maker(output, replace=replace, full=full)
