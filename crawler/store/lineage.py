"""How a request of a state file came to be: from page to page, from the start on."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from crawler.contracts import State

REQUESTS = (
    "SELECT r.id, r.host, c.name, r.url, r.priority, r.depth, r.parent, r.more, r.state, r.due, r.reason, "
    "r.detail, r.size, r.at, r.seconds, r.status FROM requests r JOIN callbacks c ON c.id = r.callback"
)


@dataclass(frozen=True, slots=True)
class Row:
    """A request as it is stored; `more` holds what most have not."""

    id: int
    host: int
    callback: str
    url: str
    priority: int
    depth: int
    parent: int | None
    more: Mapping[str, Any]
    state: State
    due: float | None
    reason: str | None
    detail: str | None
    size: int
    at: float | None
    seconds: float | None
    status: int | None

    @property
    def history(self) -> tuple[str, ...]:
        """The URLs whose redirects led here."""
        return tuple(self.more.get("history", ()))


class How(StrEnum):
    """How a request was found."""

    START = "start"
    LINK = "link"
    REDIRECT = "redirect"


class Step(msgspec.Struct, frozen=True):
    """One page on the way to another.

    Attributes:
        url: the page.
        callback: what read it, or was to.
        depth: links away from the start.
        how: how it was found itself.
    """

    url: str
    callback: str
    depth: int
    how: How


def row_of(values: tuple[Any, ...]) -> Row:
    """Return what `REQUESTS` has read."""
    row = Row(*values)
    more = {} if values[7] is None else msgspec.msgpack.decode(values[7])
    return replace(row, more=more, state=State(row.state))


def known_at(connection: sqlite3.Connection, url: str) -> list[Row]:
    """Return the requests with a URL, in the order in which they were found; looks at all there are."""
    found = connection.execute(f"{REQUESTS} WHERE r.url = ? ORDER BY r.id", (url,))
    return [row_of(values) for values in found]


def lineage(connection: sqlite3.Connection, row: Row) -> list[Step]:
    """Return the way to a request, from the start on, itself left out."""
    steps: list[Step] = []
    seen = {row.id}
    above = _above(connection, row)
    while above is not None and above.id not in seen:
        seen.add(above.id)
        steps.append(Step(above.url, above.callback, above.depth, how_found(above)))
        above = _above(connection, above)
    return steps[::-1]


def how_found(row: Row) -> How:
    """Say how a request was found."""
    if row.history:
        return How.REDIRECT
    return How.START if row.parent is None and "parent" not in row.more else How.LINK


def _above(connection: sqlite3.Connection, row: Row) -> Row | None:
    """Return what a request was found on: the request that was redirected, or the page with the link."""
    if row.history:
        before = [one for one in known_at(connection, row.history[-1]) if one.id < row.id]
        return next((one for one in before if one.history == row.history[:-1]), None)
    if row.parent is not None:
        values = connection.execute(f"{REQUESTS} WHERE r.id = ?", (row.parent,)).fetchone()
        return None if values is None else row_of(values)
    if "parent" in row.more:
        return next(iter(known_at(connection, row.more["parent"])), None)
    return None
