"""The rules of a configuration, run on one URL: which line of it lets the URL in, and which keeps it out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crawler.assembly import make_scope, make_traps
from crawler.assembly.fetching import user_agent
from crawler.engine.admission import LONGEST_URL
from crawler.model import Reason
from crawler.observe.reasons import explain
from crawler.policy.robots import RobotsText, robots_token, rules_for_status
from crawler.policy.scope import Scope
from crawler.policy.shape import shape_of
from crawler.settings import Settings
from crawler.settings.finding import Path, dotted
from crawler.settings.origins import secrets
from crawler.spider import Spider
from crawler.url import host_of


@dataclass(frozen=True, slots=True)
class Rule:
    """What one rule says of a URL.

    Attributes:
        name: the setting, as in "scope.exclude"; "robots.txt" and the like where none decides.
        refuses: why the URL may not be fetched; None when this rule lets it in.
        words: what the rule says, with file and line where there are any.
    """

    name: str
    refuses: Reason | None
    words: str


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one crawl.

    Attributes:
        settings, spider: whose rules they are.
        home: the hosts of the starts.
        robots: the answer to the request for robots.txt, when it is known.
        trapped: by which rule about traps URLs of the same shape were turned away.
    """

    settings: Settings
    spider: Spider
    home: Sequence[str]
    robots: RobotsText | None = None
    trapped: Reason | None = None

    def on(self, url: str, depth: int | None = None) -> list[Rule]:
        """Return what each rule says of a canonical URL, in the order in which a crawl asks them.

        Args:
            url: in canonical form.
            depth: links away from the start, when that is known.
        """
        return [
            *self._length(url),
            *self._scope(url),
            *([] if depth == 0 else self._traps(url)),  # starts are let in
            *self._depth(depth),
            *self._robots(url),
        ]

    def _length(self, url: str) -> Iterator[Rule]:
        if len(url) > LONGEST_URL:
            words = f"the URL has {len(url):,} characters; at most {LONGEST_URL:,} may be fetched"
            yield Rule("length", Reason.EXCESS, words)

    def _scope(self, url: str) -> Iterator[Rule]:
        scope = make_scope(self.settings, self.spider)
        for host in self.home:
            scope.welcome(f"http://{host}/")
        refused = scope.refuses(url)
        yield self._hosts(url, refused)
        if refused is Reason.HOST:
            return
        if self.settings.scope.include:
            yield self._include(url, refused)
        if refused is not Reason.INCLUDE and self.settings.scope.exclude:
            yield self._exclude(url, refused)

    def _hosts(self, url: str, refused: Reason | None) -> Rule:
        named, host = self.settings.scope.hosts, host_of(url)
        path: Path = ("scope", "hosts")
        reason = refused if refused is Reason.HOST else None
        # Cases: hosts of the configuration, of the spider, of the starts; each names it, or does not.
        if named and reason:
            return Rule("scope.hosts", reason, f"{host} is none of {self.placed(path)}: {', '.join(named)}")
        if named:
            fits = next(number for number, one in enumerate(named) if not Scope([one]).refuses(url))
            return Rule("scope.hosts", None, f"{host} is in {self.entry(path, named, fits)}")
        if self.spider.hosts:
            whose = f"{type(self.spider).__name__}.hosts: {', '.join(self.spider.hosts)}"
            return Rule("hosts", reason, f"{host} is {'none of' if reason else 'in'} {whose}")
        if reason:
            words = f"{host} is not a host of the start URLs: {_some(self.home) or 'none is known'}"
            return Rule("scope.hosts", reason, f"{words}; scope.hosts names no others")
        return Rule("scope.hosts", None, f"{host} is a host of the start URLs")

    def _include(self, url: str, refused: Reason | None) -> Rule:
        path, patterns = ("scope", "include"), self.settings.scope.include
        if refused is Reason.INCLUDE:
            words = f"{self._listed(path, patterns)} has no pattern that is found in it"
            return Rule("scope.include", refused, words)
        fits = next(number for number, one in enumerate(patterns) if re.search(one, url))
        return Rule("scope.include", None, f"{self.entry(path, patterns, fits)} lets it in")

    def _exclude(self, url: str, refused: Reason | None) -> Rule:
        path, patterns = ("scope", "exclude"), self.settings.scope.exclude
        if refused is Reason.EXCLUDE:
            fits = next(number for number, one in enumerate(patterns) if re.search(one, url))
            return Rule("scope.exclude", refused, f"{self.entry(path, patterns, fits)} refuses it")
        return Rule("scope.exclude", None, f"{self._listed(path, patterns)} does not match")

    def _traps(self, url: str) -> Iterator[Rule]:
        """Yield what the rules about traps say; those that only a crawl can ask, by what was turned away."""
        reason = make_traps(self.settings).refuses(url)
        if reason is not None:
            yield self._trap(reason, f"it looks like a trap: {explain(reason).meaning}")
        elif self.trapped is not None:
            meaning = explain(self.trapped).meaning
            yield self._trap(self.trapped, f"links to URLs like {shape_of(url)} were turned away: {meaning}")

    def _trap(self, reason: Reason, words: str) -> Rule:
        keys = ("years_ahead", "years_back") if reason is Reason.CALENDAR else (str(reason),)
        limits = self.settings.traps
        said = ", ".join(f"{self.placed(('traps', key))} is {getattr(limits, key)}" for key in keys)
        return Rule(f"traps.{keys[0]}", reason, f"{words}; {said}")

    def _depth(self, depth: int | None) -> Iterator[Rule]:
        most = self.settings.limits.depth
        if depth is None or most is None:
            return
        deep = Reason.DEPTH if make_scope(self.settings, self.spider).too_deep(depth) else None
        yield Rule("limits.depth", deep, f"depth {depth} of {most}: {self.placed(('limits', 'depth'))}")

    def _robots(self, url: str) -> Iterator[Rule]:
        if self.robots is None or not self.settings.politeness.robots:
            return
        agent = robots_token(user_agent(self.settings))
        rules = rules_for_status(self.robots.status, self.robots.body, agent)
        if rules.refuses(url):
            words = forbidding_line(self.robots, agent, url) or rules.verdict
            yield Rule("robots.txt", Reason.ROBOTS, f"robots.txt forbids it to {agent}: {words}")
        else:
            verdict = "" if rules.verdict == "rules read" else f": {rules.verdict}"
            yield Rule("robots.txt", None, f"robots.txt allows it{verdict}")

    def placed(self, path: Path) -> str:
        """Return a setting's name, and file and line where it is written."""
        entry = self.settings.origins.of(path)
        return dotted(path) + (f" at {entry.place}" if entry is not None else "")

    def entry(self, path: Path, patterns: Sequence[str], number: int) -> str:
        """Return one entry of a list as it is written, with its place."""
        whole = path if len(patterns) == 1 else (*path, number)
        place = self.settings.origins.of((*path, number))
        shown = "(not shown)" if place is not None and secrets(place.node) else repr(patterns[number])
        return f"{dotted(whole)} {shown}" + (f" at {place.place}" if place is not None else "")

    def _listed(self, path: Path, patterns: Sequence[str]) -> str:
        return self.entry(path, patterns, 0) if len(patterns) == 1 else self.placed(path)


def forbidding_line(robots: RobotsText, agent: str, url: str) -> str:
    """Return the line of a robots.txt without which a URL were allowed; empty when there is no such line."""
    lines = robots.body.decode("utf-8-sig", "replace").splitlines()
    for number, line in enumerate(lines):
        alone = f"user-agent: *\n{line}".encode()
        if not rules_for_status(robots.status, alone, agent).refuses(url):
            continue
        others = "\n".join([*lines[:number], "#", *lines[number + 1 :]]).encode()
        if not rules_for_status(robots.status, others, agent).refuses(url):
            return f"line {number + 1}, {line.strip()!r}"
    return ""


def _some(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
