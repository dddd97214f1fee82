"""Signals that reach the command even while some code keeps the event loop from everything else."""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import sys
from collections.abc import Callable
from threading import Event, Lock, Thread, main_thread
from types import FrameType

#: Seconds that the loop has to take up a second signal, before what it is at is interrupted.
_GRACE = 0.5
#: Seconds that the interrupted code has to let go of the loop, before the process ends as it stands.
_LAST_GRACE = 3.0

_SHOW_CURSOR = "\x1b[?25h\n"


class Interrupted(BaseException):
    """Raised in code that keeps the event loop when it is to stop at once.

    No KeyboardInterrupt, which would end the loop itself: other tasks have to clean up on it.
    """


class Listening:
    """Hands signals to the running loop; with the second one it does not wait for the loop.

    A signal's handler runs in the main thread, between two steps of whatever code is there, and it ends a
    `time.sleep`. The first signal waits until the loop takes it up, because what keeps it will mostly end.
    When a later one is not taken up soon, the handler raises `Interrupted` in that code. When even that is
    of no use, because it is caught, or because the thread is in C code, the process ends: the state on disk
    can be gone on with, and worker processes do not outlive it.

    Args:
        heard: called on the loop with the number of each signal.
    """

    def __init__(self, heard: Callable[[int], None]) -> None:
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._arrived: list[int] = []
        self._taken = 0
        self._due = False
        self._over = False
        self._lock = Lock()
        self._ended = Event()
        self._watcher: Thread | None = None

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signals. Raises Interrupted when the loop is stuck."""
        if self._over:
            return
        if self._due:
            self._due = False
            if self._stuck:
                raise Interrupted
            return
        self._arrived.append(number)
        self._loop.call_soon_threadsafe(self._take, number)
        if len(self._arrived) > 1 and (self._watcher is None or not self._watcher.is_alive()):
            self._watcher = Thread(target=self._watch, name="crawler signals", daemon=True)
            self._watcher.start()

    def end(self) -> None:
        """From now on nothing is raised any more, and the process is let be."""
        self._over = True
        self._ended.set()
        with self._lock:  # no signal is on its way from the other thread
            pass

    def take_all(self) -> None:
        """Act on what the loop has not taken up, when it cannot any more."""
        for number in self._arrived[self._taken :]:
            self._heard(number)

    @property
    def _stuck(self) -> bool:
        return self._taken < len(self._arrived)

    def _take(self, number: int) -> None:
        self._taken += 1
        if not self._over:
            self._heard(number)

    # In the watching thread.

    def _watch(self) -> None:
        while not self._ended.wait(_GRACE) and self._stuck:
            taken = self._taken
            with self._lock:
                if self._over:
                    return
                self._due = True
                _wake_main_thread(self._arrived[0])
            if self._ended.wait(_LAST_GRACE):
                return
            if self._taken == taken:
                _end_process(self._arrived[0])


def is_interruption(error: BaseException) -> bool:
    """Say whether an error, or each one of a group, comes of `Interrupted` and of what that cancelled."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_interruption(one) for one in error.exceptions)
    return isinstance(error, Interrupted | asyncio.CancelledError)


def _wake_main_thread(number: int) -> None:
    """Have the handler of a signal called in the main thread, whatever that is waiting for."""
    main = main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main(signal.Signals(number))
    else:
        signal.pthread_kill(main, number)


def _end_process(number: int) -> None:
    """End the process as it stands, with the code that a shell gives to one that a signal has ended."""
    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
    words = f"{cursor}ended at once: some code keeps the event loop and cannot be interrupted\n"
    os.write(2, words.encode())
    os._exit(128 + number)
