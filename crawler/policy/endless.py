"""Pages that only ever lead to more of their own kind: calendars, numbered lists, mazes."""

from __future__ import annotations

from crawler.model import Reason
from crawler.policy.recent import Recent
from crawler.policy.shape import family_of, is_walk

_PATTERNS = 10_000
# From so many URLs on a shape is one that a template makes, and no longer something new.
_COMMON = 3
# So many steps of one page count like a page: a month's days.
_WIDE = 4


class Pattern:
    """What is known of the URLs of one shape.

    Attributes:
        urls: how many were let in.
        walk: whether they are steps: dates, pages of a list, ever deeper folders.
        fruitful: depth of the deepest page of the shape that led to something else; where the shape was met
            first, until then. -1 when it was not met yet.
    """

    __slots__ = ("fruitful", "urls", "walk")

    def __init__(self) -> None:
        self.urls = 0
        self.walk = False
        self.fruitful = -1


class Leads:
    """What one page has led to so far.

    Attributes:
        shape: the page's own.
        pattern: of that shape.
        family: what its steps are counted under.
        depth: links between a start and the page.
        steps: new URLs of its own kind.
        other: whether there was a new URL of another.
    """

    __slots__ = ("depth", "family", "other", "pattern", "shape", "steps")

    def __init__(self, shape: str, pattern: Pattern, depth: int) -> None:
        self.shape = shape
        self.pattern = pattern
        self.depth = depth
        self.family = family_of(shape) if pattern.walk else ""
        self.steps = 0
        self.other = False


class EndlessRule:
    """Refuses links from pages of a kind to further ones of it, after too many that led to nothing else.

    Cases: steps (dates, pages of a list, ever deeper folders) count by page: so many in a row, of their whole
    family, that brought no new URL but further steps; a page that brings many counts once for each four.
    Other numbered pages may be many and lead to one another, as the articles of a shop do; they count by
    link: so many links one behind the other, none of whose pages brought a new URL of another shape.

    Args:
        most: pages, or links, in a row.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.patterns: Recent[Pattern] = Recent(_PATTERNS, Pattern)
        self.barren: Recent[int] = Recent(_PATTERNS, int)

    def leads_of(self, shape: str, depth: int) -> Leads:
        """Return what a page of this shape, so many links away from a start, has led to: nothing yet."""
        return Leads(shape, self._pattern(shape, depth), depth)

    def refuses(self, leads: Leads, shape: str) -> Reason | None:
        """Return why a new URL of a shape is not let in from a page, or None; one that is let in counts."""
        if "<" not in shape:  # a page of its own
            leads.other = True
            return None
        own = shape == leads.shape
        pattern = leads.pattern if own else self._pattern(shape, leads.depth + 1)
        if own or (leads.pattern.walk and pattern.walk and pattern.urls >= _COMMON):
            if self._spent(leads):
                return Reason.ENDLESS
            leads.steps += 1
        else:
            leads.other = True
        pattern.urls += 1
        return None

    def learn(self, leads: Leads) -> None:
        """Take note of all that a page has led to."""
        if leads.other:
            leads.pattern.fruitful = max(leads.pattern.fruitful, leads.depth)
        if leads.pattern.walk and (leads.other or leads.steps):
            more = max(1, leads.steps // _WIDE)
            self.barren[leads.family] = 0 if leads.other else self.barren[leads.family] + more

    def _spent(self, leads: Leads) -> bool:
        if leads.pattern.walk:
            return self.barren[leads.family] >= self._most
        return leads.depth - leads.pattern.fruitful >= self._most

    def _pattern(self, shape: str, depth: int) -> Pattern:
        pattern = self.patterns[shape]
        if pattern.fruitful < 0:
            pattern.fruitful = depth
            pattern.walk = is_walk(shape)
        return pattern
