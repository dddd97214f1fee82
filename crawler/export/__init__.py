"""Where items go."""

from crawler.export.jsonl import JsonLinesSink, StdoutSink
from crawler.export.tap import Hold, Items, Tap

__all__ = ["Hold", "Items", "JsonLinesSink", "StdoutSink", "Tap"]
