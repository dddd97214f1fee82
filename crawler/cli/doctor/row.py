"""What a topic of `crawl doctor` tells: rows, each with advice where something should be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at.

    Attributes:
        name: what it is, in a word or two.
        found: what was found.
        advice: what to change, and what for; "" when all is well.
        commands: what to type or write for that, each a line as it stands.
        stops: no crawl can run before it is changed.
    """

    name: str
    found: str
    advice: str = ""
    commands: tuple[str, ...] = ()
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the crawl wants of the machine.

    Attributes:
        concurrency: fetches at a time.
        folder: where its state is kept; None for memory.
    """

    concurrency: int
    folder: Path | None


Topic: TypeAlias = Callable[[Wanted], Iterable[Row]]
