"""Runs one check: a crawl whose items go to the ledger."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from anyio import create_task_group
from rich.text import Text

from crawler.assembly import Parts, open_crawl
from crawler.cli import platform
from crawler.cli.exitcodes import ExitCode
from crawler.cli.interrupts import Interrupts
from crawler.contracts import Listener
from crawler.engine import Engine
from crawler.events import CallbackFailed, Event
from crawler.observe.console import ConsoleHandler
from crawler.observe.log import EventLog
from crawler.observe.progress import Progress
from crawler.observe.stats import Stats
from crawler.observe.terminal import stderr_console
from crawler.settings import Settings
from crawler_linkcheck.ledger import Ledger
from crawler_linkcheck.report import Report
from crawler_linkcheck.spider import LinkCheck
from crawler_linkcheck.unknown import Unknown
from crawler_linkcheck.witness import Witness


@dataclass(frozen=True, slots=True)
class Check:
    """What a check came to.

    Attributes:
        report: what was found, up to where it ended.
        seconds: how long it took.
        interrupted: the exit code when a signal ended it.
    """

    report: Report
    seconds: float
    interrupted: ExitCode | None = None


async def check(settings: Settings, spider: LinkCheck, *, quiet: bool = False) -> Check:
    """Check a site, or as much of it as signals and limits allow.

    Args:
        settings: where it begins, how gently, how far.
        spider: what is checked.
        quiet: show no progress, only what goes wrong.

    Raises what made the crawl fail.
    """
    console, stats, task = stderr_console(), Stats(), asyncio.current_task()
    assert task is not None
    logging.basicConfig(handlers=[ConsoleHandler(console)], level=logging.WARNING, force=True)
    interrupts = Interrupts(task.cancel, lambda text: console.print(Text(text, style="bold")))
    ledger = Ledger(anchors=spider.anchors)
    witness = Witness(ledger)
    listeners: list[Listener] = [stats, witness, _bugs(EventLog(logging.getLogger("crawler")))]
    parts = Parts(settings, spider, sinks=[witness], listeners=listeners)
    try:
        with platform.signals(interrupts.heard):
            async with open_crawl(parts) as engine:
                interrupts.crawling(engine.stop)
                live = console.is_terminal and not console.is_dumb_terminal
                progress = Progress(console, stats, engine, pages=settings.limits.pages, live=live)
                await _run(engine, None if quiet else progress)
    except asyncio.CancelledError:
        if interrupts.code is None:
            raise
        task.uncancel()
    ended = "stopped" if interrupts.code is not None else stats.cause
    report = ledger.report(spider.begun, ended, Unknown(settings, spider, ended))
    return Check(report, stats.seconds, interrupts.code)


def _bugs(log: Listener) -> Listener:
    """Return a listener that logs failed callbacks alone; of all else the report tells."""

    def told(event: Event) -> None:
        if isinstance(event, CallbackFailed):
            log(event)

    return told


async def _run(engine: Engine, progress: Progress | None) -> None:
    async with create_task_group() as beside:
        if progress is not None:
            beside.start_soon(progress.run)
        await engine.run()
        beside.cancel_scope.cancel()
