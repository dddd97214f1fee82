"""Who kept the event loop."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import anyio
import anyio.lowlevel
import pytest

import crawler
from crawler.events import LoopBlocked
from crawler.executors.loop import LoopExecutor
from crawler.observe import watchdog as module
from crawler.observe.culprit import Sighting, below, floor_of, most_seen, sight
from crawler.observe.standstill import in_words
from crawler.observe.watchdog import THRESHOLD, Watchdog
from crawler.stages import read_entry, stage

T = TypeVar("T")

BACKENDS: dict[str, dict[str, Any]] = {
    "asyncio": {"backend": "asyncio"},
    "uvloop": {"backend": "asyncio", "backend_options": {"use_uvloop": True}},
    "trio": {"backend": "trio"},
}


@pytest.fixture(params=BACKENDS)
def run(request: pytest.FixtureRequest) -> Callable[[Callable[[], Awaitable[Any]]], Any]:
    return lambda main: anyio.run(main, **BACKENDS[request.param])


class Watched:
    """A loop with a watchdog, and what it has told."""

    def __init__(self) -> None:
        self.told: list[LoopBlocked] = []
        self.dog = Watchdog(self.told.append)

    def looked(self) -> bool:
        """Say, while the loop stands still, whether it has been seen."""
        return bool(self.dog._beat.seen)

    def wait(self) -> None:
        """Keep the loop waiting until it was seen."""
        seen = threading.Event()

        def watch() -> None:
            while not self.looked():
                time.sleep(0.001)
            seen.set()

        threading.Thread(target=watch, daemon=True).start()
        assert seen.wait(30)  # the line

    async def story(self, *parts: Callable[[], Awaitable[Any]]) -> list[LoopBlocked]:
        """Run functions on the loop one after the other; return what was told of them."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.dog.run)
            await anyio.sleep(2 * module.BEAT)
            for part in parts:
                await part()
                await anyio.sleep(2 * module.BEAT)
            tasks.cancel_scope.cancel()
        return self.told


