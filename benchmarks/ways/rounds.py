"""Runs the ways in turns, and checks that all of them did the same work."""

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ways import watch

LIMIT = 120.0  # seconds that one run may take


class Differing(Exception):
    """Two ways of one job came to different results."""


@dataclass(frozen=True)
class Run:
    """One run to be made: the row and column it is for, and what `ways.one` is told."""

    row: str
    column: str
    arguments: tuple[str, ...]
    rounds: int

    @property
    def work(self) -> tuple[str, ...]:
        """What is to be done, whichever way."""
        return self.arguments[:2]


@dataclass
class Figures:
    """What was measured: the figures of each round, by row and column."""

    rounds: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def median(self, row: str, column: str, name: str) -> float | None:
        """The median of one figure over the rounds, None when it was not measured."""
        found = self.rounds.get((row, column))
        return statistics.median(one[name] for one in found) if found else None

    def rate(self, row: str, column: str, count: int) -> float | None:
        """So many in how many seconds: the median, a second."""
        seconds = self.median(row, column, "seconds")
        return count / seconds if seconds else None

    def ratio(self, row: str, other: str, column: str) -> float | None:
        """How many times as fast one row is as another: the median of the ratios of each round."""
        pairs = zip(self.rounds.get((row, column), ()), self.rounds.get((other, column), ()), strict=False)
        ratios = [theirs["seconds"] / mine["seconds"] for mine, theirs in pairs]
        return statistics.median(ratios) if ratios else None


def measured(runs: Iterable[Run], rounds: int) -> Figures:
    """Make the runs in turns, in each round beginning with another one.

    Raises: Failed when one fails, Differing when their results are not the same.
    """
    figures, proofs = Figures(), dict[tuple[str, ...], tuple[str, Any]]()
    runs = list(runs)
    for number in range(rounds):
        due = [run for run in runs if number < run.rounds]
        begin = number % max(1, len(due))
        for run in due[begin:] + due[:begin]:
            print(f"round {number + 1}: {run.row}, {run.column}", file=sys.stderr, flush=True)
            found = watch.run("ways.one", run.arguments, LIMIT)
            first = proofs.setdefault(run.work, (run.row, found["proof"]))
            if first[1] != found["proof"]:
                raise Differing(f"{run.row} came to {found['proof']}, {first[0]} to {first[1]}: {run.work}")
            figures.rounds[run.row, run.column].append(found)
    return figures
