"""The batch at the end of a pipeline: fed from the state like an output, at least once."""

from __future__ import annotations

import math
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import Event, current_time, move_on_after

from crawler.contracts import Executor, Mark, Record, Store
from crawler.engine.undelivered import Undelivered
from crawler.engine.wanted import Misfit, Wanted
from crawler.errors import CallError, OutputError
from crawler.events import ItemFailed
from crawler.model import Failed, Reason
from crawler.model.items import item_name
from crawler.raised import raised
from crawler.stages import Batch, StageCode

_READ = 500

# What becomes of the items of a batch that has failed, by whether they are known to be on a disk.
_FATE = {
    True: "they are kept in the state, and come again when the crawl is run again",
    False: "they come again when the crawl is run again with the same store; one in memory ends with the "
    "program (state: FILE keeps them)",
}


class BatchFeed:
    """Hands committed items to a batch, a fixed number at a time, and remembers which it is done with.

    Before a batch is handed over, its first and last item are written down. So after a crash the same
    items come again, under the same id.

    Args:
        name: what its mark is kept under.
        code: the batch.
        executor: where it runs.
        store: where committed items wait.
        wanted: which of them are for it.
        mark: how far it came before; None when it begins.
        tell: is told of items that the batch cannot be given.

    Attributes:
        item: id of the last item that it is done with.
    """

    def __init__(
        self,
        name: str,
        code: StageCode,
        executor: Executor,
        store: Store,
        wanted: Wanted,
        mark: Mark | None = None,
        tell: Callable[[ItemFailed], None] = lambda event: None,
    ) -> None:
        self.name = name
        self._note: Callable[[bool], Awaitable[None]] = _nowhere
        self._moved: Callable[[], None] = lambda: None
        self._tell = tell
        self.item = mark.item if mark is not None else 0
        self._size = code.declared.size
        self._max_wait = code.declared.max_wait
        self._where = code.where
        self._name = code.name
        self._executor = executor
        self._store = store
        self._wanted = wanted
        self._ids = secrets.token_hex(6)
        self._in_doubt: tuple[str, int] | None = None  # the id of a batch, and that of its last item
        if mark is not None and mark.place:
            self._in_doubt = mark.place["batch"], mark.place["last"]
        self._read = self.item
        self._misfits: list[tuple[Record, Failed]] = []
        self._failed: list[tuple[int, Failed]] = []
        self._undelivered = Undelivered()
        self._ending = False
        self._news = Event()

    @property
    def mark(self) -> Mark:
        """What is to be remembered of it: where it is, and which batch may have been handed over."""
        if self._in_doubt is None:
            return Mark(self.name, self.item)
        id, last = self._in_doubt
        return Mark(self.name, self.item, {"batch": id, "last": last})

    def take_failed(self) -> list[tuple[int, Failed]]:
        """Return, once, what it has failed on and is done with, each with the item's id."""
        failed, self._failed = self._failed, []
        return failed

    def begin(
        self, note: Callable[[bool], Awaitable[None]], before: int, moved: Callable[[], None] = lambda: None
    ) -> None:
        """Join a delivery.

        Args:
            note: notes in the store how far all have come.
            before: id of the last item of earlier runs.
            moved: is called when fewer items wait than before.
        """
        self._note = note
        self._moved = moved
        self._undelivered = Undelivered(before)

    def committed(self, number: int, size: int) -> None:
        """Note that so many more items are in the store, of a page with a body of so many bytes."""
        self._undelivered.committed(number, size)
        self._news.set()

    def behind(self, limit: int, room: int) -> bool:
        """Say whether more items wait than `limit`, or those of pages of more bytes than `room`.

        What the next batch has gathered does not wait any more: otherwise it might never be full.
        """
        return self._undelivered.items > max(limit, 2 * self._size) or self._undelivered.bytes > room

    def finish(self) -> None:
        """Hand over what is left, then be done."""
        self._ending = True
        self._news.set()

    async def next_batch(self) -> bool:
        """Wait until a batch is full, or has waited long enough, and hand it over; False at the end.

        Raises OutputError when the batch's code fails.
        """
        records = await self._gather()
        if not records:
            return False
        first = records[0][0]
        if self._in_doubt is None:
            self._in_doubt = f"{self._ids}-{first.id}", records[-1][0].id
            await self._note(True)
        await self._hand_over(
            Batch((item for _, item in records), self._in_doubt[0]), first.url, kept=first.json is not None
        )
        await self._pass()
        return True

    async def _pass(self) -> None:
        """Be done with all that was read: it was handed over, is not for this batch, or has failed now."""
        self.item, self._in_doubt = self._read, None
        for record, failed in self._misfits:
            self._tell(ItemFailed(record.url, failed))
            self._failed.append((record.id, failed))
        self._misfits.clear()
        await self._note(False)

    async def _hand_over(self, batch: Batch[Any], url: str, *, kept: bool) -> None:
        try:
            await self._executor.call("", batch, url)
        except (Exception, SystemExit) as error:
            words = error.detail if isinstance(error, CallError) else raised(error, deepest=True)
            raise OutputError(
                f"{self._where} failed on a batch of {len(batch)} items: {words}; {_FATE[kept]}"
            ) from error

    async def _gather(self) -> list[tuple[Record, Any]]:
        """Return the records of the next batch, with their items; nothing when there are no more."""
        held: list[tuple[Record, Any]] = []
        until = math.inf
        while True:
            ending, self._news = self._ending, Event()  # before asking: what is committed meanwhile counts
            records = await self._store.drain(self._read, _READ)
            complete = self._sift(records, held)
            if records:
                self._moved()  # also when none of them was for this batch: they do not wait any more
            if complete:
                return held
            if records:
                until = min(until, current_time() + self._max_wait) if held else math.inf
                await self._skip(held)
            elif ending or current_time() >= until:
                return held
            else:
                with move_on_after(until - current_time()):
                    await self._news.wait()

    def _sift(self, records: Any, held: list[tuple[Record, Any]]) -> bool:
        """Put those that are wanted to the others; say whether the batch is complete."""
        for record in records:
            self._undelivered.passed(self._read + 1, record.id)
            self._read = record.id
            item = self._wanted(record)
            if isinstance(item, Misfit):
                name = item_name(record.item)
                failed = Failed(self._name, Reason.ITEM_TYPE, item.why, "", name, record.item)
                self._misfits.append((record, failed))
            elif item is not None:
                held.append((record, item))
            if self._in_doubt is not None and record.id >= self._in_doubt[1]:
                if held:
                    return True
                self._in_doubt = None  # the batch wants other items than it did
            if self._in_doubt is None and len(held) == self._size:
                return True
        return False

    async def _skip(self, held: list[tuple[Record, Any]]) -> None:
        """Let go of items that are not for this batch, so that the store may too."""
        if not held and self._in_doubt is None:
            await self._pass()


async def _nowhere(at_once: bool) -> None:
    """Nothing is remembered of a feed that nobody has joined to a delivery."""
