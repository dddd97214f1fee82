"""Whatever strangers write: nothing of it moves a terminal, breaks a line of a log, or shows a secret."""

from __future__ import annotations

import io
import json
import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from crawler.encode import encode_item, visible
from crawler.errors import CallError, ProtocolError
from crawler.events import (
    CallbackFailed,
    Event,
    ItemFailed,
    Opened,
    RobotsRead,
    StartRefused,
    ThreadStuck,
    Visited,
)
from crawler.model import Done, Dropped, Failed, GaveUp, Lease, Outcome, Reason, Refused, Request, Retry
from crawler.observe.console import ConsoleHandler
from crawler.observe.log import EventLog
from crawler.observe.progress import Progress
from crawler.observe.stats import Stats
from crawler.observe.summary import Written, summary_json, summary_table
from crawler.observe.terminal import safe, safe_lines

UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
SECRET = "hunter2hunter2"

nasty = st.sampled_from(
    [
        *(
            "\x1b[2J",
            "\x1b]0;title\x07",
            "\x9b31m",
            "\r",
            "\n",
            "\x00",
            "\x7f",
            "\x08",
            "\x0b",
            "\u2028",
            "\u0085",
        ),
        *("\u202e", "\u2066", "\u200f", "\ufeff", "\ud800", "\U000e0041", "[bold]", "[/]", "a", " ", "é"),
    ]
)
hostile = st.lists(nasty | st.characters(), max_size=12).map("".join)


def seen(text: str) -> set[str]:
    """Return the characters of a text that no person would see."""
    return {char for char in text if unicodedata.category(char) in UNSEEN}


def visited(outcome: Outcome, url: str, depth: int) -> Visited:
    request = Request(url)
    request.depth = depth
    return Visited(Lease(1, 1, request, 1, "http://a.test"), outcome, status=200, seconds=0.25)


def events(words: str) -> Iterator[Event]:
    """Yield events of all kinds, with a stranger's words wherever there may be some."""
    url = f"http://me:{SECRET}@a.test/{words}?token={SECRET}"
    for outcome in (
        GaveUp(Reason.STATUS, words),
        GaveUp(Reason.CONNECT, words),
        Retry(Reason.BUSY, 1.0, words),
        Refused(Reason.HOST, f"redirect to {url}"),
        Done(items=[{"a": words}], dropped=[Dropped(words, words)]),
    ):
        yield visited(outcome, url, 0)
        yield visited(outcome, url, 1)
    yield StartRefused(url, Reason.SCHEME, words)
    yield RobotsRead(url, words, forbids_all=True)
    yield RobotsRead(url, words)
    yield ThreadStuck("look", 1.0, url)
    yield CallbackFailed(url, "parse", CallError(f"{words} {url}", f"Trace {words}\n  {url}"))
    yield CallbackFailed(url, "other", ValueError(f"{words} {url}"))
    yield CallbackFailed(url, "third", ProtocolError(f"{words} {url}"))
    yield ItemFailed(url, Failed("clean", Reason.STAGE, words, f"{words}\n{url}", words))


@contextmanager
def listening(handler: logging.Handler) -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.hostile")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        logger.removeHandler(handler)
        logger.propagate = True


class Lines(logging.Handler):
    """Formats records as any program's handler would."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.traces: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())
        whole = logging.Formatter("%(levelname)s %(message)s").format(record)
        head, *trace = whole.split("\n")
        assert head == f"{record.levelname} {record.getMessage()}"
        self.traces += trace


@given(hostile)
@example("\x1b[2J\r\n\u202e")
def test_one_event_is_one_line_of_any_log(words: str) -> None:
    handler = Lines()
    with listening(handler) as logger:
        log = EventLog(logger)
        told = list(events(words))
        for event in told:
            log(event)
    assert len(handler.lines) == len(told)
    for line in (*handler.lines, *handler.traces):
        assert not seen(line)
        assert json.loads(json.dumps({"message": line}))["message"] == line
        assert SECRET not in line or "Error: " in line
    assert not any(SECRET in line for line in handler.lines)


@settings(max_examples=25)
@given(hostile)
@example("\x1b[2J\r\n\u202e")
def test_nothing_moves_the_terminal(words: str) -> None:
    out = io.StringIO()
    console = Console(file=out, width=100_000, force_terminal=False, highlight=False, markup=False)
    stats = Stats()
    stats(Opened(words, "new", "crawl.db", 0, 0, 0))
    with listening(ConsoleHandler(console)) as logger:
        for listener in (EventLog(logger), stats):
            for event in events(words):
                listener(event)
    progress = Progress(console, stats, Idle(), live=True)
    console.print(progress.view())
    console.print(safe(progress.line()), soft_wrap=True)
    console.print(summary_table(stats, [Written(words, 1)]))
    console.print(summary_json(stats, [Written(words, 1)]), soft_wrap=True)
    told = out.getvalue()
    assert not seen(told.replace("\n", ""))
    assert SECRET not in told


class Idle:
    """Nothing in hand."""

    in_flight = 0
    pending = 0


@given(hostile)
def test_items_on_a_terminal_are_the_same_data(words: str) -> None:
    text = encode_item({"a": words, words: [words]})
    shown = visible(text)
    assert not seen(shown.decode())
    assert msgspec.json.decode(shown) == msgspec.json.decode(text)


@given(hostile, st.integers(0, 30))
def test_text_for_people(words: str, longest: int) -> None:
    assert not seen(safe(words, longest))
    assert not seen(safe_lines(words).replace("\n", ""))
    assert len(safe_lines(words).split("\n")) == len(words.split("\n"))


@pytest.mark.parametrize("size", [499, 500, 501, 2_500, 2_501])
def test_a_login_that_is_cut_off_is_not_shown(size: int) -> None:
    text = "x" * (size - 20) + f" https://me:{SECRET}@a.test/"
    assert SECRET not in safe(text)
