"""The keys that pages repeat, in front of all keys."""

from __future__ import annotations

from collections.abc import Callable

#: So many are remembered.
_MOST = 100_000


class Recent(dict[str, bool]):
    """Says which keys are known; one that was asked for before costs a look-up in a dict, and no call.

    Args:
        find: says of any key whether it is known.
    """

    def __init__(self, find: Callable[[str], bool]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, key: str) -> bool:
        known = self._find(key)
        if known:
            self.remember(key)
        return known

    def remember(self, key: str) -> None:
        """Note that a key is known."""
        if len(self) > _MOST:
            self.clear()
        self[key] = True
