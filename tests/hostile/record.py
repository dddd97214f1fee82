"""What the server has observed, and what the crawler has told: both as lines of JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Hit:
    """One request that was made.

    Attributes:
        address, port: where it arrived.
        began, ended: by the server's clock, in seconds; it ended when the answer was given, or nobody
            waited for it.
        left: the other side went away before the answer was complete.
        others: how many requests to the same address and port were in flight when it came.
    """

    address: str
    port: int
    connection: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    began: float
    ended: float = 0.0
    left: bool = False
    others: int = 0

    def header(self, name: str) -> str:
        """Return a header's value, empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass
class Record:
    """All that arrived: requests, and connections by the address and port that they were made to."""

    hits: list[Hit] = field(default_factory=list)
    contacts: list[tuple[str, int]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> Record:
        told = json.loads(path.read_text())
        hits = [Hit(**hit) for hit in told["hits"]]
        return cls(hits, [(address, port) for address, port in told["contacts"]], told["lookups"])


@dataclass(frozen=True)
class Crawled:
    """How one run of the command went, by its own words."""

    code: int
    seconds: float
    peak: int
    errors: str
    events: list[dict[str, Any]]
    folder: Path

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a kind, in order."""
        return [event for event in self.events if event["event"] == kind]

    def ends(self, url: str) -> list[str]:
        """Return how each visit of a URL ended, in order: "ok", "retry busy", "status 404"."""
        return [event["end"] for event in self.told("Visited") if event["url"] == url]
