"""Runs the trials of `crawl test` for the person at the terminal, and shows how far they are."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from crawler.cli.printing import write_bytes

#: Seconds between two lines where nothing can be drawn over.
_EVERY = 10.0


class StatusLine:
    """One line on standard error that says how far it is: drawn over on a terminal, else now and then."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._told = time.monotonic()

    def say(self, line: str) -> None:
        """Show a line in place of the last one."""
        if self._live:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line away."""
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def kill_crawls(
    config: Path,
    overrides: Sequence[str],
    first: Sequence[str],
    runs: Sequence[int],
    kills: int,
    seed: int,
    *,
    as_json: bool,
) -> bool:
    """Kill crawls and show what came of it; return whether nothing differed.

    Raises CannotTry, ConfigError or PluginError for a configuration that cannot be tried.
    """
    from crawler.testing.durability.killing import kill
    from crawler.testing.durability.trial import subject_of

    line, began = StatusLine(), time.monotonic()

    def tell(run: int, done: int, hits: int) -> None:
        seconds = time.monotonic() - began
        line.say(f"run {run}: {done} of {len(runs)} done, {hits} kills so far, {seconds:.0f} s")

    line.say("crawling undisturbed, twice")
    try:
        report = kill(subject_of(config, overrides), runs, kills, seed, first=first, tell=tell)
    finally:
        line.end()
    _show(report.as_json() if as_json else report.as_text())
    return report.exact


def torture_crawls(
    config: Path,
    overrides: Sequence[str],
    kinds: Sequence[str],
    call: int | None,
    sample: int | None,
    seed: int,
    *,
    as_json: bool,
) -> bool:
    """Let I/O calls of crawls fail and show what came of it; return whether nothing differed.

    Raises CannotTry, ConfigError or PluginError for a configuration that cannot be tried.
    """
    from crawler.testing.durability.torture import Asked, torture

    line = StatusLine()
    line.say("crawling undisturbed, twice")
    asked = Asked(kinds, call, sample, seed)
    try:
        report = torture(
            config,
            asked,
            overrides=overrides,
            tell=lambda done, all: line.say(f"{done} of {all} trials done"),
        )
    finally:
        line.end()
    _show(report.json() if as_json else report.text())
    return report.right


def _show(text: str) -> None:
    write_bytes(text.encode(sys.stdout.encoding or "utf-8", "backslashreplace") + b"\n")
