"""Where items go."""

from crawler.export.csv import CsvSink
from crawler.export.formats import FORMATS, Output, make_sink
from crawler.export.jsonl import JsonLinesSink
from crawler.export.sqlite import SqliteSink
from crawler.export.stdout import StdoutSink
from crawler.export.tap import Audience, Hold, Items, Tap

__all__ = [
    "FORMATS",
    "Audience",
    "CsvSink",
    "Hold",
    "Items",
    "JsonLinesSink",
    "Output",
    "SqliteSink",
    "StdoutSink",
    "Tap",
    "make_sink",
]
