"""What a state file knows of one URL: where it was found, what was tried, what came of it. Reading only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from crawler.contracts import TRAP_COUNTS, State
from crawler.model import Reason
from crawler.policy.robots import RobotsText
from crawler.policy.shape import shape_of
from crawler.policy.traps import Counts
from crawler.store import reading
from crawler.store.hosts import rest_of, robots_of
from crawler.store.lineage import Row, Step, known_at, lineage
from crawler.store.lock import holder_of
from crawler.store.looking import Failure, facts_of, failures_of, opened
from crawler.store.past import known_page
from crawler.url import origin_of

# Most of these look at every row of a table, once for a person's question.
_TRIES = "SELECT at, seconds, status, reason, detail FROM tries WHERE request = ? ORDER BY rowid"
_ITEMS = "SELECT name, count(*) FROM items WHERE request = ? GROUP BY name ORDER BY 2 DESC, 1"
# This one goes by an index.
_AHEAD = (
    "SELECT count(*) FROM requests WHERE host = ? AND state = 'waiting' AND due IS NULL "
    "AND (priority > ? OR (priority = ? AND id < ?))"
)


class Attempt(msgspec.Struct, frozen=True):
    """One attempt at a request.

    Attributes:
        at: when it ended, in seconds since 1970; None when an earlier program did not write it down.
        seconds: how long its answer took.
        status: of the answer, 0 when there was none.
        reason: what it came to.
        detail: more on that.
    """

    at: float | None
    seconds: float | None
    status: int
    reason: str
    detail: str


class Validated(msgspec.Struct, frozen=True):
    """By what a page is known again in the next round.

    Attributes:
        at: when its answer came, in seconds since 1970.
        etag, modified: the validators of its answer, empty without.
        digest: of its content, in hexadecimal; empty when it is to be read again whatever comes.
        change: how it stands against the round before.
    """

    at: float
    etag: str
    modified: str
    digest: str
    change: str


class Traced(msgspec.Struct, frozen=True):
    """One request, and all that is known of it.

    Attributes:
        url: canonical.
        method: as it is sent.
        callback: gets the page.
        key: what makes it the same as another; empty when that is the URL.
        depth: links away from the start.
        priority: higher is fetched earlier within its host.
        again: whether it was asked for although it was known.
        found: the way to it, from the start on: pages with links, and redirects.
        redirected: whether a redirect led to it.
        state: where it stands.
        reason: why it stands there, or is tried again; None for one that nobody has tried.
        detail: more on that.
        attempts: those of all runs, in order.
        ahead: how many requests of its host go before it, while it is ready and waits.
        due: when it is tried again, in seconds since 1970; None when it is not put off.
        rest: seconds for which its host is still left alone.
        led_to: where its redirect led.
        size: bytes of the bodies that came.
        items: the items in the state that came of it, by name.
        failed: what plugins' code failed on there.
        page: with `recrawl`, what the next round is to know of it.
    """

    url: str
    method: str
    callback: str
    key: str
    depth: int
    priority: int
    again: bool
    found: Sequence[Step]
    redirected: bool
    state: State
    reason: str | None
    detail: str
    attempts: Sequence[Attempt]
    ahead: int | None
    due: float | None
    rest: float
    led_to: str
    size: int
    items: Mapping[str, int]
    failed: Sequence[Failure]
    page: Validated | None = None


class Trace(msgspec.Struct, frozen=True):
    """What a state file knows of a URL.

    Attributes:
        holder: the process that crawls on it; empty when none does.
        requests: those with this URL, in the order in which they were found; empty when it is not known.
        refused_hops: what redirected to it in vain: page and reason.
        home: the origins of the starts.
        robots: the answer to the request for its origin's robots.txt, when it is known.
        robots_age: seconds since that came.
        trapped: by which rule about traps URLs of the same shape were turned away last.
    """

    holder: str
    requests: Sequence[Traced]
    refused_hops: Sequence[tuple[str, str]]
    home: Sequence[str]
    robots: RobotsText | None
    robots_age: float
    trapped: Reason | None = None


def facts(path: Path) -> Mapping[str, str]:
    """Return what is written down about the crawl in a state file. Raises StateError."""
    with opened(path) as connection:
        return facts_of(connection, path)


def trace(path: Path, url: str, now: float, longest: float) -> Trace:
    """Return what a state file knows of a URL, all of it at one moment.

    Args:
        path: the state file.
        url: in canonical form.
        now: seconds since 1970.
        longest: seconds that no host is left alone for.

    Raises StateError.
    """
    with opened(path) as connection:
        connection.execute("BEGIN")
        facts_of(connection, path)
        origin = origin_of(url)
        rest = rest_of(connection, origin, now, longest)
        robots, age = robots_of(connection, origin, now)
        found = [_traced(connection, row, rest) for row in known_at(connection, url)]
        refused = connection.execute(
            "SELECT url, reason FROM requests WHERE state = 'refused' AND detail = ? LIMIT 10",
            (f"redirect to {url}",),
        )
        return Trace(
            holder_of(path),
            found,
            refused.fetchall(),
            _home(connection),
            robots,
            age,
            _trapped(connection, url, now),
        )


def _traced(connection: sqlite3.Connection, row: Row, rest: float) -> Traced:
    waits = row.state is State.WAITING
    ready = waits and row.due is None
    return Traced(
        url=row.url,
        method=row.more.get("method", "GET"),
        callback=row.callback,
        key=row.more.get("key", row.url),
        depth=row.depth,
        priority=row.priority,
        again=row.more.get("again", False),
        found=lineage(connection, row),
        redirected=bool(row.history),
        state=row.state,
        reason=row.reason,
        detail=row.detail or "",
        attempts=list(_attempts(connection, row)),
        ahead=_ahead(connection, row) if ready else None,
        due=row.due,
        rest=rest if waits else 0.0,
        led_to=(row.detail or "") if row.reason == Reason.REDIRECT else "",
        size=row.size,
        items=dict(connection.execute(_ITEMS, (row.id,))),
        failed=failures_of(connection, row.id),
        page=_page(connection, row.id),
    )


def _page(connection: sqlite3.Connection, request: int) -> Validated | None:
    page = known_page(connection, request)
    if page is None:
        return None
    return Validated(page.at, page.etag, page.modified, page.digest.hex(), page.change)


def _attempts(connection: sqlite3.Connection, row: Row) -> Iterator[Attempt]:
    for at, seconds, status, reason, detail in connection.execute(_TRIES, (row.id,)):
        yield Attempt(at, seconds, status, reason, detail or "")
    if row.state is not State.WAITING:  # the last one, which no other has followed
        yield Attempt(row.at, row.seconds, row.status or 0, row.reason or "", row.detail or "")


def _ahead(connection: sqlite3.Connection, row: Row) -> int:
    (number,) = connection.execute(_AHEAD, (row.host, row.priority, row.priority, row.id)).fetchone()
    return int(number)


def _trapped(connection: sqlite3.Connection, url: str, now: float) -> Reason | None:
    note = reading.note_of(connection, TRAP_COUNTS, now)
    if note is None:
        return None
    reason = msgspec.msgpack.decode(note.value, type=Counts).refused.get(shape_of(url))
    return None if reason is None else Reason(reason)


def _home(connection: sqlite3.Connection) -> list[str]:
    """Return the origins of the starts; where a redirect of one led is among them when it was in scope."""
    found = connection.execute(
        "SELECT origin FROM hosts WHERE id IN (SELECT host FROM requests WHERE depth = 0) ORDER BY id"
    )
    return [origin for (origin,) in found]
