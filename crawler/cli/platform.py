"""Everything that differs between operating systems: event loop, signals, limits of the process."""

from __future__ import annotations

import asyncio
import ctypes
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

from crawler.cli.listening import Listening, end_within, is_interruption
from crawler.cli.streams import forgive_stdout, let_go_of_stdout, prepare_streams
from crawler.loops import collect_seldom, loop_factory

__all__ = [
    "Ended",
    "end_within",
    "ended_by_signals",
    "forgive_stdout",
    "let_go_of_stdout",
    "prepare_process",
    "prepare_streams",
    "run",
    "signals",
]

T = TypeVar("T")

# Names of malloc.h, and how much memory is kept.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 32 * 1024 * 1024

#: What a person or a system ends a program with; the last one where there are terminals to be closed.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
#: Seconds for which a signal lets what is in flight finish, where no settings say so.
GRACE = 30.0


class Ended(BaseException):
    """Raised by a signal that comes before there is a crawl, or after it; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def prepare_process() -> None:
    """Make this process fit for many connections; never done to somebody else's program."""
    collect_seldom()
    _keep_freed_memory()
    _use_all_descriptors()


def _keep_freed_memory() -> None:
    """Let the C library keep what a page's tree and body leave behind, for the next page.

    Given back and fetched anew for every page, the memory costs a page fault for each 4 KB. Where the
    library is not glibc nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_ended(main))


async def _ended(main: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, or to a signal: what that raises in a loop's callback is not always let through."""
    heard: list[int] = []
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def end(number: int, frame: object) -> None:
        heard.append(number)
        if len(heard) > 1:
            raise Ended(number)
        loop.call_soon_threadsafe(task.cancel)

    with _handled_by(end, _wanted(ctrl_c=False)):
        try:
            result = await main
        except asyncio.CancelledError:
            if not heard:
                raise
            raise Ended(heard[0]) from None
    with suppress(asyncio.CancelledError):  # a signal that came too late to cancel anything
        await asyncio.sleep(0)
    return result


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise `Ended` while inside, as Ctrl-C raises KeyboardInterrupt."""

    def end(number: int, frame: object) -> None:
        raise Ended(number)

    with _handled_by(end, _wanted(ctrl_c=False)):
        yield


@contextmanager
def signals(heard: Callable[[int], None], grace: float = GRACE) -> Iterator[Callable[[], None]]:
    """Call `heard` with the number of each SIGINT, SIGTERM and SIGHUP, in the running loop, while inside.

    Code that keeps the loop is interrupted by the second signal, or when the time is up that the first one
    gives. Raises asyncio.CancelledError then. Yields what starts that time without a signal.

    Args:
        heard: called with `TIME_IS_UP` too, after `grace` seconds.
        grace: seconds that the first signal gives.
    """
    listening = Listening(heard, grace)
    with _handled_by(listening.on_signal, _wanted()):
        yield from _heard(listening)


def _heard(listening: Listening) -> Iterator[Callable[[], None]]:
    try:
        yield listening.start_clock
    except BaseException as error:
        listening.end()
        if isinstance(error, asyncio.CancelledError) or not is_interruption(error):
            raise
        listening.take_all()
        raise asyncio.CancelledError from error
    finally:
        listening.end()


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None], numbers: Sequence[int]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, one in before.items():
            signal.signal(number, one)


def _wanted(*, ctrl_c: bool = True) -> list[int]:
    """Return the signals that are heard: a closed terminal is none of them for who ignores it (nohup)."""
    hangup = getattr(signal, "SIGHUP", None)
    heard = [one for one in SIGNALS if one != hangup or signal.getsignal(one) != signal.SIG_IGN]
    return heard if ctrl_c else [one for one in heard if one != signal.SIGINT]


def _use_all_descriptors() -> None:
    """Raise the soft limit of open files to the hard one, where the system knows such limits."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):  # macOS calls the hard limit infinite and does not accept it
            pass
