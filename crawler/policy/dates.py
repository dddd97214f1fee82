"""Dates in URLs: calendars that go on when nothing happens any more."""

from __future__ import annotations

import re

from crawler.model import Reason

_FOUR = re.compile(r"[/=_]([0-9]{4})(?=[-/&]|\Z)")
# A year where only a date can stand: 2041-05-12, /2041/05/12, ?year=2041, ?month=2041-05. A bare /2041/7
# may be page 7 of thread 2041, and 4521-10 an article's number.
_YEAR = re.compile(
    r"(?<=[/=_])([0-9]{4})-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9A-Za-z-])"
    r"|(?<=/)([0-9]{4})/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12][0-9]|3[01])(?=[/?]|\Z)"
    r"|(?<=[?&](?:year|date)=)([0-9]{4})(?=[&-]|\Z)"
    r"|(?<=[?&]month=)([0-9]{4})(?=-)"
)
# A calendar that goes on for ever comes through the years that are near; other numbers are no years.
_NEAR = 200


class CalendarRule:
    """Refuses URLs whose date is far from today.

    Args:
        year: the year it is.
        ahead: years after this one that a date may lie in; None for any number.
        back: years before this one that it may lie in; None for any number.
    """

    def __init__(self, year: int, ahead: int | None, back: int | None) -> None:
        self._future = range(0) if ahead is None else range(year + ahead + 1, year + ahead + _NEAR)
        self._past = range(0) if back is None else range(year - back - _NEAR, year - back)

    def refuses(self, url: str) -> Reason | None:
        """Return why a canonical URL is not fetched, or None."""
        years = _FOUR.findall(url)
        if not years or not any(map(self._is_far, years)):
            return None
        for match in _YEAR.finditer(url, 8):
            if self._is_far(match[match.lastindex or 0]):
                return Reason.CALENDAR
        return None

    def _is_far(self, year: str) -> bool:
        return int(year) in self._future or int(year) in self._past
