"""One host's requests: the next ones in memory, the rest on the disk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import heappop, heappush

from crawler.store.leases import Kept

#: Requests that are kept in memory, of all hosts together; twice as many for a moment.
ROOM = 30_000
#: How many of them one host may have at most and at least.
MOST, LEAST = 2_000, 4
#: An order that is not behind any other.
FIRST = (-(1 << 62), 0)


def share(hosts: int) -> int:
    """Return how many requests of each host are kept in memory."""
    return max(LEAST, min(MOST, ROOM // max(1, hosts)))


class Window:
    """The requests of one host that wait.

    All that come before `beyond` are in memory, all others are on the disk alone; except for those that were
    lent before: how often is known in memory only, so they stay there.

    Attributes:
        id: the host's number.
        origin: its scheme, name and port.
        beyond: where the part begins that is on the disk alone; None when there is none.
        hidden: how many requests that part holds.
        tried: the ids of ready ones that were lent before.
        delayed: those that are tried again later, by the time from which on they may be.
    """

    __slots__ = ("_late", "_ready", "beyond", "delayed", "hidden", "id", "origin", "tried")

    def __init__(self, id: int, origin: str) -> None:
        self.id = id
        self.origin = origin
        self.beyond: tuple[int, int] | None = None
        self.hidden = 0
        self.tried: set[int] = set()
        self.delayed: list[tuple[float, int, Kept]] = []
        self._ready: list[tuple[int, int, Kept]] = []
        # While the hidden part is read: those that came too late to be read, and belong to it or not.
        self._late: list[Kept] | None = None

    def __len__(self) -> int:
        """How many requests are ready, in memory or not."""
        return len(self._ready) + self.hidden + len(self._late or ())

    @property
    def next_is_hidden(self) -> bool:
        """Whether the request that is next is on the disk alone."""
        return self.beyond is not None and (not self._ready or self._ready[0][:2] >= self.beyond)

    def add(self, kept: Kept, most: int = MOST) -> None:
        """Let a request wait that is on the disk as well, or soon will be; `most` are kept in memory."""
        if self.beyond is not None and kept.order >= self.beyond and not kept.attempts:
            if self._late is None:
                self.hidden += 1
            else:
                self._late.append(kept)
            return
        self._push(kept)
        if len(self._ready) > 2 * most and self._late is None:
            self._hide(most)

    def delay(self, kept: Kept, until: float) -> None:
        """Let a request wait that may not be lent before a time."""
        kept.failed = True
        heappush(self.delayed, (until, kept.id, kept))

    def ripen(self, now: float) -> None:
        """Make those delayed requests ready whose time has come."""
        while self.delayed and self.delayed[0][0] <= now:
            self._push(heappop(self.delayed)[2])

    def take(self) -> Kept | None:
        """Take out the request that is next and not hidden; None when there is none."""
        if not self._ready:
            return None
        kept = heappop(self._ready)[2]
        self.tried.discard(kept.id)
        return kept

    def read_on(self) -> tuple[int, int]:
        """Begin to read the hidden part; return where it begins. It stays there until `reveal`."""
        self._late = []
        return self.beyond or FIRST

    def reveal(self, found: Sequence[Kept] | None, *, apart: Collection[int] = (), all: bool = False) -> None:
        """Take in what was read from the disk.

        Args:
            found: the first of what is `beyond`; None when reading failed.
            apart: ids of those among them that are not hidden: they were lent out or tried when it was read.
            all: whether there is nothing more.
        """
        # What came late may have been read all the same, when it came before the reading began.
        late, self._late = {kept.id: kept for kept in self._late or ()}, None
        if found is not None:
            for kept in found:
                if kept.id not in apart:
                    self._push(kept)
                    self.hidden -= late.pop(kept.id, None) is None
            if all:
                self.hidden = 0
            rank, id = (-found[-1].request.priority, found[-1].id) if found else FIRST
            self.beyond = (rank, id + 1) if self.hidden > 0 else None
        for kept in late.values():
            self.add(kept)

    def _push(self, kept: Kept) -> None:
        heappush(self._ready, (*kept.order, kept))
        if kept.attempts:
            self.tried.add(kept.id)

    def _hide(self, most: int) -> None:
        """Keep the better ones in memory."""
        self._ready.sort(key=lambda entry: entry[:2])
        worse = self._ready[most:]
        hidden = [entry for entry in worse if not entry[2].attempts]
        if hidden:
            self._ready[most:] = [entry for entry in worse if entry[2].attempts]
            self.beyond = hidden[0][:2]
            self.hidden += len(hidden)
