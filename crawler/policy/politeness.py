"""When each host may be contacted next, and by how many at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush

import msgspec

#: Seconds by which who had the last contact leaves the next one to others that wait for the same host.
TURN = 0.002


class Pace:
    """The rhythm of one host: a few slots, each of which rests after it was used.

    All methods change state at once and never wait; who must wait is told how long.

    Args:
        delay: seconds that a slot rests after a contact has ended.
        slots: how many contacts may happen at a time.
        longest: the longest delay that the host can ask for.
    """

    __slots__ = (
        "_ended",
        "_idle",
        "_last",
        "_longest",
        "_parked",
        "_quiet",
        "_rested",
        "_used",
        "_wanted",
        "delay",
        "slots",
    )

    def __init__(self, delay: float, slots: int, longest: float = math.inf) -> None:
        self._longest = longest
        self.delay = delay
        self.slots = slots
        self._idle = [-math.inf] * slots  # for each free slot, when its rest is over
        self._rested = -math.inf  # when the rest of slots that are gone is over
        self._ended = -math.inf  # when the last contact ended
        self._used = 0
        self._quiet = -math.inf
        self._parked: list[Callable[[], None]] = []
        self._wanted: set[object] = set()
        self._last: object = None

    def wait(self, now: float) -> float:
        """Return the seconds until a contact may begin; infinity while every slot is in use."""
        if not self._idle:
            return math.inf
        return max(self._idle[0] - now, self._rested - now, self._quiet - now, 0.0)

    def want(self, who: object) -> float:
        """Note that somebody waits for a contact; return the seconds to let pass so that others come first.

        That is where several share the host, each with requests of its own: who had the last contact
        leaves the next one to the others.
        """
        self._wanted.add(who)
        return TURN if who is self._last and len(self._wanted) > 1 else 0.0

    def let(self, who: object) -> None:
        """Note that somebody waits no more."""
        self._wanted.discard(who)

    def begin(self, who: object = None) -> None:
        """Take a slot; `wait` has just returned 0."""
        self._last = who
        heappop(self._idle)
        self._used += 1

    def end(self, now: float, *, contacted: bool) -> None:
        """Give a slot back; it rests only when the host really was contacted."""
        rested = now + self.delay if contacted else now
        if contacted:
            self._ended = now
        self._used -= 1
        if self._used + len(self._idle) < self.slots:
            heappush(self._idle, rested)
        else:  # the host was slowed down meanwhile: the slot goes, its rest counts
            self._rested = max(self._rested, rested)
        self._tell()

    def contacted(self, at: float) -> None:
        """Take note of a contact that was not begun here, and ended then at the latest."""
        self._ended = max(self._ended, at)
        self._rested = max(self._rested, at + self.delay)

    def pause(self, until: float) -> float:
        """Leave the host alone until then: it said that it is busy. Returns the longest it is left alone."""
        self._quiet = max(self._quiet, until)
        return self._quiet

    def slow_down(self, delay: float) -> None:
        """Keep at least this delay, one contact at a time: what a Crawl-delay means."""
        longer = max(self.delay, min(delay, self._longest))
        # The rest that has begun already, mostly after the request for robots.txt, grows as well.
        self._rested = self._ended + longer
        self._idle = [] if self._used else [-math.inf]
        self.delay = longer
        self.slots = 1

    def park(self, wake: Callable[[], None]) -> None:
        """Call `wake` once, as soon as a slot is given back."""
        self._parked.append(wake)

    def _tell(self) -> None:
        parked, self._parked = self._parked, []
        for wake in parked:
            wake()


def host_key(origin: str) -> str:
    """Return what an origin's host goes by here: http and https of one host are the same to us."""
    return origin.partition("://")[2]


def rest_kept(seconds: float) -> bytes:
    """Return what is kept of a host that is to be left alone for so long."""
    return msgspec.msgpack.encode(seconds)


def rest_left(kept: bytes, age: float, longest: float) -> float:
    """Return the seconds for which a host is still to be left alone.

    Args:
        kept: what `rest_kept` has returned.
        age: seconds since then.
        longest: seconds that no host is left alone for.
    """
    return max(0.0, min(msgspec.msgpack.decode(kept, type=float), longest) - age)


class Politeness:
    """The paces of all hosts. Crawls that are given the same object share them.

    Args:
        delay: seconds between the end of a contact and the next one to the same host.
        per_host: contacts to one host at a time.
        max_delay: the longest delay that a host can ask for by Crawl-delay.
    """

    def __init__(self, delay: float = 1.0, per_host: int = 1, max_delay: float = 60.0) -> None:
        self.max_delay = max_delay
        self.delay = delay
        self.per_host = per_host
        self._paces: dict[str, Pace] = {}

    def pace(self, origin: str) -> Pace:
        """Return the pace of an origin's host; http and https of one host share it."""
        host = host_key(origin)
        pace = self._paces.get(host)
        if pace is None:
            pace = self._paces[host] = Pace(self.delay, self.per_host, self.max_delay)
        return pace
