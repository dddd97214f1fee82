import asyncio
import os
import signal
import sys
import time

import pytest

from crawler.cli import platform
from crawler.cli.exitcodes import ExitCode
from crawler.cli.interrupts import Interrupts
from crawler.cli.listening import TIME_IS_UP


def test_the_first_stops_the_second_cancels_and_the_first_names_the_code() -> None:
    done: list[str] = []
    interrupts = Interrupts(lambda: done.append("cancel"), lambda text: None)
    interrupts.crawling(lambda: done.append("stop"))
    interrupts.heard(signal.SIGTERM)
    assert done == ["stop"]
    interrupts.heard(signal.SIGINT)
    assert done == ["stop", "cancel"]
    assert interrupts.code is ExitCode.TERMINATED


def test_before_there_is_a_crawl_the_first_ends_everything() -> None:
    done: list[str] = []
    interrupts = Interrupts(lambda: done.append("cancel"), lambda text: None)
    interrupts.heard(signal.SIGINT)
    assert done == ["cancel"]
    assert interrupts.code is ExitCode.INTERRUPTED


@pytest.mark.skipif(sys.platform == "win32", reason="no terminal is closed there")
def test_each_has_its_code() -> None:
    for number, code in (
        (signal.SIGHUP, ExitCode.HANGUP),
        (signal.SIGINT, ExitCode.INTERRUPTED),
        (signal.SIGTERM, ExitCode.TERMINATED),
    ):
        interrupts = Interrupts(lambda: None, lambda text: None)
        interrupts.heard(number)
        assert interrupts.code is code


def test_when_the_time_is_up_it_says_why() -> None:
    done: list[str] = []
    interrupts = Interrupts(lambda: done.append("cancel"), done.append, "5 s")
    interrupts.crawling(lambda: done.append("stop"))
    interrupts.heard(signal.SIGTERM)
    interrupts.heard(TIME_IS_UP)
    assert done[0] == "stop"
    assert "for 5 s at most" in done[1]
    assert done[2:] == ["stopping at once: what is in flight has not finished in 5 s", "cancel"]
    assert interrupts.code is ExitCode.TERMINATED


def test_a_reader_that_goes_away_is_as_a_first_signal() -> None:
    done: list[str] = []
    interrupts = Interrupts(lambda: done.append("cancel"), lambda text: None)
    interrupts.crawling(lambda: done.append("stop"))
    interrupts.timed_by(lambda: done.append("clock"))
    interrupts.unread()
    interrupts.unread()
    assert done == ["stop", "clock"]
    interrupts.heard(TIME_IS_UP)
    codes = [interrupts.code]
    interrupts.heard(signal.SIGTERM)
    assert done == ["stop", "clock", "cancel", "cancel"]
    assert [*codes, interrupts.code] == [ExitCode.PIPE, ExitCode.TERMINATED]


async def heard_of(*numbers: int, grace: float, wanted: int) -> list[int]:
    """Send this process signals; return what is heard of them, once there is so much."""
    heard: list[int] = []
    with platform.signals(heard.append, grace):
        for number in numbers:
            os.kill(os.getpid(), number)
        until = time.monotonic() + 20
        while len(heard) < wanted:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
    return heard


posix = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself these there")


@posix
async def test_the_time_is_up_once() -> None:
    assert await heard_of(signal.SIGTERM, grace=0.05, wanted=2) == [signal.SIGTERM, TIME_IS_UP]


@posix
async def test_time_without_end_is_a_long_time() -> None:
    assert await heard_of(signal.SIGTERM, signal.SIGINT, grace=1e12, wanted=2) == [
        signal.SIGTERM,
        signal.SIGINT,
    ]


@posix
async def test_the_time_may_begin_without_a_signal() -> None:
    heard: list[int] = []
    with platform.signals(heard.append, 0.05) as start_clock:
        start_clock()
        until = time.monotonic() + 20
        while not heard:
            assert time.monotonic() < until
            await asyncio.sleep(0.01)
    assert heard == [TIME_IS_UP]


@posix
async def test_a_second_signal_needs_no_time() -> None:
    assert await heard_of(signal.SIGTERM, signal.SIGINT, grace=60, wanted=2) == [
        signal.SIGTERM,
        signal.SIGINT,
    ]


@posix
async def test_a_closed_terminal_is_told_by_system_and_shell_and_counts_once() -> None:
    numbers = (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM)
    assert await heard_of(*numbers, grace=60, wanted=2) == [signal.SIGHUP, signal.SIGTERM]


@posix
async def test_who_ignores_a_closed_terminal_goes_on_doing_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert await heard_of(signal.SIGHUP, signal.SIGTERM, grace=60, wanted=1) == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@posix
def test_before_there_is_a_crawl_a_signal_raises() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(platform.Ended) as ended, platform.ended_by_signals():
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert ended.value.number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before
