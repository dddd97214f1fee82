"""How many contacts one network address may have at a time, whichever hosts are there."""

from __future__ import annotations

from collections.abc import Callable


class Crowd:
    """The contacts to one address, which many hosts may share.

    Args:
        limit: how many may be at a time.
    """

    __slots__ = ("_limit", "_parked", "_used")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._used = 0
        self._parked: list[Callable[[], None]] = []

    @property
    def full(self) -> bool:
        """Whether nobody else may contact the address now."""
        return self._used >= self._limit

    def enter(self, number: int = 1) -> None:
        """Count contacts that begin, or that turn out to go to this address."""
        self._used += number

    def leave(self, number: int = 1) -> None:
        """Count contacts that have ended; wake who waits, if there is room now."""
        self._used -= number
        if not self.full:
            parked, self._parked = self._parked, []
            for wake in parked:
                wake()

    def park(self, wake: Callable[[], None]) -> None:
        """Call `wake` once, as soon as there is room."""
        self._parked.append(wake)
