"""What the next run on a state would do, said before it does."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass

from crawler.cli.wording import number_of
from crawler.extract import RuleSpider
from crawler.policy.again import AT_LIMIT, Beginning, beginning, differences
from crawler.policy.budget import Budget
from crawler.settings import Limits, Settings
from crawler.state import identity, limit_reached
from crawler.store.looking import Standing

#: What says among the settings of a crawl that it remembers pages.
_RECRAWL = "recrawl.on"


@dataclass(frozen=True, slots=True)
class NextRun:
    """What running the command again means.

    Attributes:
        kind: "new", "resumed", "anew" or "round", as a run says of itself; "other_crawl" or "in_use" if
            refused.
        words: the same for people.
    """

    kind: str
    words: str


def next_run(crawl: Standing, settings: Settings | None) -> NextRun:
    """Say what the next run does.

    Args:
        crawl: how the crawl in the state stands.
        settings: those of the next run; None for the same as in the last one.
    """
    if crawl.holder:
        return NextRun("in_use", "refused as long as that process crawls")
    limit = _used_up(crawl, settings)
    found = [] if settings is None else differences(crawl.crawl, identity(settings, RuleSpider))
    known = crawl.requests > 0
    recrawl = _RECRAWL in crawl.crawl if settings is None else settings.recrawl is not None
    begins = beginning(
        known=known,
        ended=crawl.ended,
        used_up=bool(limit),
        differences=found,
        fresh=False,
        recrawl=recrawl,
    )
    waiting = sum(queue.ready + queue.delayed for queue in crawl.queues)
    # Cases: nothing there yet; two crawls would be mixed; to be gone on with; over; at its limit.
    if begins is Beginning.NEW:
        return NextRun(begins, "begins")
    if begins is None:
        return NextRun("other_crawl", f"refused: these settings were different: {', '.join(found)}")
    if begins is Beginning.RESUMED and settings is not None and _is_spent(crawl, settings.limits):
        return NextRun(begins, "goes on, and ends at once unless its limit is raised; --fresh begins anew")
    if begins is Beginning.RESUMED:
        wait = "waits" if waiting == 1 else "wait"
        return NextRun(begins, f"goes on; {number_of(waiting, 'request')} {wait}")
    what = "is another round" if begins is Beginning.ROUND else "begins anew"
    if crawl.ended == "finished":
        return NextRun(begins, f"{what}, and replaces its outputs")
    return NextRun(begins, f"{what}, and replaces its outputs; goes on if limits.{limit} is raised")


def outputs_of(settings: Settings | None) -> Collection[str] | None:
    """Return the names of the outputs that the next run writes, as a state has them; None for any.

    Args:
        settings: those of the next run; None when they are not known.
    """
    if settings is None or any(one.use is not None for one in settings.output):
        return None  # what a plugin calls its output, only that knows
    files = [str(one.file) for one in settings.output]
    return [file if file == "-" else os.path.abspath(file) for file in files]


def _used_up(crawl: Standing, settings: Settings | None) -> str:
    """Return the limit that the crawl has come to, if any."""
    if settings is None:
        return crawl.ended if crawl.ended in AT_LIMIT else ""
    return limit_reached(settings.limits, crawl.pages, crawl.size)


def _is_spent(crawl: Standing, limits: Limits) -> bool:
    return bool(Budget(limits.pages, limits.bytes, crawl.pages, crawl.size).spent())
