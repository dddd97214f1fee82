"""What a person means by Ctrl-C: finish what is in flight; pressed again, stop at once."""

from __future__ import annotations

import signal
from collections.abc import Callable

from crawler.cli.exitcodes import ExitCode


class Interrupts:
    """Counts the signals that reach the command, and acts on the first and on the second.

    Args:
        cancel: ends everything at once.
        say: tells the person, in one line.
    """

    def __init__(self, cancel: Callable[[], object], say: Callable[[str], None]) -> None:
        self._cancel = cancel
        self._say = say
        self._stop: Callable[[], object] | None = None
        self._stopping = False
        self.code: ExitCode | None = None

    def crawling(self, stop: Callable[[], object]) -> None:
        """From now on the first signal calls `stop`; before there is a crawl it ends everything."""
        self._stop = stop

    def heard(self, number: int) -> None:
        """Act on a signal."""
        if self.code is None:
            self.code = ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED
        if self._stop is None or self._stopping:
            self._say("stopping at once")
            self._cancel()
            return
        self._stopping = True
        self._stop()
        self._say("stopping: what is in flight is finished first; once more (Ctrl-C) to stop at once")
