import io
import logging

import pytest
from rich.console import Console

from crawler.errors import CallError
from crawler.events import (
    BatchMissing,
    CallbackFailed,
    Event,
    ItemFailed,
    RobotsRead,
    StartRefused,
    ThreadStuck,
    Visited,
)
from crawler.model import Done, Failed, GaveUp, Lease, Outcome, Reason, Refused, Request, Retry
from crawler.observe.console import ConsoleHandler
from crawler.observe.log import EventLog


def visited(outcome: Outcome, url: str = "http://a.test/x", depth: int = 1, **more: float) -> Visited:
    request = Request(url)
    request.depth = depth
    return Visited(Lease(1, 1, request, 1, "http://a.test"), outcome, status=200, seconds=0.25, **more)  # type: ignore[arg-type]


@pytest.fixture
def logger() -> logging.Logger:
    logger = logging.getLogger("tests.eventlog")
    logger.setLevel(logging.DEBUG)
    return logger


@pytest.mark.parametrize(
    ("event", "level", "message"),
    [
        (
            StartRefused("http://b.test/", Reason.HOST),
            "WARNING",
            "start URL refused: http://b.test/: on another host",
        ),
        (StartRefused("x", Reason.SCHEME, "'x' is no URL"), "WARNING", "start URL refused: x: 'x' is no URL"),
        (
            RobotsRead("http://a.test", "status 503: nothing may be fetched", forbids_all=True),
            "WARNING",
            "http://a.test/robots.txt: status 503: nothing may be fetched",
        ),
        (
            RobotsRead("http://a.test", "nothing may be fetched", forbids_all=True, cause=Reason.DNS),
            "WARNING",
            "nothing may be fetched: the host name has no address; check its spelling",
        ),
        (
            RobotsRead("http://a.test", "rules read", 5.0),
            "INFO",
            "rules read; it asks for 5 s between fetches",
        ),
        (
            BatchMissing("save for shop.Book", 1_500),
            "WARNING",
            "the batch save for shop.Book is not in the pipeline any more, and up to 1,500 items had still "
            "to come to it: they stay in the state, and when a batch of that name is in the pipeline again",
        ),
        (BatchMissing("save", 9, gone=2), "WARNING", "stay in the state (2 of them were let go of before)"),
        (ThreadStuck("look", 2.1, ""), "WARNING", "look: a thread is left behind after 2 s"),
        (ThreadStuck("look", 9, "http://a.test/x"), "WARNING", "after 9 s, at http://a.test/x"),
        (visited(GaveUp(Reason.CONNECT, "refused")), "WARNING", "http://a.test gives no answer: refused"),
        (visited(GaveUp(Reason.STATUS, "404")), "INFO", "http://a.test/x: given up: status 404"),
        (
            visited(GaveUp(Reason.STATUS, "404"), depth=0),
            "WARNING",
            "start URL failed: http://a.test/x: status 404",
        ),
        (visited(Retry(Reason.BUSY, 2.0, "503")), "INFO", "http://a.test/x: 503: again in 2.0 s"),
        (visited(Refused(Reason.ROBOTS)), "INFO", "http://a.test/x: refused: robots.txt forbids it"),
        (visited(Done()), "DEBUG", "http://a.test/x: 200 in 250 ms"),
    ],
)
def test_each_event_has_its_level_and_words(
    event: Event, level: str, message: str, logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    EventLog(logger)(event)
    (record,) = caplog.records
    assert record.levelname == level
    assert message in record.getMessage()
    assert record.getMessage().rpartition(" ")[2] not in ("", "at")


def test_a_failed_callback_is_told_once(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog(logger)
    log(CallbackFailed("http://a.test/x", "parse", ValueError("oops")))
    log(visited(GaveUp(Reason.CALLBACK, "parse: ValueError: oops"), depth=0))
    assert [record.getMessage() for record in caplog.records] == [
        "http://a.test/x: parse failed: ValueError: oops"
    ]


def test_a_host_is_complained_about_once(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog(logger)
    for _ in range(3):
        log(visited(GaveUp(Reason.CONNECT, "refused")))
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "INFO"]


def test_failing_callbacks_do_not_flood(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog(logger)
    for number in range(50):
        log(CallbackFailed(f"http://a.test/{number}", "parse", ValueError("oops")))
    assert len(caplog.records) == 10
    assert [bool(record.exc_info) for record in caplog.records] == [True] + [False] * 9
    assert "only counted" in caplog.records[-1].getMessage()


def test_records_reach_the_console_escaped() -> None:
    out = io.StringIO()
    handler = ConsoleHandler(Console(file=out, width=40))
    try:
        raise ValueError("\x1b[2J")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
    handler.emit(logging.LogRecord("x", logging.WARNING, "f", 1, "[red]%s", ("\x07" + "y" * 60,), info))
    text = out.getvalue()
    assert text.splitlines()[0] == "warning: [red]\\x07" + "y" * 60
    assert "ValueError: \\x1b[2J" in text
    assert "\x1b" not in text


TRACE = 'Traceback (most recent call last):\n  File "a.py", line 1, in wrong\nValueError: \x1b[2J\n'


@pytest.mark.parametrize(
    "event",
    [
        CallbackFailed("http://a.test/x", "parse", CallError("ValueError: oops", TRACE)),
        ItemFailed("http://a.test/x", Failed("parse", Reason.STAGE, "ValueError: oops", TRACE, "Book")),
    ],
    ids=["callback", "item"],
)
def test_a_traceback_from_another_process_is_shown_once_line_by_line(
    event: Event, logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    out = io.StringIO()
    handler = ConsoleHandler(Console(file=out, width=40))
    logger.addHandler(handler)
    try:
        log = EventLog(logger)
        log(event)
        log(event)
    finally:
        logger.removeHandler(handler)
    lines = out.getvalue().splitlines()
    assert len(lines) == 5
    assert lines[0] == lines[4]
    assert lines[0].startswith("warning: http://a.test/x: parse failed")
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[2] == '  File "a.py", line 1, in wrong'
    assert lines[3] == "ValueError: \\x1b[2J"
    formatted = logging.Formatter().format(caplog.records[0])
    assert TRACE.strip().replace("\x1b", "\\x1b") in formatted  # and so other handlers show it


def test_a_level_that_shows_no_warnings_shows_no_traceback(
    logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.setLevel(logging.ERROR)
    EventLog(logger)(CallbackFailed("http://a.test/x", "parse", CallError("oops", TRACE)))
    assert not caplog.records


def test_a_host_that_has_answered_is_not_said_to_give_no_answer() -> None:
    written = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(written))
    log = EventLog(logger)
    log(visited(Done()))
    log(visited(GaveUp(Reason.DISCONNECTED, "the connection ended")))
    assert "gives no answer" not in written.getvalue()
    assert "http://a.test/x: given up: disconnected the connection ended" in written.getvalue()
