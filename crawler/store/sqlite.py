"""A store in a file: what it has said to be written survives the process."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from anyio import Lock

from crawler.contracts import Backlog, Known, Mark, Note, Recalled, Record, Settled, Settlement, State
from crawler.errors import StateError
from crawler.model import Failed, Lease, Reason, Request
from crawler.model.recrawl import Change, Compared, KeptItem, Remembered
from crawler.policy.change import marked
from crawler.store import reading
from crawler.store.leases import Kept, LeaseBook
from crawler.store.lock import StateLock
from crawler.store.past import PastPage, page_row
from crawler.store.recent import Recent
from crawler.store.rows import failure_row, item_row, more_of, record_of
from crawler.store.schema import look, wipe
from crawler.store.seen import LARGEST, Seen
from crawler.store.window import FIRST, Window, share
from crawler.store.writer import GROUP_SECONDS, OutcomeRow, Writer
from crawler.url import origin_of

#: Items that wait for delivery in memory; more are read from the disk.
_FRESH = 1_000
#: Facts that are the same in all rounds of a crawl: the key of the hashes, and where a demo site is served.
_OF_ALL_ROUNDS = ("secret", "demo port")
#: So much of the words of an error is kept.
_DETAIL = 300


class SqliteStore:
    """Keeps requests and items in an SQLite file; an async context manager.

    Decides in memory and answers at once; what it decided is written in groups by a thread of its own,
    and in the order in which it was decided. After a crash the file holds all that was decided up to some
    moment: whatever was in flight then is lent again. In memory are ten bytes for each known request,
    and for each host the requests that are next.

    Args:
        path: the file; it is made with its folder.
        keep_items: keep items after every sink has them.
        full: survive a loss of power too, not only the end of the process.
        group: seconds for which writes come together.
        clock: seconds since 1970.
        longest: seconds that no request is put off for. What comes back from the file is not either: the
            clock may have been set back since it was written.

    Raises StateError on entering when the file cannot be used, StateInUse when somebody else uses it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        keep_items: bool = True,
        full: bool = False,
        group: float = GROUP_SECONDS,
        clock: Callable[[], float] = time.time,
        longest: float = math.inf,
    ) -> None:
        self.path = Path(path)
        self._keep_items = keep_items
        self._full = full
        self._group = group
        self._clock = clock
        self._longest = longest
        self._open = ExitStack()
        self._recent = Recent(self._is_known)
        self.knows = self._recent.__getitem__
        self._forget_all()

    def _forget_all(self) -> None:
        """Begin without anything in memory."""
        self.meta: dict[str, str] = {}
        self._recent.clear()
        self._callbacks: list[str] = []
        self._codes: dict[str, int] = {}
        self._windows: dict[str, Window] = {}
        self._leases = LeaseBook()
        self._sleeping: list[tuple[float, Kept]] = []
        self._marks: dict[str, Mark] = {}
        self._noted: set[str] = set()
        self._fresh: deque[Record] = deque()
        self._last_id = self._last_item = self._forgotten = self._pages = self._size = 0

    async def __aenter__(self) -> Self:
        self._open.enter_context(StateLock(self.path))
        try:
            self._writer = Writer(self.path, full=self._full, group=self._group)
            await self._load_or_close()
        except BaseException:
            self._open.close()
            raise
        self._loading = Lock()
        return self

    async def _load_or_close(self) -> None:
        try:
            await self._writer.do(self._load)
        except BaseException:
            await self._writer.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._writer.close()
        finally:
            self._open.close()
        if kind is None:
            self._writer.check()

    # What the state is about.

    @property
    def known(self) -> int:
        """How many requests are known."""
        return len(self._seen)

    @property
    def totals(self) -> tuple[int, int]:
        """The pages that were counted, and the bytes of all decoded bodies."""
        return self._pages, self._size

    async def note(self, values: Mapping[str, str]) -> None:
        """Write down facts about the crawl, beside those that are in `meta`."""
        self.meta |= values
        await self._writer.do(lambda connection: reading.note(connection, values))

    async def start_anew(self, facts: Mapping[str, str], *, recrawl: bool = False) -> None:
        """Let go of all that there is, but the names of its sinks, and write down facts about what begins.

        With `recrawl` it is a round of the same crawl, and what is known of pages stays, as the past.
        """

        def empty(connection: sqlite3.Connection) -> None:
            # Openings are counted for the life of the file: by them a stale owner is known. The past goes by
            # the hashes of keys.
            kept = {"opened": reading.opening(connection) or "0"}
            if recrawl:
                meta = reading.meta(connection)
                kept |= {name: meta[name] for name in _OF_ALL_ROUNDS if name in meta}
                kept["round"] = str(int(meta.get("round", "1")) + 1)
            wipe(connection, recrawl=recrawl)
            reading.note(connection, {**facts, **kept})
            self._forget_all()
            self._load(connection)

        await self._writer.do(empty)

    def _load(self, connection: sqlite3.Connection) -> None:
        """Take in what the file holds."""
        self._seen = Seen(reading.secret(connection))
        self._seen.fill(reading.hashes(connection))
        reading.count_opening(connection)
        self.meta = reading.meta(connection)
        self._leases = LeaseBook(int(self.meta["opened"]) << 32)
        self._writer.fence.opened(self.meta["opened"])
        self._callbacks = reading.callbacks(connection)
        self._codes = {name: code for code, name in enumerate(self._callbacks)}
        for id, origin, waiting in reading.hosts(connection):
            window = self._windows[origin] = Window(id, origin)
            window.hidden, window.beyond = waiting, FIRST if waiting else None
        self._share = share(len(self._windows))
        self._sleeping = reading.delayed(connection, self._callbacks)
        self._marks = reading.marks(connection)
        self._noted = reading.noted(connection)
        self._last_id, self._pages, self._size = reading.totals(connection)
        self._last_item, self._forgotten = reading.item_ids(connection)
        self._writer.last_item = self._last_item

    async def flush(self) -> None:
        """Wait until all that was decided is on the disk. Raises StateError."""
        await self._writer.written(at_once=True)

    async def recall(self, *, owner: str, now: float) -> Recalled:
        for kept in (*self._leases.over(now), *self._leases.of(owner)):
            self._windows[kept.host].add(kept)
        for due, kept in self._sleeping:
            self._windows[kept.host].delay(kept, now + min(max(0.0, due - self._clock()), self._longest))
        self._sleeping.clear()
        backlogs = [
            Backlog(window.origin, len(window), [at for at, _, _ in window.delayed])
            for window in self._windows.values()
            if len(window) or window.delayed
        ]
        return Recalled(
            backlogs, dict(self._marks), self._last_item, self._forgotten, self._pages, self._size
        )

    # Which requests are known.

    def _is_known(self, key: str) -> bool:
        return self._seen.get(self._seen.hash_of(key)) is not None

    async def callback_of(self, key: str) -> str | None:
        hash = self._seen.hash_of(key)
        code = self._seen.get(hash)
        if code == LARGEST:
            code = await self._writer.do(lambda connection: reading.callback_of(connection, hash))
        return None if code is None else self._callbacks[code]

    async def look_up(self, key: str) -> Known | None:
        hash = self._seen.hash_of(key)
        if self._seen.get(hash) is None:
            return None
        if not self._writer.ended:
            try:
                return await self._writer.do(lambda connection: reading.known(connection, hash))
            except StateError:
                if not self._writer.ended:
                    raise
        # Whoever asks once the crawl is over waits for the disk; there is nothing else to be held up.
        with closing(look(self.path)) as connection:
            return reading.known(connection, hash)

    # The four verbs.

    async def add(self, requests: Sequence[Request]) -> Sequence[Request]:
        self._writer.check()
        new = self._add(requests, _extras(requests, ""), None)
        self._writer.filled()
        await self._writer.room()
        return new

    def _add(
        self, requests: Sequence[Request], extras: Sequence[bytes | None], parent: Kept | None
    ) -> list[Request]:
        """Let requests wait, in memory and in the next batch; return those whose key was not known."""
        return [
            request
            for request, extra in zip(requests, extras, strict=True)
            if request.key not in self._recent and self._add_one(request, extra, parent)
        ]

    def _add_one(self, request: Request, extra: bytes | None, parent: Kept | None) -> bool:
        hash = self._seen.hash_of(request.key)
        code = self._code(request.callback)
        self._recent.remember(request.key)
        if not self._seen.add(hash, min(code, LARGEST)):
            return False
        self._last_id += 1
        id, url = self._last_id, request.url
        window = self._window(origin_of(url))
        above = parent.id if parent is not None and parent.request.url == request.parent else None
        self._writer.batch.requests.append(
            (id, hash, window.id, code, url, request.priority, request.depth, above, extra)
        )
        window.add(Kept(id, request, window.origin), self._share)
        return True

    async def claim(
        self, wanted: Mapping[str, int], *, owner: str, now: float, ttl: float
    ) -> Sequence[Lease]:
        self._writer.check()
        self._take_back(now)
        leases: list[Lease] = []
        for host, number in wanted.items():
            window = self._windows.get(host)
            if window is None:
                continue
            window.ripen(now)
            for _ in range(number):
                if window.next_is_hidden:
                    await self._reveal(window)
                kept = window.take()
                if kept is None:
                    break
                leases.append(self._leases.lend(kept, owner, now + ttl))
        return leases

    async def _reveal(self, window: Window) -> None:
        """Read requests from the disk until the next one is in memory, or none is left."""
        async with self._loading:
            while window.next_is_hidden:
                apart = window.tried | self._leases.ids_of(window.origin)
                limit = self._share + len(apart)
                read = partial(
                    reading.waiting,
                    host=window.id,
                    origin=window.origin,
                    begin=window.read_on(),
                    limit=limit,
                    names=self._callbacks,
                )
                found: list[Kept] | None = None
                try:
                    found = await self._writer.do(read)
                finally:
                    window.reveal(found, apart=apart, all=found is not None and len(found) < limit)

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[Settled]:
        self._writer.check()
        self._take_back(now)
        settled = [self._settle(settlement, now) for settlement in settlements]
        self._writer.filled(hurry=self._is_idle)
        await self._writer.room()
        return settled

    def _settle(self, settlement: Settlement, now: float) -> Settled:
        kept = self._leases.held(settlement.lease)
        if kept is None:
            return Settled(accepted=False)
        # First all that may fail: nothing of a settlement is written unless all of it can be.
        compared = settlement.compared
        encoded = [] if compared is not None else [item_row(item) for item in settlement.items]
        failures = [failure_row(kept.id, failed) for failed in settlement.failed]
        extras = _extras(settlement.found, kept.request.url)
        self._leases.end(kept)
        self._end(kept, settlement, now)
        lines = settlement.lines or ("",) * len(encoded)
        if compared is not None:
            self._remember(kept.id, kept.request, compared)
        else:
            for item, (name, is_dict, text), line in zip(settlement.items, encoded, lines, strict=True):
                self._last_item += 1
                self._writer.batch.items.append((self._last_item, kept.id, name, is_dict, text, line, ""))
                self._fresh.append(Record(self._last_item, item, kept.request.url, text, line))
        while len(self._fresh) > _FRESH:
            self._fresh.popleft()
        self._writer.batch.failures += failures
        return Settled(accepted=True, new=self._add(settlement.found, extras, kept))

    def _end(self, kept: Kept, settlement: Settlement, now: float) -> None:
        due, state = None, settlement.state
        if settlement.again_at is not None:
            state = State.WAITING
            self._windows[kept.host].delay(kept, settlement.again_at)
            due = self._clock() + settlement.again_at - now
        self._pages += settlement.page
        self._size += settlement.size
        # What comes from strangers may hold half a character, which no file takes.
        detail = settlement.detail[:_DETAIL].encode("utf-8", "replace").decode() or None
        self._writer.batch.ended(
            OutcomeRow(
                kept.id,
                state,
                kept.attempts,
                due,
                settlement.reason,
                detail,
                settlement.page,
                settlement.size,
                self._clock(),
                settlement.seconds,
                settlement.status,
            )
        )

    # Rounds.

    def hash_of(self, key: str) -> bytes:
        """Return the hash by which a request's key is known, in this round and the one before."""
        return self._seen.hash_of(key)

    def is_new(self, hash: bytes) -> bool:
        """Say whether no request with this hash is known."""
        return self._seen.get(hash) is None

    async def settle_gone(self, pages: Sequence[PastPage]) -> None:
        """Let pages of the round before be requests that are over, with their items as gone."""
        self._writer.check()
        for page in pages:
            self._settle_gone(page)
        self._writer.filled(hurry=self._is_idle)
        await self._writer.room()

    def _settle_gone(self, page: PastPage) -> None:
        code, at = self._code(page.callback), self._clock()
        self._seen.add(page.hash, min(code, LARGEST))
        self._last_id += 1
        id, window, batch = self._last_id, self._window(origin_of(page.url)), self._writer.batch
        batch.requests.append((id, page.hash, window.id, code, page.url, 0, 0, None, None))
        batch.ended(OutcomeRow(id, State.DONE, 0, None, Reason.UNLINKED, None, False, 0, at, 0.0, 0))
        batch.pages.append(
            page_row(id, page.hash, page.url, page.callback, Remembered(at, change=Change.GONE))
        )
        self._commit(id, page.url, marked(page.items, Change.GONE))

    def _remember(self, id: int, request: Request, compared: Compared) -> None:
        if compared.memory is not None:
            hash = self._seen.hash_of(request.key)
            row = page_row(id, hash, request.url, request.callback, compared.memory)
            self._writer.batch.pages.append(row)
        self._commit(id, request.url, compared.items)

    def _commit(self, request: int, url: str, items: Sequence[KeptItem]) -> None:
        for one in items:
            self._last_item += 1
            row = (self._last_item, request, one.name, one.is_dict, one.json, one.line, one.change)
            self._writer.batch.items.append(row)
            self._fresh.append(record_of(self._last_item, one, url))

    async def extend(self, leases: Sequence[Lease], *, now: float, ttl: float) -> Sequence[bool]:
        self._take_back(now)
        return [self._leases.extend(lease, now + ttl) for lease in leases]

    # Notes.

    async def keep(self, name: str, value: bytes, *, now: float) -> None:
        self._writer.check()
        self._noted.add(name)
        self._writer.batch.notes[name] = value, self._clock()
        self._writer.filled()

    async def kept(self, name: str, *, now: float) -> Note | None:
        if name not in self._noted:  # as of nearly all hosts: the disk is not asked for each
            return None
        at = self._clock()
        return await self._writer.do(lambda connection: reading.note_of(connection, name, at))

    # Items.

    async def drain(self, after: int, limit: int) -> Sequence[Record]:
        self._writer.check()
        if after >= self._last_item:
            return []
        while after >= self._writer.last_item:
            await self._writer.written(at_once=self._is_idle)
        skip = after + 1 - self._fresh[0].id if self._fresh else -1
        if skip >= 0:
            return list(islice(self._fresh, skip, skip + min(limit, self._writer.last_item - after)))
        return await self._writer.do(lambda connection: reading.items(connection, after, limit))

    async def mark(
        self, marks: Sequence[Mark], *, failed: Sequence[tuple[int, Failed]] = (), at_once: bool = False
    ) -> None:
        self._marks.update((mark.sink, mark) for mark in marks)
        batch = self._writer.batch
        batch.misfits += [failure_row(item, one) for item, one in failed]
        batch.marks.update((mark.sink, (mark.item, json.dumps(mark.place))) for mark in marks)
        passed = min((mark.item for mark in marks), default=0)
        while self._fresh and self._fresh[0].id <= passed:
            self._fresh.popleft()
        if not self._keep_items and passed > self._forgotten:
            self._forgotten = batch.forget = passed
        self._writer.filled()
        if at_once:
            await self.flush()

    # Inside.

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is lent out or ready: then nothing will come together by waiting."""
        return not self._leases and not any(map(len, self._windows.values()))

    def _take_back(self, now: float) -> None:
        for kept in self._leases.over(now):
            self._windows[kept.host].add(kept)

    def _code(self, callback: str) -> int:
        code = self._codes.get(callback)
        if code is None:
            code = self._codes[callback] = len(self._callbacks)
            self._callbacks.append(callback)
            self._writer.batch.callbacks.append((code, callback))
        return code

    def _window(self, origin: str) -> Window:
        window = self._windows.get(origin)
        if window is None:
            window = self._windows[origin] = Window(len(self._windows) + 1, origin)
            self._share = share(len(self._windows))
            self._writer.batch.hosts.append((window.id, origin))
        return window


def _extras(requests: Sequence[Request], parent: str) -> list[bytes | None]:
    return [more_of(request, parent_known=request.parent == parent) for request in requests]
