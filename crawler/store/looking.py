"""What people ask of a state file: how the crawl in it stands, and its items. A crawl may run meanwhile."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import msgspec

from crawler.contracts import Record, State
from crawler.errors import StateError
from crawler.store import reading
from crawler.store.lock import holder_of
from crawler.store.schema import look

# Sorting by state and reason is what takes long: what most requests are is counted on the way.
_TOTALS = (
    "SELECT count(*), coalesce(sum(page), 0), coalesce(sum(size), 0), "
    "count(*) FILTER (WHERE state = 'done' AND reason = 'ok') FROM requests"
)
#: A request's reason as people are told it; that of an error page is "status 404".
LABEL = "CASE reason WHEN 'status' THEN reason || ' ' || detail ELSE reason END"
_ENDED = (
    f"SELECT state, {LABEL}, count(*) FROM requests "
    "WHERE state <> 'waiting' AND NOT (state = 'done' AND reason = 'ok') GROUP BY 1, 2"
)
_FAILED = (
    "SELECT place, reason, name, count(*) FROM failures GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1, 2, 3"
)
_FAILURES = (
    "SELECT r.url, f.place, f.reason, f.detail, f.traceback, f.name, f.item, r.state, r.reason, r.at "
    "FROM failures f JOIN requests r ON r.id = f.request"
)
# These two go by an index.
_READY = "SELECT host, count(*) FROM requests WHERE state = 'waiting' AND due IS NULL GROUP BY host"
_DELAYED = (
    f"SELECT host, {LABEL}, count(*), min(due) FROM requests WHERE due IS NOT NULL AND state = 'waiting' "
    "GROUP BY 1, 2"
)


_CHANGES = "SELECT change, count(*) FROM {} GROUP BY change"


class Ended(msgspec.Struct, frozen=True):
    """So many requests came to this end, for this reason; that of an error page is "status 404"."""

    state: State
    reason: str
    requests: int


class Queue(msgspec.Struct, frozen=True):
    """What waits for one host.

    Attributes:
        host: its origin.
        ready: requests that may be fetched as soon as the host may be contacted.
        delayed: requests that are tried again later.
        due: when the first of these is, in seconds since 1970; None without any.
    """

    host: str
    ready: int
    delayed: int = 0
    due: float | None = None


class FailedOn(msgspec.Struct, frozen=True):
    """How often a plugin's code failed in one way.

    Attributes:
        where: the stage or callback.
        reason: how it failed.
        name: what the items are called that it failed on; empty for pages.
        times: how often.
    """

    where: str
    reason: str
    name: str
    times: int


class Standing(msgspec.Struct, frozen=True):
    """How the crawl in a state file stands, all of it at one moment.

    Attributes:
        path: the state file.
        disk: its bytes, with those that are not folded into it yet.
        holder: the process that crawls on it; empty when none does.
        name: what the crawl is called.
        began: when it began, in the local time of its machine.
        ended: why it ended; empty while it runs, and when it could not say so.
        crawl: a digest of each setting that makes it what it is.
        requests: all that are known.
        pages: those that count as pages.
        size: bytes of all decoded bodies.
        ends: the requests that are over, most frequent first.
        failed: what plugins' code failed on, most frequent first.
        retried: why delayed requests are tried again, with their number.
        queues: the hosts for which requests wait, longest queue first.
        items: the items that are in the state, by name.
        last_item: id of the last item that there ever was: they are counted from 1.
        forgotten: id of the last item that is not in the state any more.
        outputs: id of the last item that each output has, by the output's name.
        changes: with `recrawl`, the pages of this round by how they stand against the one before.
        item_changes: the same of the items in the state.
        round: which round it is, from 1.
    """

    path: str
    disk: int
    holder: str
    name: str
    began: str
    ended: str
    crawl: Mapping[str, str]
    requests: int
    pages: int
    size: int
    ends: Sequence[Ended]
    failed: Sequence[FailedOn]
    retried: Mapping[str, int]
    queues: Sequence[Queue]
    items: Mapping[str, int]
    last_item: int
    forgotten: int
    outputs: Mapping[str, int]
    changes: Mapping[str, int] = MappingProxyType({})
    item_changes: Mapping[str, int] = MappingProxyType({})
    round: int = 1


def standing(path: Path) -> Standing:
    """Return how the crawl in a state file stands. Raises StateError when there is none in it."""
    with opened(path) as connection:
        connection.execute("BEGIN")  # one moment for all that is read
        facts = facts_of(connection, path)
        requests, pages, size, fetched = connection.execute(_TOTALS).fetchone()
        queues, retried = _waiting(connection)
        last_item, forgotten = reading.item_ids(connection)
        return Standing(
            path=str(path),
            disk=sum(file.stat().st_size for file in _files(path) if file.is_file()),
            holder=holder_of(path),
            name=facts.get("name", ""),
            began=facts.get("began", ""),
            ended=facts.get("ended", ""),
            crawl=digests_of(facts),
            requests=requests,
            pages=pages,
            size=size,
            ends=_ends(connection, fetched),
            failed=[FailedOn(*row) for row in connection.execute(_FAILED)],
            retried=retried,
            queues=queues,
            items=dict(connection.execute("SELECT name, count(*) FROM items GROUP BY name")),
            last_item=last_item,
            forgotten=forgotten,
            outputs={mark.sink: mark.item for mark in reading.marks(connection).values()},
            changes=(changes := dict(connection.execute(_CHANGES.format("pages")))),
            item_changes=dict(connection.execute(_CHANGES.format("items"))) if changes else {},
            round=int(facts.get("round", "1")),
        )


class Failure(msgspec.Struct, frozen=True):
    """One page or item that a plugin's code failed on; see `Failed`.

    Attributes:
        url: the page.
        item: the item as JSON, as it came to the stage; None for a page.
        state: where the page stands.
        page: why the page stands there.
        at: when the last attempt at the page ended, in seconds since 1970; None when nobody wrote it down.
    """

    url: str
    where: str
    reason: str
    detail: str
    traceback: str
    name: str
    item: bytes | None
    state: str
    page: str | None
    at: float | None


def failures(path: Path, most: int) -> list[Failure]:
    """Return what plugins' code failed on, at most so many, in the order of time. Raises StateError."""
    with opened(path) as connection:
        return _failures(connection, "ORDER BY f.id LIMIT ?", most)


