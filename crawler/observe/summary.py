"""How a crawl went, told at its end: for people as a table, for programs as one line of JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crawler.encode import mended, visible
from crawler.model.recrawl import Change
from crawler.observe.reasons import explain
from crawler.observe.standstill import advice
from crawler.observe.stats import OTHER_REASONS, Stats
from crawler.observe.terminal import plain, safe
from crawler.redaction import redacted_all

_CAUSES = {
    "finished": "finished",
    "stopped": "stopped before its end",
    "failed": "failed",
    "pages": "ended by limits.pages",
    "bytes": "ended by limits.bytes",
    "time": "ended by limits.time",
    "spent": "ended at once, because earlier runs have used up its limit",
}

#: So many lines are shown of what strangers' words make as many of as they like.
_LINES = 20

Row = tuple[str, str, str]  # number, name, explanation


@dataclass(frozen=True, slots=True)
class Written:
    """One output: where it is, and how many bytes it has; None where nobody can know.

    `older` says that it is the file of an earlier run, which a crawl without items leaves alone.
    """

    path: str
    size: int | None
    older: bool = False


def summary_json(stats: Stats, outputs: Sequence[Written]) -> str:
    """Return the summary as one line of JSON."""
    items = stats.items_before + stats.delivered
    written = [{"path": one.path, "items": items, "bytes": one.size} for one in outputs]
    starts = [{"url": url, "reason": why} for url, why in stats.starts_refused]
    slowest = {host: round(seconds, 4) for host, seconds in stats.slowest_hosts()}
    told: dict[str, Any] = {
        **stats.as_dict(),
        "starts_refused": starts,
        "more_starts_refused": stats.more_starts_refused,
        "slowest_hosts": slowest,
        "outputs": written,
    }
    return visible(msgspec.json.encode(mended(redacted_all(told)))).decode()  # names and words are strangers'


def summary_table(stats: Stats, outputs: Sequence[Written]) -> RenderableType:
    """Return the summary for people: what was fetched, what was not and why, and where the items are."""
    cause = causes(stats.cause)
    style = "bold green" if stats.cause == "finished" else "bold yellow"
    if not stats.pages and stats.cause == "spent":
        pass  # it says so itself
    elif not stats.pages and stats.pages_before:
        cause = f"{cause}, without another page"
    elif not stats.pages:
        cause, style = f"{cause}, without a single page", "bold red"
    elif stats.lost_all:
        cause, style = f"{cause}, and every item failed", "bold red"
    head = Text.assemble(
        (safe(stats.name, 80), "bold"), ": ", (cause, style), f" after {_time(stats.seconds)}"
    )
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True, min_width=11)
    grid.add_column(justify="right", style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(style="dim", overflow="fold")
    for label, rows in _sections(stats, outputs):
        for position, (number, name, words) in enumerate(rows):
            grid.add_row("" if position else label, number, plain(name), plain(words))
    return Group(head, grid)


def _sections(stats: Stats, outputs: Sequence[Written]) -> Iterator[tuple[str, Sequence[Row]]]:
    yield "pages", list(_pages(stats))
    yield "changes", change_rows(stats.changes, stats.item_changes) if stats.changes is not None else []
    yield "items", _counted(stats.items) or [("0", "items", "")]
    yield "dropped", list(_dropped(stats))
    yield "failed", list(_failed(stats))
    yield "refused", [*_starts_refused(stats), *_explained(stats.refused)]
    yield "gave up", _explained(stats.gave_up)
    yield "retried", [(f"{n:,}", label, explain(label).meaning) for label, n in _ranked(stats.retries)]
    yield "not followed", _explained(stats.rejected)
    yield "workers", [(f"{n:,}", f"lost by {name}", why) for (name, why), n in _ranked(stats.workers_lost)]
    yield "standstill", list(_blocked(stats))
    stuck = [("", one.where, f"left behind after {one.seconds:.0f} s") for one in stats.stuck]
    yield "threads", _first(stuck, "threads")
    if len(stats.hosts) > 1:
        yield "slowest", [(_time(seconds), host, "a page") for host, seconds in stats.slowest_hosts()]
    yield "output", [_output(one, stats.items_before + stats.delivered) for one in outputs]


def _pages(stats: Stats) -> Iterator[Row]:
    wire = f" ({size_in_words(stats.wire_bytes)} on the wire)" if stats.wire_bytes != stats.size else ""
    yield f"{stats.pages:,}", "fetched", f"{stats.rate:,.1f} a second, {size_in_words(stats.size)}{wire}"
    if stats.pages_before:
        yield f"{stats.pages_before:,}", "before", "in earlier runs of this crawl"
    if stats.redirects:
        yield f"{stats.redirects:,}", "redirects", "led on to other URLs"


#: How a page stands, in words.
CHANGES = {
    Change.UNCHANGED: "as in the round before",
    Change.CHANGED: "other content than before",
    Change.NEW: "not there in the round before",
    Change.GONE: "404 or 410, a redirect now, or nothing leads there",
    Change.UNKNOWN: "could not be had; what it gave before is passed on",
}


def change_rows(pages: Mapping[str, int], items: Mapping[str, int]) -> list[Row]:
    """Return how pages stand against the round before, and their items.

    Args:
        pages: their numbers, by change.
        items: the same of items.
    """
    return [
        (
            f"{pages.get(change, 0):,}",
            f"{'page' if pages.get(change) == 1 else 'pages'} {change}",
            _gave(words, items.get(change, 0)),
        )
        for change, words in CHANGES.items()
        if pages.get(change) or items.get(change)
    ]


def _gave(words: str, items: int) -> str:
    return f"{words}; {items:,} {'item' if items == 1 else 'items'}"


def _dropped(stats: Stats) -> Iterator[Row]:
    """Yield the reasons of each name that has the most, and how many there are besides."""
    by_name: dict[str, Counter[str]] = {}
    for (name, reason), number in stats.dropped.items():
        by_name.setdefault(name, Counter())[reason] = number
    for name, reasons in sorted(by_name.items(), key=lambda pair: (-pair[1].total(), pair[0])):
        others = reasons.pop(OTHER_REASONS, 0)
        ranked = _ranked(reasons)
        shown, rest = ranked[:_LINES], ranked[_LINES:]
        yield from [(f"{number:,}", name, reason) for reason, number in shown]
        words = f"… and {'more than ' if others else ''}{len(rest)} other reasons" if rest else OTHER_REASONS
        others += sum(number for _, number in rest)
        if others:
            yield f"{others:,}", name, words


def _starts_refused(stats: Stats) -> list[Row]:
    rows: list[Row] = [("", url, why) for url, why in stats.starts_refused]
    return _first(rows, "start URLs", stats.more_starts_refused)


def _first(rows: Sequence[Row], what: str, more: int = 0) -> list[Row]:
    """Return the first rows, and how many there are besides: `more`, and those that are left out."""
    more += len(rows[_LINES:])
    return [*rows[:_LINES], ("", f"… and {more:,} other {what}", "")] if more else list(rows)


def _failed(stats: Stats) -> Iterator[Row]:
    for (where, reason), number in _ranked(stats.failed):
        yield f"{number:,}", f"items in {where}", str(explain(reason))


def _blocked(stats: Stats) -> Iterator[Row]:
    for (where, file, line), one in sorted(stats.blocked.items(), key=lambda pair: -pair[1].seconds):
        proposed = advice(one.last) if one.last is not None else ""
        words = f"kept all else waiting for {_time(one.seconds)}" + (f"; {proposed}" if proposed else "")
        yield f"{one.times:,}", f"{where}, {Path(file).name}:{line}", words


def _output(one: Written, items: int) -> Row:
    where = "standard output" if one.path == "-" else one.path
    if one.older and not items:
        return "0", f"items; {where} is that of an earlier run", ""
    size = "" if one.size is None else size_in_words(one.size)
    return f"{items:,}", f"items in {where}" if one.path != "-" else f"items on {where}", size


def _explained(numbers: Mapping[str, int]) -> list[Row]:
    return [(f"{number:,}", label, str(explain(label))) for label, number in _ranked(numbers)]


def _counted(numbers: Mapping[str, int]) -> list[Row]:
    return [(f"{number:,}", name, "") for name, number in _ranked(numbers)]


def _ranked(numbers: Mapping[Any, int]) -> list[tuple[Any, int]]:
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))


def _time(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {int(seconds) % 60} s"


def causes(cause: str) -> str:
    """Return in words why a crawl ended."""
    return _CAUSES.get(cause, cause)


def size_in_words(number: float) -> str:
    """Return a number of bytes as people write it: 16.2 MB."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
