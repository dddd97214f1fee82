"""How long a host in trouble is left alone, and when it is given up for a while."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

#: Troubles more than good answers after which a host is given up: about five minutes of growing rests.
PATIENCE = 10
#: Seconds until a host that was given up is asked once more.
AGAIN_SECONDS = 300.0


class Backoff:
    """One host's troubles: it says that it is busy, or cannot be reached at all.

    Each trouble doubles the rest, each good answer takes one trouble back. What had been asked for before
    the last trouble was known belongs to that one: a burst counts once.

    Args:
        base: seconds of the first rest.
        longest: no rest is longer than this many seconds.
        random: gives numbers in [0, 1), for the jitter.
    """

    __slots__ = ("_base", "_known", "_longest", "_random", "level")

    def __init__(self, base: float, longest: float, random: Callable[[], float] | None = None) -> None:
        self._base = base
        self._longest = longest
        self._random = random or Random().random
        self._known = float("-inf")  # when the last trouble was told
        self.level = 0

    def trouble(self, began: float, now: float, asked: float | None = None) -> float:
        """Count a trouble; return the seconds from now on for which the host is to be left alone.

        Args:
            began: when the contact began that ran into it.
            now: when it is told; both on one clock.
            asked: what the host asked for (Retry-After); "0" is no answer to who is too much for it.
        """
        rest = asked or 0.0
        if began >= self._known:
            self.level += 1
            self._known = now
            rest = max(rest, self._base * 2.0 ** min(self.level - 1, 30) * (0.5 + self._random() / 2))
        return min(rest, self._longest)

    def well(self) -> None:
        """Take note of a good answer."""
        if self.level:
            self.level -= 1

    def given_up(self, now: float) -> bool:
        """Say whether the host is not to be asked: it was in trouble too often, and not long ago."""
        return self.level >= PATIENCE and now < self._known + AGAIN_SECONDS
