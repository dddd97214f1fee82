"""Text for a terminal: strings that strangers wrote must not be able to move its cursor."""

from __future__ import annotations

import sys

from rich.console import Console, RenderableType
from rich.text import Text

from crawler.encode import in_sight
from crawler.redaction import redacted

_PLAIN_WIDTH = 120
_AHEAD = 2_000


def safe(text: str, longest: int = 500) -> str:
    """Return text on one line, without secrets in URLs, and with all escaped that is not plainly visible.

    Args:
        text: whatever came from a server, a page or a spider.
        longest: the number of characters after which the rest is left out.
    """
    ends = "..." if len(text) > longest else ""
    # Cut after that, since a login is only known by its end.
    return in_sight(redacted(text[: longest + _AHEAD])[:longest]) + ends


def safe_lines(text: str) -> str:
    """Return text of several lines, each as `safe` has it."""
    return "\n".join(safe(line.replace("\t", "    "), 2_000) for line in text.split("\n"))


def plain(text: str, style: str = "") -> Text:
    """Return a stranger's text for rich, which then looks for no markup in it."""
    return Text(safe(text), style=style)


def stderr_console() -> Console:
    """Return a console on standard error; wide enough for whole lines where that is no terminal."""
    wide = None if sys.stderr.isatty() else _PLAIN_WIDTH
    return Console(stderr=True, width=wide, highlight=False, markup=False, emoji=False)


def show(console: Console, table: RenderableType) -> None:
    """Print a table; where it does not go to a terminal, without the spaces that fill its lines."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        console.print(Text(line.rstrip()), soft_wrap=True)
