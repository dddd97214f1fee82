"""How a crawl stands: for people as a table, for programs as one line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import msgspec
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from crawler.cli.nextrun import NextRun
from crawler.cli.wording import number_of
from crawler.contracts import BATCH, CONSUMER, State
from crawler.observe.reasons import explain
from crawler.observe.summary import causes, change_rows, size_in_words
from crawler.observe.terminal import plain, safe, show
from crawler.store.looking import FailedOn, Queue, Standing

#: So many hosts are shown, those with the longest queues.
_HOSTS = 5
#: How wide the table is where it does not go to a terminal.
_WIDTH = 120
_LABELS = ((State.DONE, "done"), (State.REFUSED, "refused"), (State.GAVE_UP, "gave up"))

Row = tuple[str, str, str]  # number, name, explanation


def as_json(
    crawl: Standing,
    again: NextRun,
    outputs: Collection[str] | None = None,
    hosts: Sequence[Any] | None = None,
) -> str:
    """Return it as one line of JSON.

    Args:
        crawl: how it stands.
        again: what the next run does.
        outputs: those that the next run writes; None when that is not known.
        hosts: how each of them stands, when that is wanted.
    """
    told: dict[str, Any] = {
        "name": crawl.name,
        "state": crawl.path,
        "state_bytes": crawl.disk,
        "began": crawl.began,
        "ended": crawl.ended,
        "running": crawl.holder,
        "again": again.kind,
        "pages": crawl.pages,
        "bytes": crawl.size,
        "requests": crawl.requests,
        **_ends(crawl),
        "failed": [msgspec.structs.asdict(one) for one in crawl.failed],
        "waiting": sum(queue.ready for queue in crawl.queues),
        "delayed": sum(queue.delayed for queue in crawl.queues),
        "retried": crawl.retried,
        "waiting_hosts": len(crawl.queues),
        "longest_queues": [_queue_as_json(queue) for queue in crawl.queues[:_HOSTS]],
        **_changes_as_json(crawl),
        "items": crawl.items,
        "items_let_go": crawl.forgotten,
        "outputs": [_output_as_json(*one, crawl.last_item, outputs) for one in crawl.outputs.items()],
    }
    if hosts is not None:
        told["hosts"] = hosts
    return json.dumps(told).replace("\x7f", "\\u007f")  # in ASCII, so that no terminal is moved by it


def _changes_as_json(crawl: Standing) -> dict[str, Any]:
    if not crawl.changes:
        return {}
    return {"round": crawl.round, "page_changes": crawl.changes, "item_changes": crawl.item_changes}


def _ends(crawl: Standing) -> dict[str, dict[str, int]]:
    ends: dict[str, dict[str, int]] = {state.value: {} for state, _ in _LABELS}
    for end in crawl.ends:
        ends[end.state][end.reason] = end.requests
    return ends


def _queue_as_json(queue: Queue) -> dict[str, Any]:
    return {"host": queue.host, "waiting": queue.ready, "delayed": queue.delayed, "due": queue.due}


def as_text(crawl: Standing, again: NextRun, now: float, outputs: Collection[str] | None = None) -> str:
    """Return it for people.

    Args:
        crawl: how it stands.
        again: what the next run does.
        now: seconds since 1970.
        outputs: those that the next run writes; None when that is not known.
    """
    words, style = _condition(crawl)
    head = Text.assemble((safe(crawl.name, 80), "bold"), ": ", (words, style))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True, min_width=11)
    grid.add_column(justify="right", style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(style="dim", overflow="fold")
    for label, rows in _sections(crawl, again, now, outputs):
        for position, (number, name, words) in enumerate(rows):
            grid.add_row("" if position else label, number, plain(name), plain(words))
    terminal = sys.stdout.isatty()
    written = StringIO()
    console = Console(
        file=written,
        width=None if terminal else _WIDTH,
        force_terminal=terminal,
        highlight=False,
        markup=False,
        emoji=False,
    )
    show(console, Group(head, grid))
    return written.getvalue()


def _condition(crawl: Standing) -> tuple[str, str]:
    # Cases: at work; `crawl retry`; over; a limit, a signal, an error; no word of an end.
    if crawl.holder:
        return f"running: {safe(crawl.holder, 200)}", "bold green"
    if crawl.ended == "retried":
        waiting = sum(queue.ready + queue.delayed for queue in crawl.queues)
        wait = f"{number_of(waiting, 'request')} {'waits' if waiting == 1 else 'wait'}"
        return f"unfinished since `crawl retry`: {wait} to be fetched, run the crawl", "bold yellow"
    if crawl.ended:
        return safe(causes(crawl.ended), 80), "bold green" if crawl.ended == "finished" else "bold yellow"
    return "unfinished: its process was killed or stopped at once, or has failed", "bold red"


def _sections(
    crawl: Standing, again: NextRun, now: float, outputs: Collection[str] | None
) -> Iterator[tuple[str, Sequence[Row]]]:
    yield "state", [("", crawl.path, size_in_words(crawl.disk))]
    yield "began", [("", crawl.began, "")]
    yield "run again", [("", again.words, "")]
    yield "pages", [(f"{crawl.pages:,}", "fetched or given up", size_in_words(crawl.size))]
    yield "requests", [(f"{crawl.requests:,}", "known", "")]
    for state, label in _LABELS:
        ends = [(end.requests, end.reason) for end in crawl.ends if end.state is state]
        yield label, [_reason(number, reason) for number, reason in ends]
    yield "changes", change_rows(crawl.changes, crawl.item_changes)
    yield "failed", [_failed(one) for one in crawl.failed]
    yield "waiting", list(_queues(crawl.queues, now))
    yield "to retry", [_reason(number, reason) for reason, number in _ranked(crawl.retried)]
    yield "items", list(_items(crawl))
    yield "output", [_output(*one, crawl.last_item, outputs) for one in crawl.outputs.items()]


def _reason(number: int, reason: str) -> Row:
    return f"{number:,}", reason, str(explain(reason))


def _failed(one: FailedOn) -> Row:
    on = one.name or ("page" if one.times == 1 else "pages")
    return f"{one.times:,}", f"{on} in {one.where}: {one.reason}", explain(one.reason).meaning


def _queues(queues: Sequence[Queue], now: float) -> Iterator[Row]:
    waiting = sum(queue.ready + queue.delayed for queue in queues)
    yield f"{waiting:,}", "requests", f"for {number_of(len(queues), 'host')}" if queues else ""
    for queue in queues[:_HOSTS]:
        words = ""
        if queue.due is not None:
            wait = max(0.0, queue.due - now)
            words = f"{queue.delayed:,} of them delayed, the first for {wait:,.0f} s more"
        yield f"{queue.ready + queue.delayed:,}", queue.host, words
    if len(queues) > _HOSTS:
        rest = sum(queue.ready + queue.delayed for queue in queues[_HOSTS:])
        yield f"{rest:,}", f"for {number_of(len(queues) - _HOSTS, 'further host')}", ""


def _items(crawl: Standing) -> Iterator[Row]:
    for name, number in _ranked(crawl.items):
        yield f"{number:,}", name, ""
    if crawl.forgotten:
        yield f"{crawl.forgotten:,}", "let go of", "every output has them (state.keep_items: false)"
    if not crawl.last_item:
        yield "0", "items", ""


def _output(path: str, item: int, last: int, outputs: Collection[str] | None) -> Row:
    where = {"-": "items on standard output", "": "items handed to a program"}.get(path)
    words = f"{last - item:,} behind" if last > item else ""
    if words and outputs is not None and not _is_written(path, outputs):
        words = "of an earlier run: the configuration names it no more"
    return f"{item:,}", where or f"items in {path}", words


def _output_as_json(path: str, item: int, last: int, outputs: Collection[str] | None) -> dict[str, Any]:
    configured = outputs is None or _is_written(path, outputs)
    return {"path": path, "items": item, "behind": last - item, "configured": configured}


def _is_written(path: str, outputs: Collection[str]) -> bool:
    return path in outputs or path.startswith((BATCH, CONSUMER))


def _ranked(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
