"""Events as log records."""

from __future__ import annotations

import logging
from collections import Counter
from types import TracebackType

from crawler.errors import CallError
from crawler.events import (
    BatchMissing,
    CallbackFailed,
    Event,
    FetchPaused,
    ItemFailed,
    LoopBlocked,
    RobotsRead,
    StartRefused,
    ThreadStuck,
    Visited,
    WorkerLost,
)
from crawler.model import PASSING, ROBOTS, Done, GaveUp, Reason, Refused, Retry
from crawler.observe.reasons import EXPLAINED
from crawler.observe.standstill import in_words
from crawler.observe.terminal import safe, safe_lines
from crawler.raised import own_trace, traceback_of, words_of

#: Records of one kind beyond this number are left to the summary, which counts them all.
_MOST = 10
#: Characters of a record; the rest is left out.
_LONGEST = 2_000

# Nothing came back from the host at all, so the next page will not do better.
_DEAD = PASSING - {Reason.BUSY, Reason.BAD_BODY} | {Reason.TLS}


class EventLog:
    """A listener that writes events to a logger: what needs a person's attention as warnings.

    One event is one line, whatever strangers have written into it: all that is not plainly visible is
    escaped, and secrets in URLs are left out. Only a traceback follows on lines of its own.

    Args:
        logger: where the records go.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._answered: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Log one event."""
        if isinstance(event, Visited):
            self._visited(event)
        elif isinstance(event, CallbackFailed):
            self._callback_failed(event)
        elif isinstance(event, ItemFailed):
            self._item_failed(event)
        elif isinstance(event, BatchMissing):
            self._warn(("batch", event.name), _missing(event))
        elif isinstance(event, LoopBlocked):
            self._warn(("loop", event.file, str(event.line)), in_words(event))
        elif isinstance(event, WorkerLost):
            in_hand = f"; it had {event.url} in hand" if event.url else ""
            words = f"{event.where}: a worker process was lost: {event.cause}{in_hand}"
            self._warn(("worker", event.where), words)
        elif isinstance(event, ThreadStuck):
            at = f", at {event.url}" if event.url else ""
            words = f"{event.where}: a thread is left behind after {event.seconds:.0f} s{at}"
            self._warn(("thread", event.where), words)
        elif isinstance(event, StartRefused):
            why = event.detail or str(EXPLAINED[event.reason])
            self._warn(("start",), f"start URL refused: {event.url}: {why}")
        elif isinstance(event, RobotsRead):
            self._robots_read(event)
        elif isinstance(event, FetchPaused):
            told = f"fetching pauses now and then, and no page fails: {event.cause}"
            self._warn(("paused",), f"{told}; lower fetch.concurrency, or raise the limit (ulimit -n)")

    def _visited(self, event: Visited) -> None:
        request, outcome = event.lease.request, event.outcome
        if isinstance(outcome, GaveUp) and request.callback != ROBOTS:
            self._gave_up(event, outcome)
        elif isinstance(outcome, Retry):
            detail = safe(outcome.detail or outcome.reason)
            self._info("%s: %s: again in %.1f s", request.url, detail, outcome.delay)
        elif isinstance(outcome, Refused):
            why = (
                f"{EXPLAINED[outcome.reason].meaning}: {outcome.detail}"
                if outcome.detail
                else EXPLAINED[outcome.reason]
            )
            if request.depth == 0:
                self._warn(("start",), f"start URL refused: {request.url}: {why}")
            else:
                self._info("%s: refused: %s", request.url, safe(str(why), _LONGEST))
        elif isinstance(outcome, Done) and self._logger.isEnabledFor(logging.DEBUG):
            self._logger.debug(
                "%s: %s in %.0f ms", safe(request.url, _LONGEST), event.status, event.seconds * 1000
            )
        if event.status:
            self._answered.add(event.lease.host)

    def _robots_read(self, event: RobotsRead) -> None:
        line = f"{event.origin}/robots.txt: {event.verdict}"
        if event.forbids_all:
            self._warn(("robots",), line + (f": {EXPLAINED[event.cause]}" if event.cause else ""))
        else:
            delay = f"; it asks for {event.crawl_delay:g} s between fetches" if event.crawl_delay else ""
            self._info("%s%s", line, delay)

    def _gave_up(self, event: Visited, outcome: GaveUp) -> None:
        if outcome.reason is Reason.CALLBACK:  # told by an event of its own
            return
        url, detail = event.lease.request.url, outcome.detail or outcome.reason
        host = event.lease.host
        if outcome.reason in _DEAD and host not in self._answered and not self._seen["host", host]:
            self._seen["host", host] += 1
            self._warn(("hosts",), f"{host} gives no answer: {detail}")
        elif event.lease.request.depth == 0:
            self._warn(("start",), f"start URL failed: {url}: {outcome.reason} {detail}")
        else:
            self._info("%s: given up: %s %s", url, outcome.reason, safe(detail))

    def _callback_failed(self, event: CallbackFailed) -> None:
        error = event.error
        if isinstance(error, CallError):  # from elsewhere: its traceback is text
            kind: tuple[str, ...] = ("callback", event.callback, error.reason)
            self._warn(kind, f"{event.url}: {event.callback} failed: {error.detail}", error.traceback)
            return
        kind = ("callback", event.callback, type(error).__name__)
        self._warn(kind, f"{event.url}: {event.callback} failed: {kind[2]}: {words_of(error)}", error)

    def _item_failed(self, event: ItemFailed) -> None:
        failed = event.failed
        kind = ("item", failed.where, failed.reason)
        told = f"{event.url}: {failed.where} failed on a {failed.name}: {failed.detail}"
        self._warn(kind, told, failed.traceback)

    def _info(self, words: str, about: str, *more: object) -> None:
        """Log what is of use to whoever looks for it; `about` may be a stranger's words."""
        if self._logger.isEnabledFor(logging.INFO):
            self._logger.info(words, safe(about, _LONGEST), *more)

    def _warn(self, kind: tuple[str, ...], message: str, trace: BaseException | str = "") -> None:
        """Log a warning; the first of its kind with its traceback, which may be text already."""
        self._seen[kind] += 1
        if self._seen[kind] > _MOST:
            return
        message = safe(message, _LONGEST)
        if self._seen[kind] == _MOST:
            message += " (more of this kind are only counted)"
        if trace and self._seen[kind] == 1:
            self._warn_with(message, trace)
        else:
            self._logger.warning("%s", message)

    def _warn_with(self, message: str, trace: BaseException | str) -> None:
        """Log a warning with a traceback: as safe text, where formatters look for it first."""
        if not self._logger.isEnabledFor(logging.WARNING):
            return
        error: tuple[type[BaseException], BaseException, TracebackType | None] | None = None
        if isinstance(trace, BaseException):
            error, trace = (type(trace), trace, own_trace(trace)), traceback_of(trace)
        record = self._logger.makeRecord(
            self._logger.name, logging.WARNING, __file__, 0, "%s", (message,), error
        )
        record.exc_text = safe_lines(trace)
        self._logger.handle(record)


def _missing(event: BatchMissing) -> str:
    gone = f" ({event.gone:,} of them were let go of before)" if event.gone else ""
    return (
        f"the batch {event.name} is not in the pipeline any more, and up to {event.items:,} items had still "
        f"to come to it: they stay in the state{gone}, and when a batch of that name is in the pipeline "
        "again before this crawl is over, it goes on where it was"
    )
