"""Placement: where a plugin's code runs, and within which limits."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from typing import Literal

from crawler.cgroup import Cgroup
from crawler.errors import PluginError
from crawler.nearest import nearest

Run = Literal["loop", "thread", "process"]
PLACES: tuple[Run, ...] = ("loop", "thread", "process")

_WORKERS = {"loop": 16, "thread": 4}
_QUEUE = 100
_TIMEOUT = 60.0
_MEMORY = 1_000_000_000
#: The seconds that stand for "as long as it takes".
ENDLESS = 365 * 86_400.0
#: Seconds that making and opening the code may take, where one call may not take longer.
SETUP = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where code runs, and within which limits; None for what is not said.

    Attributes:
        run: "loop", "thread" or "process".
        workers: calls at a time: on the loop, or threads, or processes.
        queue: calls that may wait; while there are more, the crawl fetches no further page.
        timeout: seconds that one call may take.
        memory: bytes that a worker process may grow by, once it has been set up.
        recycle: calls after which a worker process is replaced by a new one.

    Raises PluginError for a value that cannot be.
    """

    run: Run | None = None
    workers: int | None = None
    queue: int | None = None
    timeout: float | None = None
    memory: int | None = None
    recycle: int | None = None

    def __post_init__(self) -> None:
        if self.run is not None and self.run not in PLACES:
            hint = nearest(str(self.run), PLACES) or "code runs on the loop, in a thread or in a process"
            raise PluginError(f"run must be 'loop', 'thread' or 'process', not {self.run!r} ({hint})")
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            kinds = (int, float) if field.name == "timeout" else (int,)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, kinds) or not value > 0:
                what = "seconds" if field.name == "timeout" else "a whole number"
                raise PluginError(f"{field.name} must be {what} above 0, not {value!r}")
        if self.run in ("loop", "thread"):
            for name in ("memory", "recycle"):
                if getattr(self, name) is not None:
                    raise PluginError(f"{name} is for run='process'; it has no effect in a {self.run}")

    @property
    def limits(self) -> list[str]:
        """The names of the limits that are said."""
        return [field.name for field in fields(self)[1:] if getattr(self, field.name) is not None]

    def over(self, other: Placement) -> Placement:
        """Return this one, with what it does not say taken from `other`."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in said.items():
            if value is None and not (name in ("memory", "recycle") and self.run in ("loop", "thread")):
                said[name] = getattr(other, name)
        return Placement(**said)

    def full(self, *, batch: bool = False) -> Resolved:
        """Return all values, with the defaults for what is not said; a batch has one worker unless set."""
        run = self.run or "loop"
        workers = self.workers or (1 if batch else _WORKERS.get(run) or cores())
        return Resolved(
            run=run,
            workers=workers,
            queue=self.queue or _QUEUE,
            timeout=self.timeout or _TIMEOUT,
            memory=self.memory or _MEMORY,
            recycle=self.recycle,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A placement with nothing left open; the same attributes as `Placement`."""

    run: Run
    workers: int
    queue: int
    timeout: float
    memory: int
    recycle: int | None = None

    @property
    def setup(self) -> float:
        """Seconds that a worker may take until it is ready for calls."""
        return max(SETUP, self.timeout) if self.timeout < ENDLESS else SETUP


def cores() -> int:
    """Return how many processor cores this process may use; a container may give it the time of fewer."""
    may = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = Cgroup().cores()
    return may if quota is None else max(1, min(may, int(quota)))
