"""Runs one crawl for the person at the terminal: progress, log, signals, summary, exit code."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from anyio import create_task_group
from rich.console import Console
from rich.text import Text

from crawler.assembly import Parts, open_crawl
from crawler.cli import platform
from crawler.cli.exitcodes import ExitCode
from crawler.cli.interrupts import Interrupts
from crawler.cli.wording import number_of
from crawler.contracts import Listener, Sink
from crawler.engine import Engine
from crawler.errors import OutputError, StateError, leaves
from crawler.events import Closed, Event, Opened
from crawler.export import StdoutSink
from crawler.observe.console import ConsoleHandler
from crawler.observe.log import EventLog
from crawler.observe.progress import Progress
from crawler.observe.stats import Stats
from crawler.observe.summary import Written, summary_json, summary_table
from crawler.observe.terminal import show, stderr_console
from crawler.settings import Settings
from crawler.spider import Spider

#: Seconds that all else has to end in, once a crawl that a signal has stopped is closed.
_LAST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class View:
    """What the person wants to see.

    Attributes:
        quiet: neither progress nor summary.
        log_level: name of the level from which on log records are shown.
        summary: "text" or "json"; None for text unless quiet.
    """

    quiet: bool = False
    log_level: str = "WARNING"
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """What may become of what an earlier run left.

    Attributes:
        fresh: the state is thrown away.
        overwrite: output files that this crawl did not write are replaced.
    """

    fresh: bool = False
    overwrite: bool = False


async def crawl(settings: Settings, spider: Spider, view: View, again: Again) -> ExitCode:
    """Run a crawl to its end, or to where a signal ends it; return the exit code.

    Raises what made the crawl fail, after the summary of what was done by then.
    """
    console, stats, task = stderr_console(), Stats(), asyncio.current_task()
    assert task is not None
    interrupts = Interrupts(
        task.cancel, lambda text: console.print(Text(text, style="bold")), f"{settings.limits.grace:g} s"
    )
    listeners: list[Listener] = [stats, EventLog(_open_log(console, view.log_level))]
    if not view.quiet:
        listeners.append(Beginnings(console))
    others, stdout = _with_stdout(settings, interrupts)
    parts = Parts(
        others,
        spider,
        sinks=stdout,
        listeners=listeners,
        fresh=again.fresh,
        overwrite=again.overwrite,
        watched=True,
    )
    cause = "failed"
    try:
        with platform.signals(interrupts.heard, settings.limits.grace) as start_clock:
            interrupts.timed_by(start_clock)
            async with open_crawl(parts) as engine:
                interrupts.crawling(engine.stop)
                cause = await _watched(
                    engine, None if view.quiet else _progress(console, stats, engine, settings)
                )
    except asyncio.CancelledError:
        if interrupts.code is None:
            raise
        cause = "stopped"
        task.uncancel()
    except Exception as error:
        cause = "failed"  # it may have been over, and its outputs could not be closed
        _place(error, settings)
        raise
    finally:
        if stats.name:
            _sum_up(console, stats, cause, settings, view)
    if interrupts.code is not None:
        platform.end_within(_LAST_SECONDS, interrupts.code)
        return interrupts.code
    fruitless = stats.lost_all or not (stats.pages or stats.pages_before)
    return ExitCode.NOTHING if fruitless else ExitCode.FINISHED


def _with_stdout(settings: Settings, interrupts: Interrupts) -> tuple[Settings, list[Sink]]:
    """Return the settings without standard output, and the sink for that: it tells when nobody reads."""
    others = tuple(output for output in settings.output if output.file != "-")
    if len(others) == len(settings.output):
        platform.forgive_stdout()
        return settings, []
    if sys.__stdout__ is None:
        raise OutputError("standard output is closed: leave it open, or name a file")
    return settings.model_copy(update={"output": others}), [StdoutSink(interrupts.unread)]


def _place(error: Exception, settings: Settings) -> None:
    """Let errors of the state say which file they are about."""
    for one in leaves(error):
        if isinstance(one, StateError) and one.path is None and settings.state is not None:
            one.path = settings.state.file


class Beginnings:
    """Tells the person when a run goes on, or begins anew: the command is the same for both."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Opened):
            return
        words = {
            "resumed": f"going on: {number_of(event.pages, 'page')} done, "
            f"{number_of(event.pending, 'request')} waiting",
            "anew": "beginning anew: the crawl in the state is over",
            "round": "another round of the crawl in the state, which is over",
        }.get(event.beginning)
        if words:
            self._console.print(Text(f"{event.name}: {words} ({event.state})"), soft_wrap=True)


async def _watched(engine: Engine, progress: Progress | None) -> str:
    """Run the engine to its end, with the progress shown beside it; return the cause of the end."""
    if progress is None:
        return await engine.run()
    async with create_task_group() as beside:
        beside.start_soon(progress.run)
        cause = await engine.run()
        beside.cancel_scope.cancel()
    return cause


def _progress(console: Console, stats: Stats, engine: Engine, settings: Settings) -> Progress:
    # Items and live lines on one terminal would overwrite each other.
    terminal = sys.__stdout__ is not None and sys.__stdout__.isatty()  # `sys.stdout` is the sink's now
    mixed = terminal and any(output.file == "-" for output in settings.output)
    live = console.is_terminal and not console.is_dumb_terminal and not mixed
    if not live:
        console.print(Text(f"{settings.name}: crawling; Ctrl-C to stop"), soft_wrap=True)
    return Progress(console, stats, engine, pages=settings.limits.pages, live=live)


def _sum_up(console: Console, stats: Stats, cause: str, settings: Settings, view: View) -> None:
    if not stats.cause or cause == "failed":  # cut short, it could not say so itself, or it said too early
        stats(Closed(cause))
    began = time.time() - stats.seconds
    written = [_written(output.file or str(output.use), began) for output in settings.output]
    if view.summary == "json":
        console.print(Text(summary_json(stats, written)), soft_wrap=True)
    elif view.summary == "text" or not view.quiet:
        show(console, summary_table(stats, written))


def _written(file: str, began: float) -> Written:
    path = Path(file)
    if file == "-" or not path.is_file():
        return Written(file, None)
    found = path.stat()
    return Written(file, found.st_size, older=bool(found.st_size) and found.st_mtime < began)


def _open_log(console: Console, level: str) -> logging.Logger:
    """Let all log records of this process go to the console; return the crawl's own logger."""
    logging.basicConfig(handlers=[ConsoleHandler(console)], level=logging.WARNING, force=True)
    # The demo site runs in this process, and takes a client that hangs up for an error of its own.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    logger = logging.getLogger("crawler")
    logger.setLevel(level)
    return logger
