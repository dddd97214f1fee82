"""When a crawl is killed: planned at random from a seed, the same moments each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from subprocess import Popen

from crawler.testing.durability.found import pages_in

#: Seconds between two looks at the state.
_EVERY = 0.004
#: Seconds that a kill comes after its page, at most: longer than what is written at once comes together for.
_JITTER = 0.08
#: So much longer than it took undisturbed may an opening or closing take, and still be hit.
_LONGER = 1.2


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in the life of a crawl.

    Attributes:
        phase: "pages": the state holds so many; "opening", "life", "closing": so long after its begin.
        share: of all pages, or of the time that the phase took undisturbed; from 0 to 1.
        jitter: seconds to add, for "pages".
    """

    phase: str
    share: float
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Course:
    """How an undisturbed crawl went.

    Attributes:
        pages: how many there were.
        opening: seconds until the state held the first one.
        closing: seconds from the last one to the end.
        seconds: all of it.
    """

    pages: int
    opening: float
    closing: float
    seconds: float


def plan(seed: int, run: int, kills: int) -> list[Moment]:
    """Return the moments of one run, which follow from seed and number alone.

    Every third is by the clock, so that opening, going on and closing are hit; the others are spread evenly
    over the pages, the earlier first.
    """
    chance = Random(f"{seed}/{run}")
    by_clock = [(run + number) % 3 == 2 for number in range(kills)]
    phases = [chance.choice(("opening", "life", "closing")) if clock else "pages" for clock in by_clock]
    phases.sort(key=lambda phase: phase == "closing")  # a crawl that is over is not there to be killed again
    shares = sorted(chance.random() for _ in range(kills))
    return [Moment(phase, shares[n], chance.uniform(0, _JITTER)) for n, phase in enumerate(phases)]


def wait_for(moment: Moment, course: Course, folder: Path, process: Popen[bytes], limit: float) -> bool:
    """Wait until the moment has come, or the process is over; False when it has lived for `limit` seconds."""
    began = time.monotonic()

    def until(come: Callable[[], bool]) -> None:
        while not come() and process.poll() is None and time.monotonic() - began < limit:
            time.sleep(_EVERY)

    def until_time(seconds: float) -> None:
        end = time.monotonic() + seconds
        until(lambda: time.monotonic() >= end)

    there = pages_in(folder)
    if moment.phase == "opening" or (moment.phase == "pages" and there >= course.pages):
        until_time(moment.share * course.opening * _LONGER)
    elif moment.phase == "life":
        left = (course.seconds - course.opening) * (1 - there / course.pages)
        until_time(moment.share * (course.opening + left))
    elif moment.phase == "closing":
        until(lambda: pages_in(folder) >= course.pages)
        until_time(moment.share * course.closing * _LONGER)
    else:
        goal = max(there, int(moment.share * course.pages)) + 1
        until(lambda: pages_in(folder) >= min(goal, course.pages))
        until_time(moment.jitter)
    return time.monotonic() - began < limit


def observe(folder: Path, process: Popen[bytes], limit: float) -> Course:
    """Watch an undisturbed crawl to its end. Raises TimeoutError after `limit` seconds."""
    began = time.monotonic()
    first = last = None
    pages = 0
    while process.poll() is None:
        now = time.monotonic()
        if now - began > limit:
            raise TimeoutError
        found = pages_in(folder)
        if found > pages:
            first, last, pages = first or now, now, found
        time.sleep(_EVERY)
    end = time.monotonic()
    first, last = first or end, last or end
    return Course(pages_in(folder), first - began, end - last, end - began)
