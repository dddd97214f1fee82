"""URLs that nobody has written, told by the URL alone: they grow as links are followed in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from crawler.model import Reason

_LONGEST_PERIOD = 10  # segments


class LoopRule:
    """Refuses paths and queries that repeat themselves, or have more parts than anybody writes.

    Args:
        repeats: how often in a row a segment, or a sequence of segments, may stand in a path; and the same
            parameter with the same value in a query. None for any number, as for the others.
        path_depth: segments that a path may have.
        parameters: parameters that a query may have.
    """

    def __init__(self, repeats: int | None, path_depth: int | None, parameters: int | None) -> None:
        self._repeats = repeats
        self._path_depth = path_depth
        self._parameters = parameters
        bounds = [bound for bound in (repeats, path_depth) if bound is not None]
        self._few = 2 + min(bounds) if bounds else None  # slashes, those of the scheme too

    def refuses(self, url: str) -> Reason | None:
        """Return why a canonical URL is not fetched, or None."""
        if self._few is not None and url.count("/") > self._few:
            reason = self._path(url.partition("?")[0].split("/")[3:])
            if reason is not None:
                return reason
        return self._query(url.partition("?")[2]) if "?" in url else None

    def _path(self, segments: Sequence[str]) -> Reason | None:
        # A last slash makes no segment.
        if self._path_depth is not None and len(segments) - (not segments[-1]) > self._path_depth:
            return Reason.PATH_DEPTH
        if self._repeats is not None and len(set(segments)) < len(segments):
            return Reason.REPEATS if repeats(segments, self._repeats) else None
        return None

    def _query(self, query: str) -> Reason | None:
        number = query.count("&")
        if self._parameters is not None and number >= self._parameters:
            return Reason.PARAMETERS
        if self._repeats is not None and number >= self._repeats:
            most = max(Counter(query.split("&")).values())
            return Reason.REPEATS if most > self._repeats else None
        return None


def repeats(segments: Sequence[str], most: int) -> bool:
    """Say whether a sequence of segments stands in a path more than `most` times in a row.

    Nor must twice as many segments have been in it before, whichever they are.
    """
    times = Counter(segments)
    if len(segments) - len(times) >= 2 * most:
        return True
    if max(times.values()) <= most:
        return False
    for period in range(1, min(len(segments) // (most + 1), _LONGEST_PERIOD) + 1):
        same = 0
        for before, after in zip(segments, segments[period:], strict=False):
            same = same + 1 if before == after else 0
            if same >= period * most:
                return True
    return False
