"""The configuration: a strict, typed tree read from YAML or from Python values."""

from crawler.settings.effective import Setting, effective, secret_headers, secrets_of
from crawler.settings.entries import Demo, Follow, ItemField, PageKind, SpiderRef, Start
from crawler.settings.files import Output, State
from crawler.settings.fingerprint import fingerprint
from crawler.settings.load import from_mapping, load
from crawler.settings.placing import located
from crawler.settings.plugins import ListenerRef, Placing, StageRef
from crawler.settings.tree import Fetch, Limits, Politeness, Scope, Settings, Timeouts

__all__ = [
    "Demo",
    "Fetch",
    "Follow",
    "ItemField",
    "Limits",
    "ListenerRef",
    "Output",
    "PageKind",
    "Placing",
    "Politeness",
    "Scope",
    "Setting",
    "Settings",
    "SpiderRef",
    "StageRef",
    "Start",
    "State",
    "Timeouts",
    "effective",
    "fingerprint",
    "from_mapping",
    "load",
    "located",
    "secret_headers",
    "secrets_of",
]
