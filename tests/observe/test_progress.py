import io
from dataclasses import dataclass

import anyio
from rich.console import Console

from crawler.events import Opened, Visited
from crawler.model import Done, GaveUp, Lease, Outcome, Reason, Request
from crawler.model.items import NamedItem
from crawler.observe.progress import Progress
from crawler.observe.stats import Stats


@dataclass
class Load:
    in_flight: int = 3
    pending: int = 1234


class Screen(io.StringIO):
    """What was written; `seen` is set once it holds some words so many times."""

    def __init__(self, words: str, times: int) -> None:
        super().__init__()
        self._words, self._times = words, times
        self.seen = anyio.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self.getvalue().count(self._words) >= self._times:
            self.seen.set()
        return written


def filled() -> Stats:
    stats = Stats()
    stats(Opened("books"))

    def visit(url: str, outcome: Outcome) -> None:
        stats(Visited(Lease(1, 1, Request(url), 1, url[:13]), outcome, status=200, seconds=0.1))

    visit(
        "http://a.test/1",
        Done(items=[NamedItem("book", {}), NamedItem("book", {}), NamedItem("[b]\x1b", {})]),
    )
    visit("http://b.test/2", GaveUp(Reason.STATUS, "404"))
    return stats


def test_a_plain_line_says_it_all() -> None:
    line = Progress(Console(file=io.StringIO()), filled(), Load(), live=False).line()
    assert line.startswith("[00:00] 1 pages, ")
    assert "3 in flight, 1234 queued" in line
    assert "items: 2 book, 1 [b]" in line
    assert "errors: 1 (1 status 404)" in line


async def test_plain_lines_come_now_and_then() -> None:
    out = Screen("/s, ", 3)
    progress = Progress(Console(file=out, width=120), filled(), Load(), live=False, every=0.01)
    async with anyio.create_task_group() as group:
        group.start_soon(progress.run)
        with anyio.fail_after(5):
            await out.seen.wait()
        group.cancel_scope.cancel()
    assert len(out.getvalue().splitlines()) >= 3
    assert all(line.startswith("[00:0") for line in out.getvalue().splitlines())
    assert "\x1b" not in out.getvalue()


async def test_live_lines_are_drawn_and_taken_away() -> None:
    out = Screen("1 of 500 pages", 2)
    console = Console(file=out, width=60, force_terminal=True, color_system=None)
    progress = Progress(console, filled(), Load(), pages=500, live=True)
    async with anyio.create_task_group() as group:
        group.start_soon(progress.run)
        with anyio.fail_after(5):
            await out.seen.wait()
        group.cancel_scope.cancel()
    drawn = out.getvalue()
    assert "errors   1 status 404" in drawn
    assert "slowest  http://a.test  100 ms a page" in drawn
    assert "2 book, 1 [b]\\x1b" in drawn
    assert "last     http://b.test/2" in drawn
    assert drawn.endswith("\x1b[2K")  # the last lines are wiped away


def test_narrow_terminals_cut_lines_instead_of_breaking_them() -> None:
    out = io.StringIO()
    console = Console(file=out, width=24)
    console.print(Progress(console, filled(), Load(), live=True).view())
    assert len(out.getvalue().splitlines()) == 5
