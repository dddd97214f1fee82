"""How a crawl stands: for people as a table, for programs as one line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

import msgspec
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from crawler.cli.nextrun import NextRun
from crawler.contracts import State
from crawler.observe.reasons import explain
from crawler.observe.summary import causes, size_in_words
from crawler.observe.terminal import plain, safe, show
from crawler.store.looking import FailedOn, Failure, Queue, Standing

#: So many hosts are shown, those with the longest queues.
_HOSTS = 5
#: How wide the table is where it does not go to a terminal.
_WIDTH = 120
_LABELS = ((State.DONE, "done"), (State.REFUSED, "refused"), (State.GAVE_UP, "gave up"))

Row = tuple[str, str, str]  # number, name, explanation


def as_json(crawl: Standing, again: NextRun) -> str:
    """Return it as one line of JSON."""
    ends: dict[str, dict[str, int]] = {state.value: {} for state, _ in _LABELS}
    for end in crawl.ends:
        ends[end.state][end.reason] = end.requests
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
        **ends,
        "failed": [msgspec.structs.asdict(one) for one in crawl.failed],
        "waiting": sum(queue.ready for queue in crawl.queues),
        "delayed": sum(queue.delayed for queue in crawl.queues),
        "retried": crawl.retried,
        "waiting_hosts": len(crawl.queues),
        "longest_queues": [
            {"host": queue.host, "waiting": queue.ready, "delayed": queue.delayed, "due": queue.due}
            for queue in crawl.queues[:_HOSTS]
        ],
        "items": crawl.items,
        "items_let_go": crawl.forgotten,
        "outputs": [
            {"path": path, "items": item, "behind": crawl.last_item - item}
            for path, item in crawl.outputs.items()
        ],
    }
    return json.dumps(told)  # in ASCII, so that no terminal is moved by it


def as_text(crawl: Standing, again: NextRun, now: float) -> str:
    """Return it for people.

    Args:
        crawl: how it stands.
        again: what the next run does.
        now: seconds since 1970.
    """
    words, style = _condition(crawl)
    head = Text.assemble((safe(crawl.name, 80), "bold"), ": ", (words, style))
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True, min_width=11)
    grid.add_column(justify="right", style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(style="dim", overflow="fold")
    for label, rows in _sections(crawl, again, now):
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


def failures_as_json(found: Sequence[Failure]) -> str:
    """Return failures, one line of JSON each."""
    lines = []
    for one in found:
        item = None if one.item is None else json.loads(one.item)
        lines.append(json.dumps({**msgspec.structs.asdict(one), "item": item}) + "\n")
    return "".join(lines)


def failures_as_text(found: Sequence[Failure], most: int) -> str:
    """Return failures for people, each with its page, its item and the traceback."""
    told = []
    for one in found:
        told += [f"{one.url}", f"  {one.where}: {one.reason}: {one.detail}"]
        told += [f"  {one.name}: {one.item.decode()}"] if one.item is not None else []
        told += [f"    {line}" for line in one.traceback.splitlines()]
        told.append("")
    if len(found) == most:
        told.append(f"the first {most:,} are shown; --json shows more")
    return "".join(safe(line, 2_000) + "\n" for line in told or ["no plugin's code has failed"])


def _condition(crawl: Standing) -> tuple[str, str]:
    # Cases: at work; `crawl retry`; over; a limit, a signal, an error; no word of an end.
    if crawl.holder:
        return f"running: {safe(crawl.holder, 200)}", "bold green"
    if crawl.ended == "retried":
        waiting = sum(queue.ready + queue.delayed for queue in crawl.queues)
        wait = f"{_number(waiting, 'request')} {'waits' if waiting == 1 else 'wait'}"
        return f"unfinished since `crawl retry`: {wait} to be fetched, run the crawl", "bold yellow"
    if crawl.ended:
        return safe(causes(crawl.ended), 80), "bold green" if crawl.ended == "finished" else "bold yellow"
    return "unfinished: its process was killed or stopped at once, or has failed", "bold red"


def _sections(crawl: Standing, again: NextRun, now: float) -> Iterator[tuple[str, Sequence[Row]]]:
    yield "state", [("", crawl.path, size_in_words(crawl.disk))]
    yield "began", [("", crawl.began, "")]
    yield "run again", [("", again.words, "")]
    yield "pages", [(f"{crawl.pages:,}", "fetched or given up", size_in_words(crawl.size))]
    yield "requests", [(f"{crawl.requests:,}", "known", "")]
    for state, label in _LABELS:
        ends = [(end.requests, end.reason) for end in crawl.ends if end.state is state]
        yield label, [_reason(number, reason) for number, reason in ends]
    yield "failed", [_failed(one) for one in crawl.failed]
    yield "waiting", list(_queues(crawl.queues, now))
    yield "to retry", [_reason(number, reason) for reason, number in _ranked(crawl.retried)]
    yield "items", list(_items(crawl))
    yield "output", [_output(*one, crawl.last_item) for one in crawl.outputs.items()]


def _reason(number: int, reason: str) -> Row:
    return f"{number:,}", reason, str(explain(reason))


def _failed(one: FailedOn) -> Row:
    on = one.name or ("page" if one.times == 1 else "pages")
    return f"{one.times:,}", f"{on} in {one.where}: {one.reason}", explain(one.reason).meaning


def _queues(queues: Sequence[Queue], now: float) -> Iterator[Row]:
    waiting = sum(queue.ready + queue.delayed for queue in queues)
    yield f"{waiting:,}", "requests", f"for {_number(len(queues), 'host')}" if queues else ""
    for queue in queues[:_HOSTS]:
        words = ""
        if queue.due is not None:
            wait = max(0.0, queue.due - now)
            words = f"{queue.delayed:,} of them delayed, the first for {wait:,.0f} s more"
        yield f"{queue.ready + queue.delayed:,}", queue.host, words
    if len(queues) > _HOSTS:
        rest = sum(queue.ready + queue.delayed for queue in queues[_HOSTS:])
        yield f"{rest:,}", f"for {_number(len(queues) - _HOSTS, 'further host')}", ""


def _items(crawl: Standing) -> Iterator[Row]:
    for name, number in _ranked(crawl.items):
        yield f"{number:,}", name, ""
    if crawl.forgotten:
        yield f"{crawl.forgotten:,}", "let go of", "every output has them (state.keep_items: false)"
    if not crawl.last_item:
        yield "0", "items", ""


def _output(path: str, item: int, last: int) -> Row:
    where = {"-": "items on standard output", "": "items handed to a program"}.get(path)
    behind = last - item
    return f"{item:,}", where or f"items in {path}", f"{behind:,} behind" if behind else ""


def _ranked(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))


def _number(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
