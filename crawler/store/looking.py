"""What a state file says to people: read beside a crawl that may be running on it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from crawler.contracts import Mark, Record
from crawler.errors import StateError
from crawler.store import reading
from crawler.store.lock import holder_of
from crawler.store.schema import look

_HOSTS = 5
_BATCH = 500


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """Where a crawl stands.

    Attributes:
        path: the state file.
        size: its bytes.
        name: what the crawl is called.
        began: when, in local time.
        ended: why it ended; empty when it has not.
        holder: the process that crawls now; empty when none does.
        requests: how many there are by state and reason.
        waiting: how many wait, delayed ones included; `delayed` of them are tried again later.
        hosts: the hosts with the longest queues.
        pages: pages that were counted, and `fetched` the bytes of all bodies.
        items: how many items are in the state, by name; `last_item` is the number of the newest.
        outputs: how far each output has come.
    """

    path: str
    size: int
    name: str
    began: str
    ended: str
    holder: str
    requests: dict[str, dict[str, int]]
    waiting: int
    delayed: int
    hosts: dict[str, int]
    pages: int
    fetched: int
    items: dict[str, int]
    last_item: int
    outputs: list[Mark]


def sight(path: Path) -> Sight:
    """Return where the crawl in a state file stands. Raises StateError."""
    with closing(look(path)) as connection:
        try:
            connection.execute("BEGIN")  # one moment for all of it
            return _sight(connection, path)
        except sqlite3.Error as error:
            raise StateError(f"the state {path} cannot be read: {error}") from error


def _sight(connection: sqlite3.Connection, path: Path) -> Sight:
    facts = reading.meta(connection)
    last_item, _ = reading.item_ids(connection)
    _, pages, fetched = reading.totals(connection)
    delayed = _number(connection, "SELECT count(*) FROM requests WHERE due IS NOT NULL")
    requests: dict[str, dict[str, int]] = {}
    for state, reason, number in connection.execute(
        "SELECT state, coalesce(reason, ''), count(*) FROM requests GROUP BY 1, 2 ORDER BY 3 DESC"
    ):
        requests.setdefault(state, {})[reason] = number
    return Sight(
        path=str(path),
        size=path.stat().st_size,
        name=facts.get("name", ""),
        began=facts.get("began", ""),
        ended=facts.get("ended", ""),
        holder=holder_of(path),
        requests=requests,
        waiting=sum(requests.get("waiting", {}).values()),
        delayed=delayed,
        hosts=dict(
            connection.execute(
                "SELECT origin, (SELECT count(*) FROM requests WHERE host = hosts.id AND state = 'waiting' "
                "AND due IS NULL) AS number FROM hosts WHERE number ORDER BY number DESC, origin LIMIT ?",
                (_HOSTS,),
            )
        ),
        pages=pages,
        fetched=fetched,
        items=dict(connection.execute("SELECT name, count(*) FROM items GROUP BY name ORDER BY 2 DESC, 1")),
        last_item=last_item,
        outputs=[mark for name, mark in sorted(reading.marks(connection).items()) if name],
    )


class StoredItems:
    """The items of a state, in order, as they are at the first look.

    Args:
        path: the state file.

    Attributes:
        forgotten: id of the last item that the state has let go of, 0 for none.

    Raises StateError.
    """

    def __init__(self, path: Path) -> None:
        self._connection = look(path)
        _, self.forgotten = reading.item_ids(self._connection)

    def batches(self) -> Iterator[list[Record]]:
        """Yield the items in batches, to their end."""
        after = 0
        with closing(self._connection):
            while records := reading.items(self._connection, after, _BATCH):
                yield records
                after = records[-1].id


def _number(connection: sqlite3.Connection, query: str) -> int:
    (number,) = connection.execute(query).fetchone()
    return int(number)


def plain(seen: Sight) -> dict[str, Any]:
    """Return a sight as plain data."""
    made: dict[str, Any] = msgspec.to_builtins(seen)
    return made
