"""How much is on its way to an output, in items and in bytes."""

from __future__ import annotations

from collections import deque


class Undelivered:
    """Counts the items that are in the store and not delivered yet, and the bytes of the pages they are from.

    What an item weighs is not known without writing it out. The page that it came from has been weighed.

    Args:
        before: id of the last item of earlier runs; they do not count.

    Attributes:
        items: how many.
        bytes: of the bodies of their pages; a page counts until its last item is delivered.
    """

    __slots__ = ("_before", "_pages", "_passed", "bytes", "items")

    def __init__(self, before: int = 0) -> None:
        self._before = before
        self.items = 0
        self.bytes = 0
        self._pages: deque[tuple[int, int]] = deque()
        self._passed = 0  # items of the first page that are delivered

    def copy(self, position: int = 0, at: int = 0) -> Undelivered:
        """Return another one, for who has the items up to the id `at` where this one's has `position`."""
        other = Undelivered(self._before)
        other.items, other.bytes, other._passed = self.items, self.bytes, self._passed
        other._pages.extend(self._pages)
        missing = position - max(at, self._before)
        if missing > 0:  # of their pages it is not known any more how large they were
            other.items += missing
            if other._passed and other._pages:
                number, size = other._pages.popleft()
                other._pages.appendleft((number - other._passed, size))
                other._passed = 0
            other._pages.appendleft((missing, 0))
        elif at > position:
            other.passed(position + 1, at)
        return other

    def committed(self, number: int, size: int) -> None:
        """Count the items of one page, at least one, and the bytes of its body."""
        self.items += number
        self.bytes += size
        self._pages.append((number, size))
        if self._passed:
            self._drop()

    def passed(self, first: int, last: int) -> None:
        """Take off the items with these ids and those in between: they are delivered.

        They may be delivered before they are counted: who commits them hears of it later.
        """
        number = last - max(first - 1, self._before)
        if number > 0:
            self.items -= number
            self._passed += number
            self._drop()

    def at_once(self, most: int, share: int) -> int:
        """Return how many items should be taken at once, up to `most`: about `share` bytes of them."""
        if self.bytes <= share or self.items <= 0:
            return most
        return max(1, min(most, self.items * share // self.bytes))

    def _drop(self) -> None:
        """Forget the pages whose items are all delivered."""
        while self._pages and self._pages[0][0] <= self._passed:
            number, size = self._pages.popleft()
            self._passed -= number
            self.bytes -= size
