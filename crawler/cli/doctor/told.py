"""What was found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from textwrap import wrap

from rich.console import Console
from rich.text import Text

from crawler.cli.doctor.row import Row
from crawler.cli.wording import number_of
from crawler.observe.terminal import safe

#: Where what was found begins, and the widest line of it.
_INDENT, _WIDEST = 14, 100
_FIRST = "crawl init NAME makes a first crawl."


def as_json(found: Sequence[tuple[str, Row]]) -> str:
    """Return one line of JSON."""
    rows = [
        {
            "topic": topic,
            "name": row.name,
            "found": row.found,
            "advice": row.advice,
            "commands": list(row.commands),
            "stops": row.stops,
        }
        for topic, row in found
    ]
    return json.dumps({"can_crawl": not any(row.stops for _, row in found), "rows": rows}) + "\n"


def show(found: Sequence[tuple[str, Row]], console: Console, config: Path | None = None) -> None:
    """Print it for people: rows, their advice below them, and at the end what it comes to, and what is next.

    Args:
        found: rows, each with its topic.
        console: where to.
        config: the configuration that was named.
    """
    for _, row in found:
        for line in lines_of(row, min(console.width, _WIDEST)):
            console.print(line, soft_wrap=True)
    console.print()
    console.print(_sum([row for _, row in found]), soft_wrap=True)
    if not any(row.stops for _, row in found):
        following = f"crawl {safe(quote(str(config)))} runs yours." if config else _FIRST
        console.print(Text(f"Next: {following}"), soft_wrap=True)


def lines_of(row: Row, width: int) -> Iterator[Text]:
    """Yield the lines of a row; a command is one line, however long, so that it can be copied."""
    room = max(20, width - _INDENT)
    first, *others = _folded(row.found, room)
    yield Text.assemble((f"{safe(row.name):<{_INDENT}}", "bold" if row.advice else "dim"), first)
    indent = " " * _INDENT
    for line in others:
        yield Text(indent + line)
    style = "bold red" if row.stops else "yellow"
    for line in _folded(f"-> {row.advice}", room) if row.advice else ():
        yield Text(indent + line, style=style)
    for command in row.commands:
        yield Text(f"{indent}   {safe(command)}", style="bold")


def _folded(text: str, room: int) -> list[str]:
    return wrap(safe(text, 2_000), room, break_long_words=False, break_on_hyphens=False) or [""]


def _sum(rows: Sequence[Row]) -> Text:
    stopping = sum(row.stops for row in rows)
    better = sum(bool(row.advice) for row in rows) - stopping
    if stopping:
        return Text(
            f"No crawl can run here: {number_of(stopping, 'thing')} must be changed first.", "bold red"
        )
    if better:
        return Text(f"A crawl can run here; {number_of(better, 'thing')} could be better.", "bold")
    return Text("A crawl can run here, and nothing is to be changed.", "bold green")
