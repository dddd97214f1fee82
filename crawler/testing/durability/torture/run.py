"""Torture: for each kind of call and n = 1, 2, 3 ... a crawl in which the n-th call of that kind fails once.

As SQLite tests itself. Crawls that begin, crawls that go on after a kill (`killed/write`), and crawls that
go on after their limit of pages (`stopped/write`). `crawl test CONFIG --torture` calls `torture(config)`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from crawler.testing.durability.faults.calls import KINDS
from crawler.testing.durability.found import compare, look, wavering
from crawler.testing.durability.site import Site, site_of
from crawler.testing.durability.torture.crawl import Fault, Ran, warm
from crawler.testing.durability.torture.report import Report
from crawler.testing.durability.torture.trial import PHASES, Also, Bench, prepare, reasons_of, split, start
from crawler.testing.durability.torture.trials import NAMES, Asked, tried
from crawler.testing.durability.trial import CannotTry, Subject, subject_of

__all__ = ["Asked", "torture"]

#: Seconds that a run may take.
LIMIT = 60.0


def torture(
    config: Path | str,
    asked: Asked | None = None,
    *,
    overrides: Sequence[str] = (),
    also: Also = lambda folder: (),
    tell: Callable[[int, int], None] = lambda done, all: None,
) -> Report:
    """Have one call after the other fail, and say what came of it.

    To be called from a process that has no threads: each crawl is a fork of it.

    Args:
        config: the YAML file; it starts at the demo site, or at a site of this machine.
        asked: what is tried; by default every call of every kind.
        overrides: "key=value" each, as `--set` takes them.
        also: called with the folder of each crawl that is over; returns what else is wrong there, in words.
        tell: is told after each trial how many are done, and of how many, as far as that is known.

    Raises CannotTry for a configuration that cannot be tried so, ConfigError for a wrong one.
    """
    asked = asked or Asked()
    if not hasattr(os, "fork"):
        raise CannotTry("this system cannot fork, which is how each crawl gets its faults")
    unknown = [kind for kind in asked.kinds if kind not in NAMES]
    if unknown:
        raise CannotTry(f"there is no kind of call {unknown[0]!r}; there are: {', '.join(NAMES)}")
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="crawl-torture-"))
    subject = subject_of(config, overrides)
    try:
        with site_of(subject) as site:
            bench, calls = _undisturbed(_by_name(site), folder, asked)
            bench.also = also
            report = Report(str(config), asked.seed, calls)
            for outcome in tried(bench, calls, asked, tell):
                report.outcomes.append(outcome)
    except BaseException:
        shutil.rmtree(folder)
        raise
    report.seconds = time.monotonic() - began
    report.finish()
    if report.right:
        shutil.rmtree(folder)
    return report


# The site.


def _by_name(site: Site) -> Subject:
    """Return the configuration with the demo site called by a name, so that there is one to look up.

    The site refuses only its first visitor what it refuses once: trials run beside each other, and it
    cannot be as new for each.
    """
    if site.taped:
        raise CannotTry("only the demo site and sites of this machine can be crawled with calls that fail")
    if site.server is None:
        return site.subject
    called = [override.replace("//127.0.0.1:", "//localhost:") for override in site.subject.overrides]
    return replace(site.subject, overrides=tuple(called))


# What an undisturbed crawl does.


def _undisturbed(subject: Subject, folder: Path, asked: Asked) -> tuple[Bench, dict[str, int]]:
    """Crawl without a fault; return what trials are compared with, and the calls of each kind."""
    first, second = folder / "undisturbed-1", folder / "undisturbed-2"
    ran = _went_well(start(subject, first, LIMIT))
    warm(ran.modules)
    again = _went_well(start(subject, second, LIMIT, Fault("fsync")))
    whole, other = look(first), look(second)
    bench = Bench(subject, folder, LIMIT, whole, wavering(whole, other), reasons_of(first))
    _same(bench, second, "two undisturbed crawls differ: the spider or its site is not deterministic")
    if not any(whole.items.values()):
        raise CannotTry("not one item came of the undisturbed crawl: there is nothing to compare", 6)
    bench.left = Counter(ran.left) | Counter(again.left)
    calls = _counted("", ran, again.calls.get("fsync", 0))
    _must_see(calls, plugin=subject.settings.fetch.use is not None)
    bench.half = max(1, calls["commit"] // 2)
    for phase in PHASES[1:]:
        if not asked.kinds or phase in {split(kind)[0] for kind in asked.kinds}:
            calls |= _go_on(bench, phase, calls["fsync"])
    return bench, calls


def _must_see(calls: Mapping[str, int], *, plugin: bool) -> None:
    """Raise RuntimeError when there were no calls of a kind that there must be.

    Args:
        calls: how many calls of each kind there were.
        plugin: what fetches is a plugin.
    """
    for kind in KINDS:
        if kind.always and not (calls[kind.name] or (plugin and kind.fetching)):
            raise RuntimeError(
                f"the hook for {kind.name} saw no call: nothing calls what it is put on any more"
            )


def _go_on(bench: Bench, phase: str, fsync: int) -> dict[str, int]:
    """Go on from what a phase begins with, without a fault; return the calls of each kind."""
    folder = bench.folder / f"undisturbed-{phase}"
    prepare(bench, folder, phase)
    ran = _went_well(start(bench.subject, folder, LIMIT))
    _same(bench, folder, f"a crawl that was {phase} and goes on differs from an undisturbed one")
    bench.left |= Counter(ran.left)
    return _counted(phase, ran, fsync)


def _same(bench: Bench, folder: Path, words: str) -> None:
    differences = compare(bench.whole, look(folder), wavering=bench.wavering)
    if differences:
        told = "; ".join(f"{one} ({one.examples[0]})" for one in differences)
        raise CannotTry(f"{words}: {told}", 11)


def _counted(phase: str, ran: Ran, fsync: int) -> dict[str, int]:
    calls = {kind.name: ran.calls.get(kind.name, 0) for kind in KINDS}
    calls["fsync"] = fsync  # which is tried in crawls that make their files certain
    return {f"{phase}/{name}".lstrip("/"): number for name, number in calls.items()}


def _went_well(ran: Ran) -> Ran:
    if ran.code:
        raise CannotTry(
            f"the undisturbed crawl ended with code {ran.code}: {ran.said[-2_000:]}", max(0, ran.code)
        )
    return ran
