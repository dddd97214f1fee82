"""What a person sees while a crawl runs: a few live lines on a terminal, or a plain line now and then."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Protocol

from anyio import sleep
from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from crawler.observe.stats import Stats
from crawler.observe.terminal import plain, safe

_LIVE_EVERY = 0.2
_RATE_OVER = 25  # looks at the statistics


class Load(Protocol):
    """What a crawl has in hand."""

    @property
    def in_flight(self) -> int: ...

    @property
    def pending(self) -> int: ...


class Progress:
    """Shows how a crawl gets on. It looks at the statistics on a timer, so a page costs nothing.

    Args:
        console: where to show it, on standard error.
        stats: what has happened.
        load: what is in hand.
        pages: the limit of pages, where there is one.
        live: whether the console is a terminal that can be drawn on.
        every: seconds between two plain lines.
    """

    def __init__(
        self,
        console: Console,
        stats: Stats,
        load: Load,
        *,
        pages: int | None = None,
        live: bool,
        every: float = 10.0,
    ) -> None:
        self._console = console
        self._stats = stats
        self._load = load
        self._pages = pages
        self._live = live
        self._every = every
        self._looks: deque[tuple[float, int]] = deque([(monotonic(), 0)], maxlen=_RATE_OVER)

    async def run(self) -> None:
        """Show it until cancelled; then the live lines are gone, and what follows takes their place."""
        if not self._live:
            await self._print_lines()
        with Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
            while True:
                live.update(self.view(), refresh=True)
                await sleep(_LIVE_EVERY)

    def line(self) -> str:
        """Return the state as one plain line."""
        stats, parts = self._stats, [self._pages_text()]
        parts.append(f"{self._rate():.1f}/s")
        parts.append(f"{self._load.in_flight} in flight, {self._load.pending} queued")
        parts.append(f"items: {_counted(stats.items)}")
        errors = sum(stats.gave_up.values())
        if errors:
            parts.append(f"errors: {errors} ({_counted(stats.gave_up)})")
        return f"[{_clock(stats.seconds)}] " + ", ".join(parts)

    def view(self) -> RenderableType:
        """Return the state as a few lines to be drawn over the last ones."""
        stats, load = self._stats, self._load
        head = Text.assemble(
            (safe(stats.name, 40), "bold cyan"),
            (f"  {_clock(stats.seconds)}   ", "dim"),
            (self._pages_text(), "bold"),
            f"   {self._rate():.1f}/s   {load.in_flight} in flight   {load.pending:,} queued",
        )
        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_row("items", plain(_counted(stats.items), "green"))
        if stats.gave_up:
            grid.add_row("errors", plain(_counted(stats.gave_up), "red"))
        slowest = stats.slowest_hosts(1)
        if slowest and len(stats.hosts) > 1:
            host, seconds = slowest[0]
            grid.add_row("slowest", plain(f"{host}  {seconds * 1000:,.0f} ms a page"))
        grid.add_row("last", plain(stats.last_url, "dim"))
        whole = Table.grid()
        whole.add_column(no_wrap=True, overflow="ellipsis")
        whole.add_row(head)
        whole.add_row(grid)
        return whole

    async def _print_lines(self) -> None:
        while True:
            await sleep(self._every)
            self._console.print(Text(safe(self.line())), soft_wrap=True)

    def _pages_text(self) -> str:
        of = f" of {self._pages:,}" if self._pages else ""
        return f"{self._stats.pages:,}{of} pages"

    def _rate(self) -> float:
        """Return pages a second over the last few looks, which is what is going on now."""
        self._looks.append((monotonic(), self._stats.pages))
        (then, before), (now, pages) = self._looks[0], self._looks[-1]
        return (pages - before) / (now - then) if now > then else 0.0


def _counted(numbers: Mapping[str, int], most: int = 4) -> str:
    """Return the most frequent names with their numbers, as in "120 article, 3 author"."""
    ranked = sorted(numbers.items(), key=lambda pair: -pair[1])
    shown = [f"{number:,} {name}" for name, number in ranked[:most]]
    return ", ".join(shown + ["..."] * (len(ranked) > most)) or "none yet"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
