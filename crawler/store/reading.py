"""What is read from a state file, and its few single facts."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping

from crawler.contracts import Known, Mark, Note, Record, State
from crawler.model import Reason
from crawler.model.recrawl import KeptItem
from crawler.store.leases import Kept
from crawler.store.rows import COLUMNS, TABLES, record_of, request_of
from crawler.store.seen import LARGEST


def meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the facts about the crawl."""
    return dict(connection.execute("SELECT key, value FROM meta"))


def note(connection: sqlite3.Connection, values: Mapping[str, str]) -> None:
    """Write down facts about the crawl."""
    connection.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", list(values.items()))


def opening(connection: sqlite3.Connection) -> str | None:
    """Return how often the file was opened so far."""
    found = connection.execute("SELECT value FROM meta WHERE key = 'opened'").fetchone()
    return found and str(found[0])


def count_opening(connection: sqlite3.Connection) -> None:
    """Note that the file was opened once more."""
    note(connection, {"opened": str(int(opening(connection) or "0") + 1)})


def secret(connection: sqlite3.Connection) -> bytes:
    """Return the crawl's own key for hashes, made up when there is none yet."""
    known = meta(connection)
    if "secret" not in known:
        known["secret"] = secrets.token_hex(16)
        note(connection, {"secret": known["secret"]})
    return bytes.fromhex(known["secret"])


def callbacks(connection: sqlite3.Connection) -> list[str]:
    """Return the names of callbacks, in the order of their numbers."""
    return [name for (name,) in connection.execute("SELECT name FROM callbacks ORDER BY id")]


def hashes(connection: sqlite3.Connection) -> Iterator[tuple[bytes, int]]:
    """Yield the hash of each request and its callback's number, as far as that fits."""
    yield from connection.execute(f"SELECT hash, min(callback, {LARGEST}) FROM requests")


def callback_of(connection: sqlite3.Connection, hash: bytes) -> int:
    """Return the number of the callback of a request; looks at all of them."""
    (code,) = connection.execute("SELECT callback FROM requests WHERE hash = ?", (hash,)).fetchone()
    return int(code)


def known(connection: sqlite3.Connection, hash: bytes) -> Known | None:
    """Return how a request stands, None when it is gone; looks at all of them."""
    found = connection.execute(
        "SELECT c.name, r.state, r.reason, r.detail FROM requests r JOIN callbacks c ON c.id = r.callback "
        "WHERE r.hash = ?",
        (hash,),
    ).fetchone()
    if found is None:
        return None
    callback, state, reason, detail = found
    return Known(callback, State(state), None if reason is None else Reason(reason), detail or "")


def hosts(connection: sqlite3.Connection) -> list[tuple[int, str, int]]:
    """Return the number and origin of each host, and how many requests wait for it, delayed ones apart."""
    return connection.execute(
        "SELECT id, origin, (SELECT count(*) FROM requests WHERE host = hosts.id AND state = 'waiting' "
        "AND due IS NULL) FROM hosts ORDER BY id"
    ).fetchall()


def waiting(
    connection: sqlite3.Connection,
    *,
    host: int,
    origin: str,
    begin: tuple[int, int],
    limit: int,
    names: list[str],
) -> list[Kept]:
    """Return requests of a host that wait, in the order they are lent.

    Args:
        connection: the state file.
        host: the host's number.
        origin: its scheme, name and port.
        begin: the place in that order to begin at.
        limit: how many.
        names: the callbacks' names, by number.
    """
    rank, id = begin
    found = connection.execute(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE r.host = ? AND r.state = 'waiting' AND r.due IS NULL "
        "AND (r.priority < ? OR (r.priority = ? AND r.id >= ?)) ORDER BY r.priority DESC, r.id LIMIT ?",
        (host, -rank, -rank, id, limit),
    )
    return [Kept(row[0], request_of(row, names), origin, row[-1]) for row in found]


def delayed(connection: sqlite3.Connection, names: list[str]) -> list[tuple[float, Kept]]:
    """Return the requests that are tried again later, with the time in seconds since 1970."""
    found = connection.execute(
        f"SELECT {COLUMNS}, r.due, h.origin FROM {TABLES} JOIN hosts h ON h.id = r.host "
        "WHERE r.state = 'waiting' AND r.due IS NOT NULL"
    )
    return [
        (due, Kept(row[0], request_of(tuple(row), names), origin, row[-1])) for *row, due, origin in found
    ]


def marks(connection: sqlite3.Connection) -> dict[str, Mark]:
    """Return how far each sink has come."""
    found = connection.execute("SELECT name, item, place FROM sinks")
    return {name: Mark(name, item, json.loads(place)) for name, item, place in found}


def noted(connection: sqlite3.Connection) -> set[str]:
    """Return the names of all notes."""
    return {name for (name,) in connection.execute("SELECT name FROM notes")}


def note_of(connection: sqlite3.Connection, name: str, now: float) -> Note | None:
    """Return what is kept under a name; `now` is in seconds since 1970."""
    found = connection.execute("SELECT value, at FROM notes WHERE name = ?", (name,)).fetchone()
    return None if found is None else Note(found[0], max(0.0, now - found[1]))


def totals(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Return the largest number of a request, the pages that were counted, and their bytes."""
    found: tuple[int, int, int] = connection.execute(
        "SELECT coalesce(max(id), 0), coalesce(sum(page), 0), coalesce(sum(size), 0) FROM requests"
    ).fetchone()
    return found


def item_ids(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return the largest id that an item ever had, and that of the last one that is gone."""
    given = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'items'").fetchone()
    last = given[0] if given else 0
    (first,) = connection.execute("SELECT min(id) FROM items").fetchone()
    return last, last if first is None else first - 1


def items(connection: sqlite3.Connection, after: int, limit: int) -> list[Record]:
    """Return up to `limit` items with an id above `after`, in order."""
    found = connection.execute(
        "SELECT i.id, i.name, i.is_dict, r.url, i.json, i.line, i.change "
        "FROM items i JOIN requests r ON r.id = i.request WHERE i.id > ? ORDER BY i.id LIMIT ?",
        (after, limit),
    )
    return [
        record_of(id, KeptItem(name, is_dict, text, line, change), url)
        for id, name, is_dict, url, text, line, change in found
    ]
