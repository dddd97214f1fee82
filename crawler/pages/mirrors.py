"""The first good page of several mirrors; the others are not waited for."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Unpack

from anyio import Event, move_on_after

from crawler.errors import UrlError
from crawler.model import ROBOTS, Reason, Request
from crawler.page import Page
from crawler.pages.asked import Asked
from crawler.pages.errand import Errand, Result, check_urls
from crawler.pages.error import PageError
from crawler.pages.options import Options, manner_of
from crawler.stream import Pipe, Stream
from crawler.url import canonical, origin_of

#: Says whether a page is what was wanted.
Good = Callable[[Page], bool] | Callable[[Page], Awaitable[bool]]


async def first(
    urls: Iterable[str | Request],
    *,
    hedge: float | None = None,
    good: Good | None = None,
    **options: Unpack[Options],
) -> Page:
    """Return the first good page that one of these URLs gives; the other fetches are gone by then.

    Args:
        urls: mirrors of one page, the preferred one first.
        hedge: seconds after which the next mirror is asked too, or at once when one fails; None to ask all
            of them at once.
        good: says whether a page is what was wanted, `async` if need be; left out, every page is.
        options: as for `fetch_all`.

    Raises ExceptionGroup of a PageError for each mirror, in their order; TypeError, ValueError and
    ConfigError for what makes no sense.
    """
    check_urls(urls)
    race = _Race(list(urls), hedge)
    manner = manner_of("first", len(race.mirrors), options)

    async def work(pipe: Pipe[tuple[int, Result]]) -> None:
        errand = Errand(
            race.starts(), lambda number, result: pipe.offer((number, result)), trouble=race.trouble
        )
        await errand.run(manner)

    errors: dict[int, PageError] = {}
    async with Stream(work, places=0, name="first") as results:
        async for number, result in results:
            if isinstance(result, Page):
                if await _is_good(good, result):
                    return result
                words = "there is a page, but good(page) is false"
                result = PageError(result.asked, Reason.OK, words, result, words=words)
            errors[number] = result
            race.failed(number)
    for number, mirror in enumerate(race.mirrors):
        if number not in errors:
            words = "not asked: a limit was reached before its turn"
            errors[number] = PageError(_url(mirror), Reason.EXCESS, words, words=words)
    raise ExceptionGroup("no mirror gave a good page", [errors[number] for number in sorted(errors)])


class _Race:
    """Lets the mirrors start one after the other.

    Args:
        mirrors: where the page may be had.
        hedge: seconds between their starts; None to start all at once.
    """

    def __init__(self, mirrors: Sequence[str | Request], hedge: float | None) -> None:
        if not mirrors:
            raise ValueError("first() needs a URL at least")
        if hedge is not None and not hedge >= 0:
            raise ValueError(f"first(): hedge must be a number of seconds, not {hedge!r}")
        self.mirrors = mirrors
        self._hedge = hedge
        self._started = 0
        self._failed: set[int] = set()
        self._spent = 0  # failures that have started another mirror already
        self._news = Event()

    async def starts(self) -> AsyncIterator[str | Request]:
        """Yield each mirror when it is its turn."""
        for number, mirror in enumerate(self.mirrors):
            if number and self._hedge is not None:
                with move_on_after(self._hedge):
                    while self._spent >= len(self._failed):
                        self._news = Event()
                        await self._news.wait()
                    self._spent += 1
            self._started = number + 1
            yield mirror

    def failed(self, number: int) -> None:
        """Note that a mirror has failed, or is about to: it may be tried again."""
        self._failed.add(number)
        self._news.set()

    def trouble(self, request: Request) -> None:
        """Note that a request has failed: a mirror's, or that for its robots.txt."""
        if isinstance(request, Asked):
            self.failed(request.number)
        elif request.callback == ROBOTS:
            for number, mirror in enumerate(self.mirrors[: self._started]):
                if _origin(mirror) == request.data:
                    self.failed(number)


async def _is_good(good: Good | None, page: Page) -> bool:
    if good is None:
        return True
    answer = good(page)
    return bool(await answer if inspect.isawaitable(answer) else answer)


def _url(mirror: str | Request) -> str:
    return mirror if isinstance(mirror, str) else mirror.url


def _origin(mirror: str | Request) -> str:
    try:
        return origin_of(canonical(_url(mirror)))
    except UrlError:
        return ""
