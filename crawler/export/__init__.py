"""Where items go."""

from crawler.export.jsonl import JsonLinesSink, StdoutSink
from crawler.export.tap import Hold, Items

__all__ = ["Hold", "Items", "JsonLinesSink", "StdoutSink"]
