"""Everything that differs between operating systems: event loop, signals, limits of the process."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from crawler.cli.listening import Listening, is_interruption

T = TypeVar("T")

# Names of malloc.h, and how much memory is kept.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 32 * 1024 * 1024

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def prepare_process() -> None:
    """Make this process fit for many connections; never done to somebody else's program."""
    # A crawl makes many objects and few cycles: collecting less often is worth about a tenth.
    gc.set_threshold(50_000, 20, 100)
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
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_ended(main))


async def _ended(main: Coroutine[Any, Any, T]) -> T:
    result = await main
    with suppress(asyncio.CancelledError):  # a signal that came too late to cancel anything
        await asyncio.sleep(0)
    return result


@contextmanager
def signals(heard: Callable[[int], None]) -> Iterator[None]:
    """Call `heard` with the number of each SIGINT and SIGTERM, in the running loop, while inside.

    Code that keeps the loop is interrupted by the second signal. Raises asyncio.CancelledError then.
    """
    listening = Listening(heard)
    before = {number: signal.signal(number, listening.on_signal) for number in SIGNALS}
    try:
        yield
    except BaseException as error:
        listening.end()
        if isinstance(error, asyncio.CancelledError) or not is_interruption(error):
            raise
        listening.take_all()
        raise asyncio.CancelledError from error
    finally:
        listening.end()
        for number in SIGNALS:
            signal.signal(number, before[number])


def let_go_of_stdout() -> None:
    """Point standard output nowhere: whoever read it is gone, and flushing it at exit would fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


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
