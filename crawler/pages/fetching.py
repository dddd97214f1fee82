"""The pages of many URLs: all at once, or one by one as they come."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal, Unpack, overload

from anyio import Event

from crawler.engine import Engine
from crawler.page import Page
from crawler.pages.errand import Errand, Result, Urls, check_urls
from crawler.pages.error import PageError
from crawler.pages.options import Options, manner_of
from crawler.stream import Pipe, Stream

#: Results that may wait for their consumer, besides the fetches that are under way.
WAITING = 8


@overload
async def fetch_all(
    urls: Urls, *, limit: int = 16, errors: Literal["raise"] = "raise", **options: Unpack[Options]
) -> list[Page]: ...
@overload
async def fetch_all(
    urls: Urls, *, limit: int = 16, errors: Literal["return"], **options: Unpack[Options]
) -> list[Page | PageError]: ...
async def fetch_all(urls: Urls, *, limit: int = 16, errors: str = "raise", **options: Unpack[Options]) -> Any:
    """Return the pages of all these URLs, in their order.

    Redirects are followed, to any host, and every request keeps the rules of a crawl: by default robots.txt
    is asked first, and a host is contacted once at a time, with a second's pause.

    Args:
        urls: URLs, or `Request`s where one wants another method, headers or `data`. One that is given twice
            is fetched twice.
        limit: fetches at a time, over all hosts.
        errors: "raise" to cancel the rest and raise at the first URL that has no page; "return" to have a
            `PageError` in the place of each.
        options: of a crawl: `politeness`, `fetch`, `limits`, `scope`, `fetcher`, `listeners`.

    Raises ExceptionGroup of PageError; TypeError, ValueError and ConfigError for what makes no sense.
    """
    raising, manner = _raising("fetch_all", errors), manner_of("fetch_all", limit, options)
    results: dict[int, Result] = {}
    await Errand(urls, results.__setitem__, raising=raising).run(manner)
    return [results[number] for number in sorted(results)]


@overload
def fetch_each(
    urls: Urls, *, limit: int = 16, errors: Literal["raise"] = "raise", **options: Unpack[Options]
) -> Stream[Page]: ...
@overload
def fetch_each(
    urls: Urls, *, limit: int = 16, errors: Literal["return"], **options: Unpack[Options]
) -> Stream[Page | PageError]: ...
def fetch_each(urls: Urls, *, limit: int = 16, errors: str = "raise", **options: Unpack[Options]) -> Any:
    """Return a stream of the pages of these URLs, as they come; `page.asked` says whose each one is.

    The fetching keeps its consumer's pace: at most `limit` and 8 more pages are ahead of it. There may be
    any number of URLs: of an iterable that is no list or other collection, so many are read ahead.

    Args:
        urls, limit, options: as for `fetch_all`; the URLs may also come from an async iterable.
        errors: "raise" to cancel the rest and raise, after the pages that came before, at the first URL that
            has no page; "return" to have a `PageError` among the pages for each.

    Raises TypeError, ValueError and ConfigError for what makes no sense; the stream ExceptionGroup of
    PageError.
    """
    raising, manner = _raising("fetch_each", errors), manner_of("fetch_each", limit, options)
    check_urls(urls)

    async def work(pipe: Pipe[Result]) -> None:
        if isinstance(urls, Collection):
            pace = _Pace(pipe)
            errand = Errand(urls, lambda number, result: pace.offer(result), raising=raising)
            await errand.run(manner, pace.keep)
        else:
            errand = Errand(urls, lambda number, result: pipe.offer(result), room=pipe.place, raising=raising)
            await errand.run(manner)

    places = 0 if isinstance(urls, Collection) else limit + WAITING
    return Stream(work, places=places, name="fetch_each")


class _Pace:
    """Holds the fetching back while results wait for their consumer, where all URLs are known.

    They are all in the frontier then, so that each host can be contacted when it is due, whatever the
    order of the URLs. The pipe has no places of its own: each that it gives stands for a result taken.
    """

    def __init__(self, pipe: Pipe[Result]) -> None:
        self._pipe = pipe
        self._waiting = 0
        self._full = Event()
        self._engine: Engine | None = None

    def offer(self, result: Result) -> None:
        self._pipe.offer(result)
        self._waiting += 1
        if self._waiting >= WAITING and self._engine is not None:
            self._engine.pause()
            self._full.set()

    async def keep(self, engine: Engine) -> None:
        self._engine = engine
        while True:
            await self._full.wait()
            while self._waiting >= WAITING:
                await self._pipe.place()
                self._waiting -= 1
            self._full = Event()
            engine.resume()


def _raising(function: str, errors: str) -> bool:
    if errors not in ("raise", "return"):
        raise ValueError(f'{function}(): errors must be "raise" or "return", not {errors!r}')
    return errors == "raise"
