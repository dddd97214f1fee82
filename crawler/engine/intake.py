"""Requests from outside: the spider's start requests, and those that a program adds while the crawl runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from itertools import chain, islice
from secrets import token_hex

from anyio.lowlevel import checkpoint

from crawler.engine.admission import Admission
from crawler.errors import CrawlerError, SpiderError, StateError, UrlError
from crawler.events import StartRefused
from crawler.frontier import Frontier
from crawler.model import Reason, Request

#: So many are judged before somebody else may run.
_AT_ONCE = 100

#: One URL or request, or many.
Starts = str | Request | Iterable[str | Request]


class Intake:
    """Judges requests from outside, and lets those in that can be used.

    Args:
        admission: the rules.
        frontier: where they wait.
        tell: is told of those that are refused.
    """

    def __init__(
        self, admission: Admission, frontier: Frontier, tell: Callable[[StartRefused], None]
    ) -> None:
        self._admission = admission
        self._frontier = frontier
        self._tell = tell
        self._kept_open = False
        self._finished = False

    def keep_open(self) -> None:
        """Let the crawl go on, also when there is nothing left, until `finish`."""
        self._kept_open = True
        self._frontier.feeding(begin=True)

    def finish(self) -> None:
        """Take in nothing more: the crawl ends when all is done."""
        self._finished = True
        if self._kept_open:
            self._kept_open = False
            self._frontier.feeding(begin=False)

    async def start(self, starts: Starts) -> None:
        """Add a start request of the spider's, or many. Raises SpiderError for one that is wrong."""
        for batch in _batches([starts] if isinstance(starts, str | Request) else starts):
            # Neither a long list nor a store in memory ever lets others run.
            await checkpoint()
            requests = [request for start in batch if (request := self._judged(start)) is not None]
            if requests:
                await self._frontier.add(requests)

    async def add(self, starts: Starts) -> int:
        """Add requests while the crawl runs; return how many were new.

        The crawl does not end meanwhile, so that what has been counted is crawled. Those that are refused
        are told of. Those that are wrong (no URL at all, no such callback) do not keep out the others.

        Raises CrawlerError when the crawl takes in nothing more, or was stopped meanwhile, and SpiderError or
        TypeError for the first one that is wrong, once all others are in.
        """
        self._check()
        wrong: list[Exception] = []
        new = 0
        self._frontier.feeding(begin=True)
        try:
            for batch in _batches([starts] if isinstance(starts, str | Request) else starts):
                new += await self._frontier.add(list(self._usable(batch, wrong)))
                await checkpoint()  # a store in memory would let nobody else run
        except StateError:
            if not self._frontier.closed:
                raise
        finally:
            self._frontier.feeding(begin=False)
        if self._frontier.closed:
            raise CrawlerError("the crawl was stopped, or came to a limit, while requests were added")
        if wrong:
            raise wrong[0]
        return new

    def _check(self) -> None:
        if self._finished:
            raise CrawlerError("nothing can be added any more: finish() was called")
        if self._frontier.closed:
            raise CrawlerError(
                "nothing can be added any more: the crawl is over, or ends; give Crawl keep_open=True, and "
                "it waits for more until finish() or stop()"
            )

    def _usable(self, starts: Iterable[str | Request], wrong: list[Exception]) -> Iterator[Request]:
        for start in starts:
            try:
                if not isinstance(start, str | Request):
                    raise TypeError(f"add takes URLs and Requests, not {start!r:.80}")
                request = self._judged(start if isinstance(start, str) else copy(start))
            except (SpiderError, TypeError) as error:
                wrong.append(error)
                continue
            if request is not None:
                yield self._once_more(request)

    def _judged(self, start: str | Request) -> Request | None:
        """Return a request that may enter; None, and the listeners are told, when it may not."""
        url = start if isinstance(start, str) else start.url
        try:
            request = self._admission.start(start)
        except UrlError as error:
            self._tell(StartRefused(url, Reason.SCHEME, str(error)))
            return None
        if isinstance(request, Reason):
            self._tell(StartRefused(url, request))
            return None
        return request

    def _once_more(self, request: Request) -> Request:
        """Return a request under a key of its own, when it is known and to be fetched again."""
        if request.again and self._frontier.knows(request.key):
            request.key = f"{request.key} again {token_hex(6)}"
        return request


def _batches(starts: Iterable[str | Request]) -> Iterator[Iterable[str | Request]]:
    """Yield them some at a time; none is taken from `starts` before it is asked for."""
    remaining = iter(starts)
    for first in remaining:
        yield chain([first], islice(remaining, _AT_ONCE - 1))