def failures_of(connection: sqlite3.Connection, request: int) -> list[Failure]:
    """Return what plugins' code failed on at one request's page."""
    return _failures(connection, "WHERE f.request = ? ORDER BY f.id", request)


def _failures(connection: sqlite3.Connection, which: str, value: int) -> list[Failure]:
    found = connection.execute(f"{_FAILURES} {which}", (value,))
    return [Failure(*row) for row in found]


class Stored(msgspec.Struct, frozen=True):
    """What there is to export.

    Attributes:
        last: id of the last item that there ever was.
        forgotten: id of the last item that is not in the state any more.
        outputs: the names of the crawl's own outputs.
        finished: whether the crawl is over, so that it never goes on with them.
    """

    last: int
    forgotten: int
    outputs: Sequence[str]
    finished: bool


def stored(path: Path) -> Stored:
    """Return what a state file has to export. Raises StateError."""
    with opened(path) as connection:
        connection.execute("BEGIN")
        finished = facts_of(connection, path).get("ended") == "finished"
        last, forgotten = reading.item_ids(connection)
        return Stored(last, forgotten, list(reading.marks(connection)), finished)


def batches(path: Path, last: int, size: int = 500) -> Iterator[Sequence[Record]]:
    """Yield the items of a state file in order, up to the id `last`, so many at a time.

    Each batch is read for itself, so that a crawl that runs meanwhile can tidy its file.
    Raises StateError, also when the crawl begins anew meanwhile.
    """
    with opened(path) as connection:
        which, after = _round(facts_of(connection, path)), 0
        while after < last:
            connection.execute("BEGIN")
            if _round(facts_of(connection, path)) != which:
                raise StateError(f"the crawl in {path} began anew while its items were read: try again")
            records = [one for one in reading.items(connection, after, size) if one.id <= last]
            connection.execute("COMMIT")
            if not records:
                return
            yield records
            after = records[-1].id


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Lend a state file for reading, also while a crawl writes it. Raises StateError."""
    connection = look(path)
    try:
        yield connection
    except sqlite3.Error as error:
        raise StateError(f"the state {path} cannot be read: {error}") from error
    finally:
        connection.close()


def facts_of(connection: sqlite3.Connection, path: Path) -> dict[str, str]:
    """Return the facts about the crawl. Raises StateError when none has begun."""
    facts = reading.meta(connection)
    if "crawl" not in facts:
        raise StateError(f"the state {path} is empty: no crawl has begun in it")
    return facts


def _round(facts: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return what tells crawls apart, and rounds of one crawl: each crawl has a secret of its own."""
    return facts.get("secret"), facts.get("round")


def digests_of(facts: Mapping[str, str]) -> dict[str, str]:
    """Return a digest of each setting that makes the crawl what it is."""
    found: dict[str, str] = json.loads(facts["crawl"])
    return found


def _ends(connection: sqlite3.Connection, fetched: int) -> list[Ended]:
    found = [Ended(State.DONE, "ok", fetched)] if fetched else []
    found += [Ended(State(state), reason, number) for state, reason, number in connection.execute(_ENDED)]
    return sorted(found, key=lambda end: (-end.requests, end.state, end.reason))


def _waiting(connection: sqlite3.Connection) -> tuple[list[Queue], dict[str, int]]:
    """Return what waits for each host, and why what is delayed is tried again."""
    ready: dict[int, int] = dict(connection.execute(_READY))
    delayed: dict[int, tuple[int, float]] = {}
    retried: dict[str, int] = {}
    for host, reason, number, due in connection.execute(_DELAYED):
        before, first = delayed.get(host, (0, due))
        delayed[host] = before + number, min(first, due)
        retried[reason] = retried.get(reason, 0) + number
    queues = [
        Queue(origin, ready.get(id, 0), *delayed.get(id, (0, None)))
        for id, origin in connection.execute("SELECT id, origin FROM hosts")
        if id in ready or id in delayed
    ]
    return sorted(queues, key=lambda queue: (-queue.ready - queue.delayed, queue.host)), retried


def _files(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal")]
