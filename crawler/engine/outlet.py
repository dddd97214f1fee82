"""A sink that is open, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from crawler.contracts import Mark, Record, Sink, Store
from crawler.errors import Deserted
from crawler.model import Failed


class Outlet:
    """A sink, and how far it has come.

    Args:
        sink: the sink, open.
        item: id of the last item that it has.
        place: what it said of where it stood then.
    """

    __slots__ = ("_begun", "_deserted", "_in_doubt", "item", "place", "sink")

    def __init__(self, sink: Sink, item: int = 0, place: Any = None) -> None:
        self.sink = sink
        self._begun = item
        self.item = item
        self.place = place
        self._in_doubt = False  # whether it has more than `item`
        self._deserted = False

    @property
    def name(self) -> str:
        """The sink's name."""
        return self.sink.name

    @property
    def mark(self) -> Mark:
        """What is to be remembered of it: of a program's consumer, what that is done with by now."""
        reached = getattr(self.sink, "reached", None)
        item = self.item if reached is None else reached(self.item, self._begun)
        return Mark(self.sink.name, item, self.place)

    async def write(self, records: Sequence[Record]) -> None:
        """Hand over those records that it does not have yet."""
        new = [record for record in records if record.id > self.item]
        if not new or self._deserted:
            return
        try:
            self.place = await self.sink.write(new)
        except Deserted:
            self.item = max(self.item, getattr(self.sink, "taken", 0))
            self._deserted = True
            return
        except BaseException:
            # A consumer that leaves in the middle has had what it was done with. Of any other sink it
            # is not known what it has: a file may have been written to the end before it was cancelled.
            taken = getattr(self.sink, "taken", None)
            self.item = max(self.item, taken or 0)
            self._in_doubt = taken is None
            raise
        self.item = new[-1].id

    async def close(self, *, failed: bool) -> None:
        """Close the sink; where it stands is taken note of only if that is where `item` is.

        A place beyond the item would have the next run write again what is there already; with the
        older one, which still holds, the sink cuts it off first.
        """
        place = await self.sink.close(failed=failed)
        if not self._in_doubt:
            self.place = place


class Marked(Protocol):
    """Whatever gets items, and has come so far."""

    @property
    def name(self) -> str: ...
    @property
    def item(self) -> int: ...
    @property
    def mark(self) -> Mark: ...


class Feed(Marked, Protocol):
    """What gets items too, and may fail on single ones."""

    def take_failed(self) -> list[tuple[int, Failed]]: ...


async def note_marks(
    store: Store,
    outlets: Sequence[Outlet],
    feeds: Sequence[Feed],
    left: Sequence[Mark],
    *,
    at_once: bool = False,
) -> None:
    """Let the store know how far all have come, and what batches have failed on.

    Args:
        store: where the items are.
        outlets, feeds, left: as for `Delivery`.
        at_once: return when that is on the disk.
    """
    failed = [one for feed in feeds for one in feed.take_failed()]
    await store.mark([*_marks_of([*outlets, *feeds]), *left], failed=failed, at_once=at_once)


def _marks_of(outlets: Sequence[Marked]) -> list[Mark]:
    """Return a mark for each name, also where several go by it: those without share the empty one."""
    marks: dict[str, Mark] = {}
    for outlet in outlets:
        mark = outlet.mark if outlet.name else Mark("", outlet.item)
        other = marks.get(outlet.name)
        marks[outlet.name] = mark if other is None or mark.item < other.item else other
    return list(marks.values())
