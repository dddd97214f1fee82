"""One thread that writes a state file: what has come together is one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from anyio import Event, RunFinishedError, from_thread
from anyio.lowlevel import current_token

from crawler.errors import StateError
from crawler.store.bulk import write_rows
from crawler.store.fence import Fence
from crawler.store.past import PageRow
from crawler.store.rows import FailureRow, RequestRow
from crawler.store.schema import connect
from crawler.waiting import until_over

T = TypeVar("T")

#: Seconds for which writes come together.
GROUP_SECONDS = 0.05
#: So many rows are written at once, without waiting for more.
GROUP_ROWS = 2_000


_HOSTS = "INSERT INTO hosts (id, origin) VALUES {rows}"
_CALLBACKS = "INSERT INTO callbacks (id, name) VALUES {rows}"
_REQUESTS = (
    "INSERT INTO requests (id, hash, host, callback, url, priority, depth, parent, more) VALUES {rows}"
)
_OUTCOMES = (
    "UPDATE requests SET state = new.column2, attempts = new.column3, due = new.column4, "
    "reason = new.column5, detail = new.column6, page = new.column7, size = size + new.column8, "
    "at = new.column9, seconds = new.column10, status = new.column11 "
    "FROM (VALUES {rows}) AS new WHERE requests.id = new.column1"
)
_TRIES = "INSERT INTO tries (request, attempt, at, seconds, status, reason, detail) VALUES {rows}"
_ITEMS = "INSERT INTO items (id, request, name, is_dict, json, line, change) VALUES {rows}"
_PAGES = (
    "INSERT OR REPLACE INTO pages (request, hash, url, callback, at, etag, modified, digest, asked, links, "
    "items, change) VALUES {rows}"
)
_FAILURES = "INSERT INTO failures (request, place, reason, detail, traceback, name, item) VALUES {rows}"
_MISFITS = (  # with the ids of their items instead of their requests'
    "INSERT INTO failures (request, place, reason, detail, traceback, name, item) "
    "SELECT items.request, new.column2, new.column3, new.column4, new.column5, new.column6, new.column7 "
    "FROM (VALUES {rows}) AS new JOIN items ON items.id = new.column1"
)
_NOTES = "INSERT OR REPLACE INTO notes (name, value, at) VALUES {rows}"
_MARKS = "INSERT OR REPLACE INTO sinks (name, item, place) VALUES {rows}"


class OutcomeRow(NamedTuple):
    """How the lease of a request ended, as its row will say."""

    id: int
    state: str
    attempts: int
    due: float | None
    reason: str
    detail: str | None
    page: bool
    size: int
    at: float
    seconds: float
    status: int

    @property
    def as_try(self) -> tuple[int, int, float, float, int, str, str | None]:
        """The row of an attempt after which there is to be another one."""
        return self.id, self.attempts, self.at, self.seconds, self.status, self.reason, self.detail


class Batch:
    """What is written in one transaction."""

    def __init__(self) -> None:
        self.hosts: list[tuple[int, str]] = []
        self.callbacks: list[tuple[int, str]] = []
        self.requests: list[RequestRow] = []
        self.outcomes: dict[int, OutcomeRow] = {}
        self.tries: list[tuple[int, int, float, float, int, str, str | None]] = []
        self.items: list[tuple[int, int, str, bool, bytes, str, str]] = []
        self.pages: list[PageRow] = []
        self.failures: list[FailureRow] = []
        self.misfits: list[FailureRow] = []
        self.notes: dict[str, tuple[bytes, float]] = {}
        self.marks: dict[str, tuple[int, str]] = {}
        self.forget = 0
        self.work: list[Callable[[sqlite3.Connection], Any]] = []
        self.results: list[Any] = []
        self.written = Event()

    def __len__(self) -> int:
        return len(self.requests) + len(self.outcomes) + len(self.items)

    def ended(self, end: OutcomeRow) -> None:
        """Take in how a request's lease ended; a second end counts, with the bytes of both."""
        before = self.outcomes.get(end.id)
        self.outcomes[end.id] = end if before is None else end._replace(size=before.size + end.size)
        if end.due is not None:
            self.tries.append(end.as_try)

    def run(self, connection: sqlite3.Connection, fence: Fence) -> None:
        """Write all of it, then do the further work, in one transaction, if the file is still ours."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            fence.check(connection)
            self._write(connection)
            self.results = [work(connection) for work in self.work]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite may have ended it by itself, when the disk is full
                connection.execute("ROLLBACK")
            raise

    def _write(self, connection: sqlite3.Connection) -> None:
        marks = [(name, item, place) for name, (item, place) in self.marks.items()]
        for statement, rows in (
            (_HOSTS, self.hosts),
            (_CALLBACKS, self.callbacks),
            (_REQUESTS, self.requests),
            (_OUTCOMES, list(self.outcomes.values())),
            (_TRIES, self.tries),
            (_ITEMS, self.items),
            (_PAGES, self.pages),
            (_FAILURES, self.failures),
            (_MISFITS, self.misfits),
            (_NOTES, [(name, *note) for name, note in self.notes.items()]),
            (_MARKS, marks),
        ):
            write_rows(connection, statement, rows)
        if self.forget:
            connection.execute("DELETE FROM items WHERE id <= ?", (self.forget,))


class Writer:
    """Owns the thread and the connection; its methods are for the event loop that made it.

    Attributes:
        batch: what is written next; to be filled by the store, which then says `filled`.
        last_item: id of the last item that is on the disk.
        fence: knows whether the file is still ours.
        failure: what ended the writing, if anything did: nothing after it is on the disk.

    Args:
        path: the state file.
        full: survive a loss of power as well.
        group: seconds for which writes come together.
    """

    def __init__(self, path: Path, *, full: bool = False, group: float = GROUP_SECONDS) -> None:
        self._path = path
        self._group = group
        self._connection = connect(path, full=full)
        self.fence = Fence(path)
        self._token = current_token()
        self._work = threading.Event()
        self._urgent = threading.Event()
        self.last_item = 0
        self._closing = False
        self._ended = Event()
        self.batch = Batch()
        self.failure: StateError | None = None
        self._thread = threading.Thread(target=self._run, name=f"state {path.name}", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:  # the system gives no more threads
            self._connection.close()
            raise StateError(f"the state {path} cannot be written: {error}", path) from error

    @property
    def ended(self) -> bool:
        """Whether the file is closed."""
        return self._ended.is_set()

    def filled(self, *, hurry: bool = False) -> None:
        """Note that there is something to write: when a group has come together, or at once."""
        self._work.set()
        if hurry or len(self.batch) > GROUP_ROWS:
            self._urgent.set()

    def check(self) -> None:
        """Raise StateError when nothing can be written any more."""
        if self.failure is not None:
            raise self.failure

    async def room(self) -> None:
        """Wait while more is to be written than should be in memory. Raises StateError."""
        if len(self.batch) > 4 * GROUP_ROWS:
            await self.written(at_once=True)

    async def written(self, *, at_once: bool = False) -> None:
        """Wait until all that was filled in by now is on the disk. Raises StateError.

        Args:
            at_once: do not wait for more to come together.
        """
        if self._ended.is_set():
            raise StateError(f"the state {self._path} is closed")
        batch = self.batch
        self._work.set()
        if at_once:
            self._urgent.set()
        await batch.written.wait()
        self.check()
        if batch is self.batch:  # nobody has taken it any more
            raise StateError(f"the state {self._path} is closed")

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function on the connection, in the transaction of what was filled in before.

        Raises StateError.
        """
        self.check()
        batch = self.batch
        place = len(batch.work)
        batch.work.append(work)
        await self.written(at_once=True)
        result: T = batch.results[place]
        return result

    async def close(self) -> None:
        """Write what is left, end the thread, close the file; a cancellation waits until that is done."""
        self._closing = True
        self._work.set()
        self._urgent.set()
        try:
            await until_over(self._thread, self._ended)
        finally:
            self.batch.written.set()  # who has asked too late must hear of it

    # In the thread.

    def _run(self) -> None:
        try:
            try:
                while self._write_next():
                    pass
            finally:
                self._connection.close()
                self.fence.leave()
            from_thread.run_sync(self._ended.set, token=self._token)
        except RunFinishedError:
            pass  # the event loop has ended without closing us: what is not on the disk never was

    def _write_next(self) -> bool:
        """Write what comes together; return whether there may be more."""
        self._work.wait()
        self._urgent.wait(self._group)
        # Cleared before looking: what is filled in from here on sets them again.
        self._work.clear()
        self._urgent.clear()
        closing = self._closing
        batch = from_thread.run_sync(self._take, token=self._token)
        if self.failure is None:
            self._write(batch)
        from_thread.run_sync(self._tell, batch, token=self._token)
        return not closing

    def _take(self) -> Batch:
        batch, self.batch = self.batch, Batch()
        return batch

    def _tell(self, batch: Batch) -> None:
        if batch.items and self.failure is None:
            self.last_item = batch.items[-1][0]
        batch.written.set()

    def _write(self, batch: Batch) -> None:
        try:
            batch.run(self._connection, self.fence)
        except StateError as error:
            self.failure = error
        except Exception as error:  # whatever it is: who waits for the batch must hear of it
            failure = StateError(f"the state {self._path} cannot be written: {error}", self._path)
            failure.__cause__ = error
            self.failure = failure  # from now on the loop's thread may raise it
