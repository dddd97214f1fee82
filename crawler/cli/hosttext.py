"""How each host of a crawl stands: for people a few lines each, for programs a list."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from crawler.assembly.fetching import user_agent
from crawler.cli.wording import in_words, number_of
from crawler.observe.terminal import safe
from crawler.policy.robots import FRESH_SECONDS, RobotsText, robots_token, rules_for_status
from crawler.settings import Settings
from crawler.store.hosts import Host

#: So many hosts are shown to people, those with the longest queues.
_MOST = 20
#: So many reasons of one host.
_REASONS = 6


class View(NamedTuple):
    """What of a configuration matters to hosts.

    Attributes:
        agent: what robots.txt is read for.
        longest: seconds that no host is left alone for.
    """

    agent: str
    longest: float


def view_of(settings: Settings | None) -> View:
    """Return what matters to hosts; without settings, by the defaults."""
    known = settings or Settings()
    return View(robots_token(user_agent(known)), known.politeness.max_delay if settings else math.inf)


def hosts_as_json(hosts: Sequence[Host], view: View) -> list[dict[str, Any]]:
    """Return all hosts, for JSON: longest queue first."""
    return [
        {
            "host": host.origin,
            "waiting": host.waiting,
            "delayed": host.delayed,
            "due": host.due,
            "done": host.done,
            "gave_up": host.gave_up,
            "refused": host.refused,
            "answers": host.answers,
            "mean_seconds": host.seconds / host.answers if host.answers else None,
            "last_contact": host.contacted,
            "rest": host.rest,
            "robots": None
            if host.robots is None
            else {
                "status": host.robots.status,
                "age": host.robots_age,
                "forbids_all": _forbids_all(host.robots, host.origin, view.agent),
            },
        }
        for host in hosts
    ]


def hosts_as_text(hosts: Sequence[Host], view: View, now: float) -> str:
    """Return the hosts with the longest queues, for people.

    Args:
        hosts: longest queue first.
        view: what of the configuration matters.
        now: seconds since 1970.
    """
    lines: list[str] = []
    for host in hosts[:_MOST]:
        lines += [host.origin, *(f"  {label:<9} {words}" for label, words in _rows(host, view, now))]
    if len(hosts) > _MOST:
        rest = hosts[_MOST:]
        waiting = sum(host.waiting + host.delayed for host in rest)
        others = number_of(len(rest), "further host")
        lines.append(f"and {others}, for which {number_of(waiting, 'request')} wait; --json shows all")
    return "".join(safe(line, 2_000) + "\n" for line in lines or ["no host is known yet"])


def _rows(host: Host, view: View, now: float) -> Iterator[tuple[str, str]]:
    waiting = f"{host.waiting + host.delayed:,}"
    if host.due is not None:
        more = f"for {in_words(host.due - now)} more" if host.due > now else "until now"
        waiting += f", {host.delayed:,} of them delayed, the first {more}"
    yield "waiting", waiting
    if host.rest:
        yield "rests", f"may be contacted again in {in_words(host.rest)}"
    for label, ends in (("done", host.done), ("gave up", host.gave_up), ("refused", host.refused)):
        if ends or label == "done":
            yield label, f"{sum(ends.values()):,}{_reasons(ends)}"
    if host.answers:
        mean = in_words(host.seconds / host.answers)
        yield "answers", f"to {number_of(host.answers, 'request')}, in {mean} on average"
    if host.contacted is not None:
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(host.contacted))
        yield "contact", f"the last one ended at {at}, {in_words(max(0.0, now - host.contacted))} ago"
    if host.robots is not None:
        yield "robots", _robots(host.robots, host, view.agent)


def _reasons(ends: Mapping[str, int]) -> str:
    if set(ends) <= {"ok"}:
        return ""
    found = sorted(ends.items(), key=lambda one: (-one[1], one[0]))
    told = [f"{number:,} {reason}" for reason, number in found[:_REASONS]]
    more = f", {len(found) - _REASONS:,} further reasons" if len(found) > _REASONS else ""
    return f": {', '.join(told)}{more}"


def _robots(robots: RobotsText, host: Host, agent: str) -> str:
    old = ", too old to go by" if host.robots_age >= FRESH_SECONDS else ""
    forbids = _forbids_all(robots, host.origin, agent)
    rules = rules_for_status(robots.status, robots.body, agent)
    words = "forbids everything, or nearly so" if forbids else rules.verdict
    return f"read {in_words(host.robots_age)} ago{old}: {words}"


def _forbids_all(robots: RobotsText, origin: str, agent: str) -> bool:
    """Say whether robots.txt forbids the front page and what nobody has named in it."""
    rules = rules_for_status(robots.status, robots.body, agent)
    return rules.refuses(f"{origin}/") and rules.refuses(f"{origin}/a-page-that-no-rule-names")
