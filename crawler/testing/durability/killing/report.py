"""What killing a crawl again and again has shown, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from crawler.testing.durability.found import Difference
from crawler.testing.durability.killing.moments import Course, Moment
from crawler.testing.durability.trial import OUTPUTS

#: What each kind of difference means.
MEANINGS = {
    "missing": "items that an undisturbed crawl has are not there",
    "twice": "items are there more often than in an undisturbed crawl",
    "other": "items that an undisturbed crawl does not have",
    "torn": "lines, rows or databases that are not whole",
    "left": "files or processes that an undisturbed crawl does not leave",
    "gone": "files that an undisturbed crawl leaves are not there",
    "waiting": "URLs that still wait in the state",
    "lost": "URLs that the state does not know",
    "invented": "URLs that only this crawl's state knows",
    "end": "URLs that came to another end",
    "again": "fetches of what the state held as over",
    "refetched": "fetches more than the kills explain",
    "ended": "the command ended otherwise than it should",
    "also": "what was asked for besides does not hold",
}
_ITEM_KINDS = ("missing", "twice", "other")
_WORST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill that hit a living crawl.

    Attributes:
        moment: as it was planned.
        pages: that the state held then.
        seconds: that the process had lived.
        in_flight: fetches that had begun and of whose end the state knew nothing.
    """

    moment: Moment
    pages: int
    seconds: float
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One crawl that was killed and run again until it was over.

    Attributes:
        number: with the seed it says when the kills come.
        planned: how many kills.
        kills: those that hit it alive.
        lives: how many processes it took.
        fetches: that began, in all lives; robots.txt apart.
        refetches: those that only the kills made necessary.
        differences: from an undisturbed crawl; none when all is exact.
        seconds: that it took.
        folder: where all of it is, when there are differences.
    """

    number: int
    planned: int
    kills: Sequence[Kill]
    lives: int
    fetches: int
    refetches: int
    differences: Sequence[Difference]
    seconds: float
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What all runs have shown.

    Attributes:
        config: the configuration's path.
        seed: what all moments come from.
        course: how the undisturbed crawl went.
        items: how many items it gave.
        urls: how many requests its state knows.
        site: which site it was, in words.
        notes: what has to be known of the comparison.
        runs: one after the other.
    """

    config: str
    seed: int
    course: Course
    items: int
    urls: int
    site: str
    notes: Sequence[str]
    runs: list[Run] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether no run differs in anything from an undisturbed crawl."""
        return not self.wrong

    @property
    def wrong(self) -> list[Run]:
        """The runs that differ."""
        return [run for run in self.runs if run.differences]

    @property
    def kills(self) -> list[Kill]:
        """All kills that hit a living crawl."""
        return [kill for run in self.runs for kill in run.kills]

    def count(self, kind: str, where: str = "") -> int:
        """Return how many differences of a kind there are in all runs, in one place or everywhere."""
        return sum(
            one.count
            for run in self.runs
            for one in run.differences
            if one.kind == kind and where in ("", one.where)
        )

    def as_json(self) -> str:
        """Return everything as one line of JSON."""
        values = asdict(self) | {"exact": self.exact}
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    def as_text(self) -> str:
        """Return what is worth reading, a table and a verdict."""
        return "\n".join([*self._head(), "", *self._table(), *self._wrong(), "", self._verdict()])

    def _head(self) -> list[str]:
        course = self.course
        undisturbed = (
            f"undisturbed: {course.pages:,} pages, {self.urls:,} URLs, {self.items:,} items, "
            f"{course.seconds:.1f} s ({self.site})"
        )
        return [self.config, undisturbed, *(f"note: {note}" for note in self.notes)]

    def _table(self) -> list[str]:
        runs, kills = self.runs, self.kills
        planned = sum(run.planned for run in runs)
        phases = Counter(kill.moment.phase for kill in kills)
        hit = ", ".join(f"{number} {_PHASES[phase]}" for phase, number in sorted(phases.items()))
        flying = [kill.in_flight for kill in kills]
        refetches = sum(run.refetches for run in runs)
        slowest = max((run.seconds for run in runs), default=0.0)
        rows = [
            ("runs", f"{len(runs)} of {sum(run.lives for run in runs)} lives, seed {self.seed}"),
            ("kills", f"{len(kills)} of {planned} planned{': ' + hit if hit else ''}"),
            *((name, self._items_of(name)) for name in OUTPUTS),
            ("whole", _no("torn", self.count("torn")) + "; " + _no("left behind", self.count("left"))),
            ("URLs", self._urls()),
            ("fetches", f"{sum(run.fetches for run in runs):,}"),
            ("refetches", f"{refetches:,}; in flight at the kills: {sum(flying):,}"),
            ("of one kill", f"{max(flying, default=0)} in flight at most"),
            ("over, and again", _no("fetched again", self.count("again"))),
            ("time", f"{sum(run.seconds for run in runs):.0f} s, {slowest:.1f} s the longest run"),
        ]
        return [f"  {name:<16} {words}" for name, words in rows]

    def _items_of(self, name: str) -> str:
        return ", ".join(f"{self.count(kind, name)} {kind}" for kind in _ITEM_KINDS)

    def _urls(self) -> str:
        return ", ".join(f"{self.count(kind)} {kind}" for kind in ("waiting", "lost", "invented")) + (
            f", {self.count('end')} with another end"
        )

    def _wrong(self) -> list[str]:
        lines: list[str] = []
        for run in self.wrong[:_WORST_SHOWN]:
            again = f"--kill --kills {run.planned} --seed {self.seed} --only {run.number}"
            lines += ["", f"run {run.number} (again with {again}):"]
            for kill in run.kills:
                lines.append(f"  killed with {kill.pages:,} pages, {kill.seconds:.2f} s after its start")
            for one in run.differences:
                lines.append(f"  {one.where}: {one.count} {one.kind}: {MEANINGS[one.kind]}")
                lines += [f"    {example}" for example in one.examples]
            lines.append(f"  its folder: {run.folder}")
        more = len(self.wrong) - _WORST_SHOWN
        return [*lines, "", f"and {more} more wrong runs"] if more > 0 else lines

    def _verdict(self) -> str:
        if self.wrong:
            return f"{len(self.wrong)} of {_number(len(self.runs), 'run')} differ from an undisturbed crawl"
        if not self.kills:
            return "no kill hit a crawl: nothing was tried"
        runs, kills = _number(len(self.runs), "run"), _number(len(self.kills), "kill")
        return f"exact: {runs}, {kills}, nothing lost and nothing twice"


_PHASES = {
    "pages": "between pages",
    "life": "by the clock",
    "opening": "while opening",
    "closing": "while closing",
}


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _no(what: str, number: int) -> str:
    return f"{number or 'nothing'} {what}"
