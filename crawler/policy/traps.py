"""Crawler traps: sites, or corners of sites, that make up URLs without end."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from crawler.model import Reason
from crawler.policy.combinations import CombinationRule
from crawler.policy.dates import CalendarRule
from crawler.policy.endless import EndlessRule, Leads
from crawler.policy.loops import LoopRule
from crawler.policy.recent import Recent
from crawler.policy.sessions import SessionRule
from crawler.policy.shape import shape_of
from crawler.url import origin_of

_HOSTS = 100_000
_PATTERNS = 10_000
_REFUSED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrapLimits:
    """What no site comes to that is no trap; None switches a rule off.

    Attributes:
        repeats, path_depth, parameters: see `LoopRule`.
        years_ahead, years_back: see `CalendarRule`.
        combinations: see `CombinationRule`.
        sessions: see `SessionRule`.
        endless: see `EndlessRule`.
        pattern_budget: URLs of one shape, found by links.
        host_budget: URLs of one origin, found by links.
    """

    repeats: int | None = 3
    path_depth: int | None = 30
    parameters: int | None = 40
    years_ahead: int | None = 10
    years_back: int | None = 300
    combinations: int | None = 5_000
    sessions: int | None = 3
    endless: int | None = 5_000
    pattern_budget: int | None = None
    host_budget: int | None = None


class Counts(msgspec.Struct):
    """What is remembered from one run to the next; the rest is counted anew.

    Attributes:
        barren: steps in a row that led to nothing else, by family.
        hosts, patterns: URLs let in, where these are limited.
        refused: by which rule URLs of a shape were turned away last.
    """

    barren: dict[str, int]
    hosts: dict[str, int]
    patterns: dict[str, int]
    refused: dict[str, str]


class Traps:
    """Asks all rules about traps.

    Args:
        limits: how far each rule lets a site go.
        year: the year it is; 0 to let any date pass.

    Attributes:
        counted: URLs that were counted since this object was made.
    """

    def __init__(self, limits: TrapLimits | None = None, *, year: int = 0) -> None:
        limits = limits or TrapLimits()
        self._limits = limits
        self._loops = LoopRule(limits.repeats, limits.path_depth, limits.parameters)
        dated = year and (limits.years_ahead, limits.years_back) != (None, None)
        self._dates = CalendarRule(year, limits.years_ahead, limits.years_back) if dated else None
        self._mixed = None if limits.combinations is None else CombinationRule(limits.combinations)
        self._sessions = None if limits.sessions is None else SessionRule(limits.sessions)
        self._endless = None if limits.endless is None else EndlessRule(limits.endless)
        self._hosts: Recent[int] = Recent(_HOSTS, int)
        self._patterns: Recent[int] = Recent(_PATTERNS, int)
        self._refused: Recent[str] = Recent(_REFUSED, str)
        self.counted = 0

    def refuses(self, url: str) -> Reason | None:
        """Return why a canonical URL is not fetched, judged by itself alone; None when it may be."""
        reason = self._loops.refuses(url)
        if reason is None and self._dates is not None:
            return self._dates.refuses(url)
        return reason

    def leads_of(self, url: str, depth: int) -> Leads | None:
        """Return what a page that was read has led to so far: nothing; None where nobody counts."""
        return None if self._endless is None else self._endless.leads_of(shape_of(url), depth)

    def turns_away(self, url: str, leads: Leads | None, *, made: bool = False) -> Reason | None:
        """Return why a new URL is not let in that a page leads to, judged by what came before it.

        Cases: session ids, combinations of parameters, an endless kind of pages, the host's number, the
        pattern's number. One that is let in counts.

        Args:
            url: in canonical form.
            leads: what the page has led to so far.
            made: the spider has made the request itself: how far its kind goes is the spider's to say.
        """
        self.counted += 1
        shape = shape_of(url)
        reason = None
        if "?" in url or ";" in url:
            reason = self._by_query(url, shape)
        if leads is not None and made:
            leads.other = True
        elif reason is None and leads is not None and self._endless is not None:
            reason = self._endless.refuses(leads, shape)
        reason = reason or self._by_number(url, shape)
        if reason is not None:
            self._refused[shape] = reason
        return reason

    def learn(self, leads: Leads | None) -> None:
        """Take note of all that a page has led to."""
        if leads is not None and self._endless is not None:
            self._endless.learn(leads)

    def last_refused(self, url: str) -> Reason | None:
        """Return by which rule URLs of the same shape were turned away last; None when there were none."""
        reason = self._refused.get(shape_of(url))
        return Reason(reason) if reason else None

    def counts(self) -> Counts:
        """Return what is to be remembered."""
        barren = {} if self._endless is None else self._endless.barren.as_dict()
        return Counts(
            {family: pages for family, pages in barren.items() if pages},
            self._hosts.as_dict(),
            self._patterns.as_dict(),
            self._refused.as_dict(),
        )

    def recall(self, counts: Counts) -> None:
        """Go on from what was remembered."""
        if self._endless is not None:
            self._endless.barren.update(counts.barren)
        self._hosts.update(counts.hosts)
        self._patterns.update(counts.patterns)
        self._refused.update(counts.refused)

    def _by_query(self, url: str, shape: str) -> Reason | None:
        if self._sessions is not None and (reason := self._sessions.refuses(url)) is not None:
            return reason
        return self._mixed.refuses(shape, url) if self._mixed is not None else None

    def _by_number(self, url: str, shape: str) -> Reason | None:
        host, pattern = self._limits.host_budget, self._limits.pattern_budget
        if host is not None and _full(self._hosts, origin_of(url), host):
            return Reason.HOST_BUDGET
        if pattern is not None and "<" in shape and _full(self._patterns, shape, pattern):
            return Reason.PATTERN_BUDGET
        return None


def _full(counts: Recent[int], name: str, most: int) -> bool:
    if counts[name] >= most:
        return True
    counts[name] += 1
    return False