async def test_where_there_can_be_no_more_threads_the_loop_goes_on_unwatched(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    told: list[LoopBlocked] = []
    await Watchdog(told.append).run()
    assert not told
    assert "nobody watches whether the event loop is kept waiting: can't start new thread" in caplog.text


def here(mark: str) -> int:
    """Return the number of the line of this file that has a mark."""
    lines = Path(__file__).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {mark}"))


async def as_a_stage(code: Any, *arguments: Any) -> None:
    """Run a function as the loop runs a stage."""
    read = read_entry(stage(code))
    executor = LoopExecutor(read.name, read, read.placed)
    await executor.open()
    await executor.call("", arguments[0] if arguments else None, "https://a.test/")
    await executor.close()


# Who did it


def test_a_stage_that_waits_is_named_with_its_line_and_what_it_called(run: Any) -> None:
    watched = Watched()

    async def slow(item: Any) -> None:
        watched.wait()

    [event] = run(lambda: watched.story(partial(as_a_stage, slow)))
    assert event.whose == "plugin"
    assert event.where.endswith("<locals>.slow")
    assert (event.file, event.line) == (__file__, here("the line"))
    assert event.inside == "threading.Condition.wait"
    assert event.seconds > THRESHOLD
    assert "was waiting" in in_words(event)
    assert "@thread" in in_words(event)


def test_a_stage_that_computes_is_named(run: Any) -> None:
    watched = Watched()

    async def compute(item: Any) -> None:
        end = time.thread_time() + 0.15
        while not watched.looked() or time.thread_time() < end:
            sum(range(1000))

    [event] = run(lambda: watched.story(partial(as_a_stage, compute)))
    assert (event.whose, event.inside, event.file) == ("plugin", "", __file__)
    assert event.where.endswith("compute")
    assert event.cpu > 0.1


def test_a_call_that_holds_the_interpreter_is_found_at_its_line(run: Any) -> None:
    watched = Watched()
    pattern = re.compile("(a+)+$")

    async def matches(item: Any) -> None:
        for length in range(20, 30):
            if watched.looked():
                break
            pattern.match("a" * length + "b")  # the match

    [event] = run(lambda: watched.story(partial(as_a_stage, matches)))
    assert (event.whose, event.file, event.line) == ("plugin", __file__, here("the match"))
    assert event.cpu > 0


def code_in(file: str, wait: Callable[[], None]) -> Any:
    """Return an async function that waits, and that is said to come from a file."""
    source = "async def slow(item=None):\n    inner()\n\ndef inner():\n    wait()\n"
    names: dict[str, Any] = {"wait": wait, "__name__": "elsewhere"}
    exec(compile(source, file, "exec"), names)
    return names["slow"]


def waiting(watched: Watched) -> Callable[[], None]:
    """Return a function that keeps the loop waiting until it was seen, in the standard library."""
    seen = threading.Event()

    def watch() -> None:
        while not hasattr(watched.dog, "_beat") or not watched.looked():
            time.sleep(0.001)
        seen.set()

    threading.Thread(target=watch, daemon=True).start()
    return partial(seen.wait, 30)  # type: ignore[return-value]


STANDARD = Path(os.__file__).parent
INSTALLED = STANDARD / "site-packages"
CRAWLER = Path(crawler.__file__).parent


def test_a_plugin_that_is_installed_is_named_too(run: Any) -> None:
    watched = Watched()
    books = str(INSTALLED / "books.py")
    slow = code_in(books, waiting(watched))
    [event] = run(lambda: watched.story(partial(as_a_stage, slow)))
    assert (event.whose, event.where, event.file, event.line) == ("plugin", "slow", books, 5)
    assert event.inside == "threading.Condition.wait"


def test_an_applications_own_code_is_named_without_a_placement(run: Any) -> None:
    watched = Watched()

    async def handler() -> None:
        watched.wait()

    [event] = run(lambda: watched.story(handler))
    assert (event.whose, event.where, event.line) == ("program", "Watched.wait", here("the line"))
    assert "let it run in a thread" in in_words(event)
    assert "@" not in in_words(event)


async def spawned(code: Any) -> None:
    """Run an async function in a task of its own, so that this file is not on its stack."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(code)


def test_crawlers_own_code_is_not_blamed_on_anybody(run: Any) -> None:
    watched = Watched()
    links = str(CRAWLER / "page" / "links.py")
    slow = code_in(links, waiting(watched))
    [event] = run(lambda: watched.story(partial(spawned, slow)))
    assert (event.whose, event.where, event.file, event.line) == ("crawler", "inner", links, 5)
    assert "crawler's own inner (" in in_words(event)
    assert "run" not in in_words(event)


def test_a_library_that_the_loop_calls_is_named_as_such(run: Any) -> None:
    watched = Watched()
    slow = code_in(str(INSTALLED / "client.py"), waiting(watched))
    [event] = run(lambda: watched.story(partial(spawned, slow)))
    assert (event.whose, event.where) == ("library", "Condition.wait")


@pytest.mark.parametrize(
    ("whose", "cpu", "words"),
    [
        ("plugin", 0.01, "slow (a.py:3), in x.y, was waiting; make it a plain `def` that runs in a thread"),
        ("plugin", 0.3, "slow (a.py:3), in x.y, was computing; make it a plain `def` that runs in a process"),
        ("program", 0.9, "slow (a.py:3), in x.y, was computing; let it run in a process"),
        ("crawler", 0.9, "crawler's own slow (a.py:3), in x.y, was computing"),
        ("library", 0.0, "slow (a.py:3), in x.y, was waiting"),
    ],
)
def test_who_it_was_and_what_to_do_about_it_in_words(whose: str, cpu: float, words: str) -> None:
    said = in_words(LoopBlocked("slow", "a.py", 3, 1.0, cpu, "x.y", whose))
    assert said.startswith(f"the event loop stood still for 1 s: {words}")


def test_every_standstill_is_told_once(run: Any) -> None:
    watched = Watched()

    async def slow() -> None:
        watched.wait()

    assert [event.file for event in run(lambda: watched.story(slow, slow))] == [__file__] * 2


def test_code_that_comes_back_in_time_is_not_told(run: Any) -> None:
    watched = Watched()

    async def quick() -> None:
        for _ in range(100):
            await anyio.lowlevel.checkpoint()

    assert run(lambda: watched.story(quick)) == []


# Who did not


class Floored:
    """An event loop in a thread of its own, and the frame that it runs in."""

    def __init__(self, run: Callable[[Any], Any]) -> None:
        self.floor: FrameType | None = None
        self._end_loop = threading.Event()
        self._end = threading.Event()
        self._known = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(run,), daemon=True)

    def _work(self, run: Callable[[Any], Any]) -> None:
        run(self._main)
        self.stopped_here()

    async def _main(self) -> None:
        earlier = below(sys._getframe())
        await anyio.lowlevel.checkpoint()
        self.floor = floor_of(below(sys._getframe()), earlier)
        self._known.set()
        while not self._end_loop.is_set():
            await anyio.sleep(0.001)

    def stopped_here(self) -> None:
        """The loop is over, and its thread does something else."""
        self._end.wait(30)

    def __enter__(self) -> Floored:
        self._thread.start()
        assert self._known.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._end_loop.set()
        self._end.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def end_loop(self) -> None:
        self._end_loop.set()
        while self.innermost(lambda frame: frame.f_code.co_name == "stopped_here") is None:
            time.sleep(0.001)

    def innermost(self, where: Callable[[FrameType], bool] = lambda frame: True) -> FrameType | None:
        """Return the innermost frame of the thread, when one of its frames is as wanted."""
        innermost = frame = sys._current_frames()[self._thread.ident or 0]
        while not where(frame):
            if frame.f_back is None:
                return None
            frame = frame.f_back
        return innermost


def test_a_loop_that_has_nothing_to_do_is_not_blamed(run: Any) -> None:
    with Floored(run) as loop:
        assert loop.floor is not None
        found = {sight(loop.innermost(), loop.floor) for _ in range(1000)}
    # Most looks find it idle; some find it at what it does, and none of them the program below it.
    assert None in found
    assert not any(one and one.where.startswith("Floored._work") for one in found)


def test_what_runs_after_the_loop_has_ended_is_not_the_loops(run: Any) -> None:
    with Floored(run) as loop:
        loop.end_loop()
        assert sight(loop.innermost(), loop.floor) is None


# Always at something, and never for long: what it is at when it is stopped is innocent.
_PAUSED = """
import sys, threading, time
import anyio
from crawler.observe.watchdog import Watchdog

async def main():
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Watchdog(lambda event: print(event.seconds, flush=True)).run)
        await anyio.sleep(0.2)
        print("watching", flush=True)
        over = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.readline(), over.set()), daemon=True).start()
        while not over.is_set():
            end = time.thread_time() + 0.02
            while time.thread_time() < end:
                pass
            await anyio.sleep(0)
        tasks.cancel_scope.cancel()
    print("over", flush=True)

