"""What came of a torture, by kind of call: for people, and as JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from crawler.testing.durability.torture.trial import Outcome

_SHOWN = 20


@dataclass(slots=True)
class Report:
    """What came of it.

    Attributes:
        config: the configuration, as it was named.
        seed: of the sample.
        calls: how many calls of each kind an undisturbed crawl makes.
        outcomes: what came of each trial.
        seconds: how long it took.
    """

    config: str
    seed: int
    calls: dict[str, int]
    outcomes: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def wrong(self) -> list[Outcome]:
        """The trials in which something was wrong."""
        return [outcome for outcome in self.outcomes if outcome.wrong]

    @property
    def right(self) -> bool:
        """Whether nothing was."""
        return not self.wrong

    def finish(self) -> None:
        """Put the trials in order."""
        order = {name: number for number, name in enumerate(self.calls)}
        self.outcomes.sort(key=lambda outcome: (order[outcome.kind], outcome.call))

    def rows(self) -> list[dict[str, Any]]:
        """Return one row for each kind: its calls, trials, exit codes, what brought them to their end."""
        rows = []
        for kind, calls in self.calls.items():
            of_kind = [outcome for outcome in self.outcomes if outcome.kind == kind]
            if not (of_kind or calls):
                continue
            reached = [outcome for outcome in of_kind if outcome.reached]
            rows.append(
                {
                    "kind": kind,
                    "calls": calls,
                    "trials": len(of_kind),
                    "failed": len(reached),
                    "codes": dict(
                        sorted(Counter(outcome.codes[0] for outcome in reached if outcome.codes).items())
                    ),
                    "ways": dict(
                        Counter(way for outcome in reached for way in outcome.ways or ["by itself"])
                    ),
                    "reasons": sorted({reason for outcome in reached for reason in outcome.reasons}),
                    "wrong": sum(bool(outcome.wrong) for outcome in of_kind),
                }
            )
        return rows

    def text(self) -> str:
        """Return it for people: a table, then what was wrong and how to repeat it."""
        lines = [f"{'call':<18} {'calls':>6} {'trials':>6} {'wrong':>6}  ended with; then"]
        for row in self.rows():
            codes = ", ".join(f"{code} {number}x" for code, number in row["codes"].items())
            ways = ", ".join(f"{way} {number}x" for way, number in row["ways"].items())
            if row["reasons"]:
                ways += f" ({', '.join(row['reasons'])})"
            lines.append(
                f"{row['kind']:<18} {row['calls']:>6} {row['trials']:>6} {row['wrong']:>6}  "
                + (f"{codes}; {ways}" if codes else "")
            )
        trials, wrong = len(self.outcomes), len(self.wrong)
        lines.append(f"{trials} trials, {wrong} wrong, in {self.seconds:.0f} s")
        groups = self._groups()
        for outcomes in groups[:_SHOWN]:
            lines += ["", *self._told(outcomes)]
        if len(groups) > _SHOWN:
            lines += ["", f"and {len(groups) - _SHOWN} more of other kinds"]
        return "\n".join(lines)

    def json(self) -> str:
        """Return it as one line of JSON."""
        wrong = [
            {
                "kind": outcome.kind,
                "call": outcome.call,
                "wrong": outcome.wrong,
                "codes": outcome.codes,
                "where": outcome.where,
                "folder": outcome.folder,
                "repeat": self.repeat(outcome),
            }
            for outcome in self.wrong
        ]
        return json.dumps(
            {
                "config": self.config,
                "seed": self.seed,
                "trials": len(self.outcomes),
                "right": self.right,
                "seconds": round(self.seconds, 1),
                "kinds": self.rows(),
                "wrong": wrong,
            }
        )

    def repeat(self, outcome: Outcome) -> str:
        """Return the command that tries the same call again."""
        return f"crawl test {self.config} --torture --kind {outcome.kind} --call {outcome.call}"

    def _groups(self) -> list[list[Outcome]]:
        """Return the trials in which something was wrong, those together that are alike."""
        groups: dict[tuple[str, ...], list[Outcome]] = {}
        for outcome in self.wrong:
            wrong = re.sub(r"[0-9]+|\(.*?\)", "", "; ".join(outcome.wrong))
            groups.setdefault((outcome.kind, wrong, *outcome.where[:1]), []).append(outcome)
        return list(groups.values())

    def _told(self, outcomes: Sequence[Outcome]) -> list[str]:
        first, *others = outcomes
        lines = [f"{first.kind} {first.call}: {'; '.join(first.wrong)}", f"  exit codes {first.codes}"]
        if first.where:
            lines.append(f"  at {' < '.join(first.where)}")
        lines += [f"  | {line}" for line in first.said.splitlines()[-6:]]
        lines += [f"  folder {first.folder}", f"  again: {self.repeat(first)}"]
        if others:
            lines.append(f"  the same at calls {', '.join(str(one.call) for one in others)}")
        return lines
