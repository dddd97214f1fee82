"""A crawl is killed at random moments and run again, many times over; what it leaves has to be exact."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from crawler.testing.durability.found import (
    Difference,
    Found,
    Row,
    compare,
    ended,
    look,
    requests_in,
    wavering,
)
from crawler.testing.durability.killing.accounts import account
from crawler.testing.durability.killing.journal import PLAY, RECORD, fetches_in, journalled
from crawler.testing.durability.killing.leftovers import processes_in
from crawler.testing.durability.killing.moments import Course, Moment, observe, plan, wait_for
from crawler.testing.durability.killing.report import Kill, Report, Run
from crawler.testing.durability.site import Site, site_of
from crawler.testing.durability.trial import STATE, CannotTry, Subject, last_words, started, subject_of

#: Says in words what is wrong with the folder that a crawl was run in, besides what is compared anyway.
Also = Callable[[Path], Iterable[str]]
#: Is told before each run: its number, how many runs are done, and how many kills that took.
Tell = Callable[[int, int, int], None]

#: Seconds that an undisturbed crawl may take.
_LONGEST = 3_600.0


def survives_kills(
    config: Path | str,
    runs: int = 3,
    kills: int = 3,
    seed: int = 1,
    *,
    overrides: Sequence[str] = (),
    first: Sequence[str] = (),
    also: Also | None = None,
) -> Report:
    """Kill crawls of a configuration at random moments, run them again, and compare with an undisturbed one.

    Args:
        config: the YAML file.
        runs: how many crawls.
        kills: how often each is killed.
        seed: what the moments are drawn from.
        overrides: "key=value" each, as for `--set`.
        first: with `recrawl`, where it is the second round that is killed: what is set otherwise in the
            first one.
        also: says in words what is wrong with the folder that a crawl was run in; for what the spider's
            own stages write.

    Returns the report. Raises AssertionError, in its words, when anything differs; and CannotTry, ConfigError
    or PluginError for a configuration of which nothing can be found out.
    """
    report = kill(subject_of(config, overrides), range(1, runs + 1), kills, seed, first=first, also=also)
    assert report.exact, report.as_text()
    return report


def kill(
    subject: Subject,
    runs: Sequence[int],
    kills: int,
    seed: int,
    *,
    first: Sequence[str] = (),
    also: Also | None = None,
    tell: Tell = lambda run, done, kills: None,
) -> Report:
    """Crawl undisturbed, and then once for each number of a run, with kills; return what came of it.

    Args:
        subject: the configuration.
        runs: the numbers of the runs.
        kills: how many kills each has.
        seed: what the moments are drawn from.
        first, also: see `survives_kills`.
        tell: is told how far it has come.

    Raises CannotTry, ConfigError or PluginError.
    """
    base = Path(tempfile.mkdtemp(prefix="crawl-test-"))
    wanted = True  # somebody will want to see what went wrong
    try:
        with site_of(subject) as site:
            trials = Trials(site, base, kills, seed, also, first)
            report = trials.undisturbed()
            for number in runs:
                tell(number, len(report.runs), len(report.kills))
                report.runs.append(trials.run(number, report.course))
        wanted = not report.exact
    except (CannotTry, SystemExit, KeyboardInterrupt):
        wanted = False
        raise
    finally:
        if not wanted:
            shutil.rmtree(base, ignore_errors=True)
    return report


@dataclass(slots=True)
class _Lives:
    """What is known of a run while it goes on.

    Attributes:
        kills: those that hit it alive.
        after: the requests in the state after each of them.
        number: how many lives there were.
        status: the exit code of the one that came to its end; None when none did.
        over: there is to be no further one.
    """

    kills: list[Kill]
    after: list[list[Row]]
    number: int = 0
    status: int | None = None
    over: bool = False


class Trials:
    """All crawls of one configuration.

    Args:
        site: where they go.
        base: a folder for their folders.
        kills: how many kills a run has.
        seed: what the moments are drawn from.
        also, first: see `survives_kills`.
    """

    def __init__(
        self, site: Site, base: Path, kills: int, seed: int, also: Also | None, first: Sequence[str] = ()
    ) -> None:
        self._first = first
        self._site = site
        self._base = base
        self._kills = kills
        self._seed = seed
        self._also = also
        self._whole: Found | None = None
        self._wavering: set[str] = set()
        self._limit = _LONGEST

    def undisturbed(self) -> Report:
        """Crawl twice without a kill; return a report without runs. Raises CannotTry."""
        course, whole = self._to_the_end("undisturbed", RECORD)
        course_again, again = self._to_the_end("undisturbed-again", PLAY)
        self._whole = whole
        items = whole.items["items.jsonl"]
        if not items:
            raise CannotTry("not one item came of the undisturbed crawl: there is nothing to compare", 6)
        self._must_be_deterministic(whole, again)
        self._wavering = wavering(whole, again)
        self._limit = 60.0 + 10 * max(course.seconds, course_again.seconds)
        notes = []
        repeated = sum(number - 1 for number in items.values())
        if repeated:
            notes.append(f"{repeated} items come more than once undisturbed: their number is compared")
        if self._wavering:
            example = min(self._wavering)
            notes.append(
                f"{len(self._wavering)} URLs are not the same in two undisturbed crawls, and are left out "
                f"of the comparison of URLs, such as {example}"
            )
        # The second one is like all that follow: a stranger's site has answered the first one itself.
        config = str(self._site.subject.config)
        words = _site_in_words(self._site)
        return Report(config, self._seed, course_again, items.total(), len(whole.rows), words, notes)

    def run(self, number: int, course: Course) -> Run:
        """Run a crawl with its kills to its end, and compare it."""
        assert self._whole is not None
        self._site.renew()
        began = time.monotonic()
        folder = self._folder(f"run-{number:04}")
        lives = _Lives([], [])
        for moment in plan(self._seed, number, self._kills):
            if not lives.over:
                self._killed(moment, course, folder, lives)
        if not lives.over:
            lives.status = self._last(folder, lives)
        found = look(folder / "work")
        fetches = account(fetches_in(folder / "journal.jsonl"), [*lives.after, found.rows])
        differences = [
            *self._ended(lives, folder),
            *compare(self._whole, found, wavering=self._wavering),
            *fetches.differences,
            *self._besides(folder),
        ]
        if not differences:
            shutil.rmtree(folder)
        return Run(
            number,
            self._kills,
            [replace(one, in_flight=n) for one, n in zip(lives.kills, fetches.in_flight, strict=True)],
            lives.number,
            fetches.fetches,
            fetches.refetches,
            differences,
            time.monotonic() - began,
            str(folder) if differences else "",
        )

    # One life.

    def _folder(self, name: str) -> Path:
        """Return the folder for a crawl; with `recrawl`, a first round has gone to its end there."""
        folder = self._base / name
        if self._site.subject.settings.recrawl is not None:
            self._first_round(folder)
        return folder

    def _first_round(self, folder: Path) -> None:
        subject = self._site.subject.changed(self._first)
        with started(subject, folder / "work", folder / "said.txt") as process:
            status = process.wait()
        if status != 0:
            said = last_words(folder / "said.txt")
            raise CannotTry(f"the first round ended with code {status}: {said}", status)
        with closing(sqlite3.connect(folder / "work" / STATE)) as state:
            # The requests of a round that is over are of no use to the next one, but who looks on would take
            # them for its own.
            state.execute("DELETE FROM requests WHERE id > 1")
            state.execute("UPDATE requests SET state = 'waiting', attempts = 0, page = 0")
            state.commit()

    def _subject(self, folder: Path, life: int, how: str = PLAY) -> Subject:
        tape = self._base / "tape.db" if self._site.taped else None
        subject = self._site.subject if how == RECORD else self._site.replayed
        return journalled(subject, folder / "journal.jsonl", life, tape, how)

    def _killed(self, moment: Moment, course: Course, folder: Path, lives: _Lives) -> None:
        """Run it until the moment has come, and kill it; or note how it ended before."""
        lives.number += 1
        subject = self._subject(folder, lives.number)
        began = time.monotonic()
        with started(subject, folder / "work", folder / "said.txt") as process:
            came = wait_for(moment, course, folder / "work", process, self._limit)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
        if status != -signal.SIGKILL or not came:
            lives.status, lives.over = (status, True) if came else (None, True)
            return
        try:
            rows = requests_in(folder / "work")
        except sqlite3.Error:  # the comparison will say what is wrong with it
            lives.over = True
            return
        lives.after.append(rows)
        lives.kills.append(Kill(moment, sum(row.page for row in rows), time.monotonic() - began))
        if any(row.page for row in rows) and ended(folder / "work"):
            lives.status, lives.over = 0, True  # it had said so: to run it again would be another crawl

    def _last(self, folder: Path, lives: _Lives) -> int | None:
        """Run it to its end; return its exit code, None when it did not end in time."""
        lives.number += 1
        subject = self._subject(folder, lives.number)
        with started(subject, folder / "work", folder / "said.txt") as process:
            try:
                return process.wait(self._limit)
            except subprocess.TimeoutExpired:
                return None

    def _to_the_end(self, name: str, how: str) -> tuple[Course, Found]:
        self._site.renew()
        folder = self._folder(name)
        with started(self._subject(folder, 1, how), folder / "work", folder / "said.txt") as process:
            try:
                course = observe(folder / "work", process, self._limit)
            except TimeoutError:
                raise CannotTry(f"an undisturbed crawl took more than {self._limit:.0f} s") from None
        if process.returncode != 0:
            said = last_words(folder / "said.txt")
            raise CannotTry(
                f"the undisturbed crawl ended with code {process.returncode}: {said}", process.returncode
            )
        return course, look(folder / "work")

    # What is wrong besides.

    def _must_be_deterministic(self, one: Found, other: Found) -> None:
        items = [found for found in compare(one, other) if found.where in one.items and found.kind != "torn"]
        if items:
            example = items[0].examples[0]
            raise CannotTry(
                "the spider itself is not deterministic: two undisturbed crawls differ: "
                f"{items[0]}, such as {example}",
                11,
            )

    def _ended(self, lives: _Lives, folder: Path) -> list[Difference]:
        if lives.status == 0:
            return []
        if lives.status is None:
            return [Difference("ended", "command", 1, [f"it did not end within {self._limit:.0f} s"])]
        words = last_words(folder / "said.txt")
        return [Difference("ended", "command", 1, [f"code {lives.status}: {words}"])]

    def _besides(self, folder: Path) -> list[Difference]:
        left = processes_in(folder / "work")
        found = [Difference("left", "processes", len(left), left[:3])] if left else []
        wrong = list(self._also(folder / "work")) if self._also is not None else []
        return [*found, Difference("also", "folder", len(wrong), wrong[:3])] if wrong else found


def _site_in_words(site: Site) -> str:
    if site.server is not None:
        return "the demo site, in a process of its own; as new for each run"
    return "answers recorded in the first crawl" if site.taped else "a site on this machine"
