"""The configuration: a strict, typed tree read from YAML or from Python values."""

from crawler.settings.effective import effective
from crawler.settings.entries import Demo, Follow, ItemField, Output, PageKind, SpiderRef, Start
from crawler.settings.load import from_mapping, load
from crawler.settings.tree import Fetch, Limits, Politeness, Scope, Settings, Timeouts

__all__ = [
    "Demo",
    "Fetch",
    "Follow",
    "ItemField",
    "Limits",
    "Output",
    "PageKind",
    "Politeness",
    "Scope",
    "Settings",
    "SpiderRef",
    "Start",
    "Timeouts",
    "effective",
    "from_mapping",
    "load",
]
