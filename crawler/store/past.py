"""What a state file keeps of pages from one round to the next, and what it knows of the round before."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from types import TracebackType
from typing import Any, NamedTuple, Protocol, Self

import msgspec
from anyio import CapacityLimiter, to_thread

from crawler.contracts import Unlinked
from crawler.model.recrawl import Change, KeptItem, Remembered
from crawler.store.schema import look

_ITEMS = msgspec.msgpack.Decoder(list[KeptItem])
_COLUMNS = "at, etag, modified, digest, asked, links, items, change"


class PageRow(NamedTuple):
    """What the next round is to know of one page, as its row will say."""

    request: int
    hash: bytes
    url: str
    callback: str
    at: float
    etag: str
    modified: str
    digest: bytes
    asked: bytes
    links: bytes
    items: bytes
    change: str


class PastPage(NamedTuple):
    """A page of the round before: its key's hash, where it is, who got it, and what it gave."""

    hash: bytes
    url: str
    callback: str
    items: Sequence[KeptItem]


class Letting(Protocol):
    """A store that can settle pages as gone."""

    path: Any

    def hash_of(self, key: str) -> bytes: ...
    def is_new(self, hash: bytes) -> bool: ...
    async def settle_gone(self, pages: Sequence[PastPage]) -> None: ...


def page_row(request: int, hash: bytes, url: str, callback: str, page: Remembered) -> PageRow:
    """Return the row of a page."""
    return PageRow(
        request,
        hash,
        url,
        callback,
        page.at,
        page.etag,
        page.modified,
        page.digest,
        page.asked,
        page.links,
        zlib.compress(msgspec.msgpack.encode(page.items), 1) if page.items else b"",
        page.change,
    )


def _remembered(row: tuple[Any, ...]) -> Remembered:
    at, etag, modified, digest, asked, links, items, change = row
    return Remembered(at, etag, modified, digest, asked, links, _unpacked(items), Change(change))


def _unpacked(items: bytes) -> Sequence[KeptItem]:
    return _ITEMS.decode(zlib.decompress(items)) if items else ()


class StatePast:
    """Reads what the round before knew, over a connection of its own; an async context manager.

    Args:
        store: the state file's store, open.
    """

    def __init__(self, store: Letting) -> None:
        self._store = store
        self._after = 0
        self._turn = CapacityLimiter(1)
        self.changes: Mapping[str, int] = {}

    async def __aenter__(self) -> Self:
        self._connection = look(self._store.path)
        self._empty = self._connection.execute("SELECT 1 FROM past LIMIT 1").fetchone() is None
        self.changes = dict(self._connection.execute("SELECT change, count(*) FROM pages GROUP BY change"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    async def page(self, key: str) -> Remembered | None:
        """Return what the round before knew of a request's page; None when it knew none."""
        if self._empty:  # the first round
            return None
        hash = self._store.hash_of(key)
        query = f"SELECT {_COLUMNS} FROM past WHERE hash = ? AND change <> 'gone'"
        found = await self._read(query, hash)
        return _remembered(found[0]) if found else None

    async def let_go(self, limit: int) -> Sequence[Unlinked]:
        """Settle pages of the round before that this one does not know, as gone."""
        gone: list[PastPage] = []
        query = "SELECT request, hash, url, callback, items FROM past WHERE request > ? AND change <> 'gone' "
        while not gone:
            found = await self._read(f"{query} ORDER BY request LIMIT ?", self._after, limit)
            if not found:
                return ()
            self._after = found[-1][0]
            gone = [
                PastPage(hash, url, callback, _unpacked(items))
                for _, hash, url, callback, items in found
                if self._store.is_new(hash)
            ]
        await self._store.settle_gone(gone)
        return [Unlinked(page.url, len(page.items)) for page in gone]

    async def _read(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        # In a thread: the disk may take its time. One at a time: there is one connection.
        return await to_thread.run_sync(
            lambda: self._connection.execute(query, values).fetchall(), limiter=self._turn
        )


def known_page(connection: sqlite3.Connection, request: int) -> Remembered | None:
    """Return what is kept of a request's page in this round."""
    with closing(connection.execute(f"SELECT {_COLUMNS} FROM pages WHERE request = ?", (request,))) as found:
        row = found.fetchone()
    return None if row is None else _remembered(row)
