"""What a person means by Ctrl-C: finish what is in flight; pressed again, stop at once."""

from __future__ import annotations

from collections.abc import Callable

from crawler.cli.exitcodes import ExitCode
from crawler.cli.listening import TIME_IS_UP


class Interrupts:
    """Counts the signals that reach the command, and acts on the first and on the second.

    Args:
        cancel: ends everything at once.
        say: tells the person, in one line.
        grace: for how long the first one waits, in words.

    Attributes:
        code: what the command ends with; None as long as nobody has asked it to end.
    """

    def __init__(self, cancel: Callable[[], object], say: Callable[[str], None], grace: str = "") -> None:
        self._cancel = cancel
        self._say = say
        self._grace = grace
        self._stop: Callable[[], object] | None = None
        self._start_clock: Callable[[], object] | None = None
        self._stopping = False
        self.code: ExitCode | None = None

    def crawling(self, stop: Callable[[], object]) -> None:
        """From now on the first signal calls `stop`; before there is a crawl it ends everything."""
        self._stop = stop

    def timed_by(self, start_clock: Callable[[], object]) -> None:
        """From now on what stops the crawl without a signal starts the time that a first signal gives."""
        self._start_clock = start_clock

    def heard(self, number: int) -> None:
        """Act on a signal, or on `TIME_IS_UP`."""
        if number != TIME_IS_UP and self.code in (None, ExitCode.PIPE):
            self.code = ExitCode(128 + number)
        if self._stop is None or self._stopping:
            late = f": what is in flight has not finished in {self._grace}" if number == TIME_IS_UP else ""
            self._say(f"stopping at once{late}")
            self._cancel()
            return
        self._stopping = True
        self._stop()
        most = f", for {self._grace} at most" if self._grace else ""
        self._say(f"stopping: what is in flight is finished first{most}; once more (Ctrl-C) to stop at once")

    def unread(self) -> None:
        """Act on who read standard output being gone: as on a first signal."""
        if self.code is not None:
            return
        self.code = ExitCode.PIPE
        self._stopping = True
        self._say("stopping: nobody reads standard output any more")
        if self._stop is not None:
            self._stop()
        if self._start_clock is not None:
            self._start_clock()
