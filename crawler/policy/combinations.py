"""Queries that put the same few parameters together in ever new ways: filters of shops, orders of tables."""

from __future__ import annotations

from crawler.model import Reason
from crawler.policy.recent import Recent

_PATHS = 256
_PAIRS = 2_000  # so many values, and they name things: threads, articles, pages
_SETS = 8  # a page that knows what it wants is asked for in fewer ways
_EACH = 50  # combinations that each value may be part of


class _Path:
    """What one path was asked for: pairs of name and value, and sets of names that only combined these."""

    __slots__ = ("many", "mixed", "pairs", "sets")

    def __init__(self) -> None:
        self.pairs: set[int] = set()
        self.sets: set[str] = set()
        self.mixed = 0
        self.many = False

    def learn(self, pairs: set[int]) -> None:
        """Keep values that are new; none of them, once there are too many."""
        self.pairs |= pairs
        if len(self.pairs) > _PAIRS:
            self.many = True
            self.pairs, self.sets = set(), set()


class CombinationRule:
    """Refuses URLs of a path that are mere combinations, once there were too many of them.

    A combination brings no value that the path was not asked for before. Paths with thousands of values are
    left alone, and paths that are asked for with few sets of parameters: threads of forums have numbers,
    filters do not.

    Args:
        most: combinations of one path; each value allows for 50 more.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._paths: Recent[_Path] = Recent(_PATHS, _Path)

    def refuses(self, shape: str, url: str) -> Reason | None:
        """Return why a URL with a query is not let in, or None; one that is let in counts.

        Args:
            shape: of the URL, as `shape_of` gives it.
            url: in canonical form.
        """
        query = url.partition("?")[2]
        if "&" not in query:
            return None
        path = self._paths[shape.partition("?")[0]]
        if path.many:
            return None
        parts = query.split("&")
        pairs = set(map(hash, parts))
        if not pairs <= path.pairs:
            path.learn(pairs)
            return None
        if len(path.sets) > _SETS:
            if path.mixed >= self._most + _EACH * len(path.pairs):
                return Reason.COMBINATIONS
        else:
            path.sets.add("&".join([part.partition("=")[0] for part in parts]))
        path.mixed += 1
        return None
