"""Brings to the ledger what a crawl tells: items, and what it refused without asking the spider."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.contracts import Mark, Record
from crawler.events import Event, StartRefused, Visited
from crawler.model import ROBOTS, Refused
from crawler_linkcheck.facts import Checked
from crawler_linkcheck.ledger import Ledger
from crawler_linkcheck.verdict import UNKNOWN


class Witness:
    """A listener for what was refused, and a sink for the items.

    Args:
        ledger: what they are told to.
    """

    name = ""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        if isinstance(event, StartRefused):
            self._ledger.refuse(event.url, event.reason, event.detail)
        elif isinstance(event, Visited) and isinstance(event.outcome, Refused):
            request, outcome = event.lease.request, event.outcome
            if request.callback != ROBOTS:
                # Of a host that gives no answer, robots.txt is what was asked for: that says nothing more.
                detail = outcome.detail if outcome.reason in UNKNOWN else ""
                self._ledger.add(Checked(url=request.url, reason=outcome.reason, detail=detail))

    async def open(self, mark: Mark | None) -> int:
        """Begin at the first item, or where an earlier run ended."""
        return mark.item if mark is not None else 0

    async def write(self, records: Sequence[Record]) -> None:
        """Take note of items."""
        for record in records:
            self._ledger.add(record.item)

    async def close(self, *, failed: bool = False) -> None:
        """Nothing is left to be done."""