anyio.run(main, backend=sys.argv[1], backend_options={"use_uvloop": True} if len(sys.argv) > 2 else {})
"""


@pytest.mark.slow
@pytest.mark.parametrize("loop", [["asyncio"], ["asyncio", "uvloop"], ["trio"]])
def test_a_process_that_was_stopped_blames_nobody(loop: list[str]) -> None:
    command = [sys.executable, "-c", _PAUSED, *loop]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "watching\n"
        for _ in range(3):
            process.send_signal(signal.SIGSTOP)
            time.sleep(1)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.1)
        process.stdin.write("\n")
        process.stdin.close()
        *standstills, over = process.stdout.read().split()
    assert over == "over"
    # A machine that is very busy may make it late, but not by as long as it was stopped.
    assert [seconds for seconds in standstills if float(seconds) > 0.6] == []


def beats(watched: Watched, *, seconds: float, cpu: float, tardy: bool, paused: float = 0.0) -> None:
    """Report a standstill as it would have been seen."""
    first, then = module._Beat(None), module._Beat(None)
    first.paused = paused
    then.at = first.at + module.BEAT + seconds + paused
    then.cpu = first.cpu + cpu
    first.seen.append((Sighting("plugin", "slow", "slow.py", 1, ""), tardy))
    watched.dog._report(first, then)


@pytest.mark.parametrize(
    ("cpu", "tardy", "blamed"),
    [
        (0.0, False, True),  # it waited
        (1.0, False, True),  # it computed
        (1.0, True, True),  # it held the interpreter
        (0.0, True, False),  # another thread did
    ],
)
def test_who_was_seen_by_a_watcher_that_was_late_must_have_computed(
    cpu: float, tardy: bool, blamed: bool
) -> None:
    watched = Watched()
    beats(watched, seconds=1.0, cpu=cpu, tardy=tardy, paused=5.0)
    assert [event.where for event in watched.told] == ["slow"] * blamed
    assert [event.seconds for event in watched.told] == pytest.approx([1.0] * blamed)
    assert [event.cpu for event in watched.told] == pytest.approx([cpu] * blamed)


def test_what_is_seen_most_often_stands_for_all() -> None:
    def at(where: str, line: int) -> Sighting:
        return Sighting("plugin", where, "a.py", line, "")

    assert most_seen([at("one", 1), at("two", 5), at("two", 6), at("two", 6), at("one", 1)]) == at("two", 6)


# Beginning and end


def test_it_ends_with_the_crawl_and_leaves_no_thread(run: Any) -> None:
    watched = Watched()
    names: list[list[str]] = []

    async def look() -> None:
        names.append([thread.name for thread in threading.enumerate()])

    run(lambda: watched.story(look))
    assert "crawler watchdog" in names[0]
    assert "crawler watchdog" not in [thread.name for thread in threading.enumerate()]
    assert not hasattr(watched.dog, "_beat")


def test_a_standstill_that_may_never_end_is_logged_before_it_does(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STUCK", 0.2)
    logged: list[str] = []
    heard = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())
            heard.set()

    async def hang() -> None:
        assert heard.wait(20)  # the loop waits for what is said of it

    logger, ear = logging.getLogger("crawler"), Ear()
    logger.addHandler(ear)
    try:
        run(lambda: Watched().story(hang))
    finally:
        logger.removeHandler(ear)
    assert len(logged) == 1
    assert "the event loop has stood still for" in logged[0]
    assert "hang" in logged[0]
    assert "test_watchdog.py:" in logged[0]
