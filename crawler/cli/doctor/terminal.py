"""The terminal: what it can show of a crawl's progress."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Iterator

from rich.console import Console

from crawler.cli.doctor.row import Row, Wanted
from crawler.observe.terminal import stderr_console


def rows(wanted: Wanted) -> Iterator[Row]:
    """Tell of standard error, where progress, log and summary go."""
    yield terminal_row(stderr_console(), sys.stderr.encoding)


def terminal_row(console: Console, encoding: str) -> Row:
    """Return what a console can show."""
    if not console.is_terminal:
        found = "standard error goes elsewhere: plain lines, no progress that is drawn over and over"
    elif console.is_dumb_terminal:
        found = "TERM says that nothing can be drawn on it: plain lines"
    else:
        colours = f"colours ({console.color_system})" if console.color_system else "no colours"
        found = f"{console.width} columns, {colours}"
    found += f"; {encoding}"
    if codecs.lookup(encoding).name == "utf-8":
        return Row("terminal", found)
    words = "letters that this encoding has not are shown as escapes"
    return Row("terminal", found, words, ("export PYTHONUTF8=1", "export LANG=C.UTF-8"))
