"""Signals that reach the command even while some code keeps the event loop from everything else."""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread, main_thread
from time import monotonic
from types import FrameType

#: Seconds that the loop has to take up a second signal, before what it is at is interrupted.
_PATIENCE = 0.5
#: Seconds that the interrupted code has to let go of the loop, before the process ends as it stands.
_LAST_PATIENCE = 3.0
#: Seconds that everything has to come to its end in when it is to stop at once.
_AT_ONCE = 20.0

#: Seconds that a clock can still count.
_LONGEST = 1e8

#: What is heard in the place of a second signal when the time is up that the first one gave.
TIME_IS_UP = 0

_SHOW_CURSOR = "\x1b[?25h\n"
_HANGUP = getattr(signal, "SIGHUP", None)
_PIPE = 13  # SIGPIPE, which Python takes no notice of


class Interrupted(BaseException):
    """Raised in code that keeps the event loop when it is to stop at once.

    No KeyboardInterrupt, which would end the loop itself: other tasks have to clean up on it.
    """


class Listening:
    """Hands signals to the running loop; with the second one it does not wait for the loop.

    A signal's handler runs in the main thread, between two steps of whatever code is there, and it ends a
    `time.sleep`. The first signal waits until the loop takes it up, because what keeps it will mostly end.
    When a later one is not taken up soon, the handler raises `Interrupted` in that code. When even that is
    of no use, because it is caught, or because the thread has gone into C code, the process ends: the state
    on disk can be gone on with, and worker processes do not outlive it. So it does when what is asked to
    stop at once does not. Only C code that was there before the first signal, and never returns, has to be
    killed: the system calls no handler then.

    Args:
        heard: called on the loop with the number of each signal.
        grace: seconds after the first signal, after which `heard` is called with `TIME_IS_UP`.
    """

    def __init__(self, heard: Callable[[int], None], grace: float) -> None:
        self._heard = heard
        self._grace = min(grace, _LONGEST)
        self._loop = asyncio.get_running_loop()
        self._arrived: list[int] = []
        self._taken = 0
        self._due = False
        self._over = False
        self._lock = Lock()
        # Of all that threads share, a signal's handler can use this alone: it may interrupt itself.
        self._told: SimpleQueue[bool] = SimpleQueue()
        self._watcher = Thread(target=self._watch, name="crawler signals", daemon=True)
        with suppress(RuntimeError):  # the system gives no more threads: signals are heard all the same
            self._watcher.start()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals. Raises Interrupted when the loop is stuck."""
        if self._over:
            return
        if self._due:
            self._due = False
            if self._stuck:
                raise Interrupted
            return
        if self._arrived and number == _HANGUP:  # a terminal is closed once; shell and system both tell
            return
        self._hand_on(number)
        self._told.put(True)

    def start_clock(self) -> None:
        """Let the time begin that a first signal gives, though none has come."""
        self._told.put(True)

    def end(self) -> None:
        """From now on nothing is raised any more, and the process is let be."""
        self._over = True
        self._told.put(False)
        if self._watcher.ident is not None:
            self._watcher.join()  # no signal is on its way from there

    def take_all(self) -> None:
        """Act on what the loop has not taken up, when it cannot any more."""
        for number in self._arrived[self._taken :]:
            self._heard(number)

    @property
    def _first(self) -> int:
        """The first signal that has come; where none has, that of a pipe which nobody reads."""
        return next((number for number in self._arrived if number != TIME_IS_UP), _PIPE)

    @property
    def _stuck(self) -> bool:
        return self._taken < len(self._arrived)

    def _hand_on(self, number: int) -> None:
        self._arrived.append(number)
        self._loop.call_soon_threadsafe(self._take, number)

    def _take(self, number: int) -> None:
        self._taken += 1
        if not self._over:
            self._heard(number)

    # In the watching thread.

    def _watch(self) -> None:
        if not self._told.get():
            return
        try:
            if not self._told.get(timeout=self._grace):
                return
        except Empty:
            with self._lock:
                if self._over:
                    return
                self._hand_on(TIME_IS_UP)
        until = monotonic() + _AT_ONCE
        while not self._ended_within(_PATIENCE):
            if self._stuck:
                taken = self._taken
                with self._lock:
                    if self._over:
                        return
                    self._due = True
                    _wake_main_thread(signal.SIGINT if self._first == _PIPE else self._first)
                if self._ended_within(_LAST_PATIENCE):
                    return
                if self._taken == taken:
                    _end_process(self._first, "some code keeps the event loop and cannot be interrupted")
            elif monotonic() > until:
                _end_process(self._first, f"something has not ended within {_AT_ONCE:g} seconds")

    def _ended_within(self, seconds: float) -> bool:
        """Wait; say whether it is over. Further signals are the handler's alone."""
        until = monotonic() + seconds
        while True:
            try:
                if not self._told.get(timeout=max(0.0, until - monotonic())):
                    return True
            except Empty:
                return False


def is_interruption(error: BaseException) -> bool:
    """Say whether an error, or each one of a group, comes of `Interrupted` and of what that cancelled."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_interruption(one) for one in error.exceptions)
    return isinstance(error, Interrupted | asyncio.CancelledError)


def end_within(seconds: float, code: int) -> None:
    """Let the process end with a code after so many seconds at the latest: a thread may keep it for ever."""

    def wait_and_end() -> None:
        Event().wait(seconds)
        os._exit(code)

    Thread(target=wait_and_end, name="crawler end", daemon=True).start()


def _wake_main_thread(number: int) -> None:
    """Have the handler of a signal called in the main thread, whatever that is waiting for."""
    main = main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main(signal.Signals(number))
    else:
        signal.pthread_kill(main, number)


def _end_process(number: int, why: str) -> None:
    """End the process as it stands, with the code that a shell gives to one that a signal has ended."""
    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
    with suppress(OSError):
        os.write(2, f"{cursor}ended at once: {why}\n".encode())
    os._exit(128 + number)
