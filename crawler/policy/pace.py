"""The rhythm of one host: when it may be contacted next, and by how many at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heappop, heappush

from crawler.policy.backoff import Backoff
from crawler.policy.crowd import Crowd

#: Seconds by which who had the last contact leaves the next one to others that wait for the same host.
TURN = 0.002


class Pace:
    """The rhythm of one host: a few slots, each of which rests after it was used.

    All methods change state at once and never wait; who must wait is told how long.

    Three clocks run beside each other: the rest of each slot, the quiet that trouble demands, and the turns
    of those who share the host.

    Args:
        delay: seconds that a slot rests after a contact has ended.
        slots: how many contacts may happen at a time.
        longest: the longest rest that the host can ask for or cause.
        adapt: a slot rests at least as long as the host took to answer, unless `delay` is 0.
        backoff: the host's troubles.
    """

    __slots__ = (
        "_adapt",
        "_crowd",
        "_ended",
        "_idle",
        "_last",
        "_longest",
        "_parked",
        "_quiet",
        "_rested",
        "_used",
        "_wanted",
        "backoff",
        "delay",
        "slots",
    )

    def __init__(
        self,
        delay: float,
        slots: int,
        longest: float = math.inf,
        *,
        adapt: bool = True,
        backoff: Backoff | None = None,
    ) -> None:
        self._longest = longest
        self._adapt = adapt
        self._crowd: Crowd | None = None
        self.backoff = backoff or Backoff(1.0, longest)
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
        if not self._idle or (self._crowd is not None and self._crowd.full):
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
        if self._crowd is not None:
            self._crowd.enter()

    def end(self, now: float, *, contacted: bool, latency: float = 0.0) -> None:
        """Give a slot back; it rests only when the host really was contacted.

        Args:
            now: the time.
            contacted: whether it was.
            latency: seconds that the host took to answer.
        """
        rested = now + self._rest_after(latency) if contacted else now
        if contacted:
            self._ended = now
        self._used -= 1
        if self._used + len(self._idle) < self.slots:
            heappush(self._idle, rested)
        else:  # the host was slowed down meanwhile: the slot goes, its rest counts
            self._rested = max(self._rested, rested)
        if self._crowd is not None:
            self._crowd.leave()
        self._tell()

    def contacted(self, at: float) -> None:
        """Take note of a contact that was not begun here, and ended then at the latest."""
        self._ended = max(self._ended, at)
        self._rested = max(self._rested, at + self.delay)

    def join(self, crowd: Crowd) -> None:
        """Count this host's contacts among those to its address, from now on."""
        if crowd is self._crowd:
            return
        if self._crowd is not None:
            self._crowd.leave(self._used)
        crowd.enter(self._used)
        self._crowd = crowd

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
        """Call `wake` once, as soon as `wait` has no longer to be infinite."""
        if self._idle and self._crowd is not None and self._crowd.full:
            self._crowd.park(wake)
        else:
            self._parked.append(wake)

    def _rest_after(self, latency: float) -> float:
        if not (self._adapt and self.delay):
            return self.delay
        return max(self.delay, min(latency, self._longest))

    def _tell(self) -> None:
        parked, self._parked = self._parked, []
        for wake in parked:
            wake()
