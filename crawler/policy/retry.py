"""How long to wait before a failed request is tried again, and when to stop trying."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

#: A busy answer may come so many times as often as any other failure before a request is given up.
BUSY_TIMES = 3


class RetryRule:
    """Exponential back-off with jitter.

    Args:
        retries: tries after the first; 0 turns retrying off.
        base: seconds before the first retry; each further one waits twice as long.
        longest: no pause is longer than this many seconds.
        random: gives numbers in [0, 1), for the jitter.
    """

    def __init__(
        self,
        retries: int = 2,
        base: float = 1.0,
        longest: float = 60.0,
        random: Callable[[], float] | None = None,
    ) -> None:
        self.retries = retries
        self._base = base
        self._longest = longest
        self._random = random or Random().random

    def pause(self, attempt: int, asked: float | None = None) -> float | None:
        """Return the seconds to wait after this attempt (1 is the first), or None to give up.

        Args:
            attempt: which try has just failed.
            asked: what the server asked for by Retry-After; a shorter pause of ours is raised to it.
        """
        if attempt > self.retries:
            return None
        pause = self._base * 2.0 ** (attempt - 1) * (0.5 + self._random() / 2)
        return min(max(pause, asked or 0.0), self._longest)

    def busy_again(self, attempt: int) -> bool:
        """Say whether a request is tried again after a busy answer, which is no fault of its own."""
        return attempt <= BUSY_TIMES * self.retries


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None when it cannot be read.

    Both forms of RFC 9110, section 10.2.3: a number of seconds, and a date.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # numbers beyond any calendar
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
