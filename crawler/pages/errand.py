"""One call's work: a crawl that asks for each URL once, and has exactly one result for each."""

from __future__ import annotations

from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
)
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from anyio import CancelScope, create_task_group, move_on_after

from crawler.assembly import Parts, open_crawl
from crawler.assembly.fetching import make_fetcher
from crawler.engine import Engine
from crawler.events import Event, StartRefused, Visited
from crawler.model import PASSING, Reason, Refused, Request, Response, Retry
from crawler.owner import single
from crawler.page import Page
from crawler.pages.asked import Asked
from crawler.pages.error import PageError
from crawler.pages.forgetful import Forgetful
from crawler.pages.keeping import Keeping
from crawler.pages.options import Manner
from crawler.spider import Spider

_CLOSE_SECONDS = 5.0  # for the caller's generator of URLs to clean up

#: URLs, or requests for them; as they come, where there is no end of them.
Urls = Iterable[str | Request] | AsyncIterable[str | Request]
#: What became of one URL.
Result = Page | PageError


class Errand(Spider):
    """The spider and the listener of one call.

    Args:
        urls: what to fetch.
        report: gets the number of each URL, from 0, and its result.
        room: is waited for before a further URL is read.
        trouble: is told of each request that its server has trouble with.
        raising: end at the first URL that has no page, and raise why.

    Raises TypeError for what are no URLs.
    """

    name = "pages"
    hosts = ("*",)

    def __init__(
        self,
        urls: Urls,
        report: Callable[[int, Result], None],
        *,
        room: Callable[[], Awaitable[None]] | None = None,
        trouble: Callable[[Request], None] = lambda request: None,
        raising: bool = False,
    ) -> None:
        super().__init__()
        check_urls(urls)
        self._urls = iter(urls) if isinstance(urls, Iterable) else urls
        self._known = urls if isinstance(urls, list | tuple) else ()
        self._whole = isinstance(urls, Collection)
        self._report = report
        self._room = room
        self._trouble = trouble
        self._raising = raising
        self._failed: PageError | None = None
        self._count = 0
        self._open: dict[int, str] = {}  # the URLs that have no result yet
        self._pages: dict[int, Page] = {}  # read, and about to be settled
        self._answers: dict[int, Response] = {}  # no pages, and about to be settled
        self._scope: CancelScope | None = None

    async def run(
        self, manner: Manner, beside: Callable[[Engine], Coroutine[Any, Any, None]] | None = None
    ) -> None:
        """Fetch all there is to fetch.

        Args:
            manner: how to fetch.
            beside: goes on as long as pages are fetched.

        Raises what the caller's own code has raised; ExceptionGroup of a PageError where that ends it.
        """
        await self._fetch(manner, beside)
        if self._failed is not None:
            raise ExceptionGroup("a URL has no page", [self._failed])

    async def _fetch(
        self, manner: Manner, beside: Callable[[Engine], Coroutine[Any, Any, None]] | None
    ) -> None:
        try:
            async with self._opened(manner) as engine:
                with CancelScope() as self._scope:
                    if beside is None:
                        await engine.run()
                        self._finish(engine.cause)
                        return
                    async with create_task_group() as tasks:
                        tasks.start_soon(beside, engine)
                        await engine.run()
                        tasks.cancel_scope.cancel()
                    self._finish(engine.cause)
                return
        except BaseExceptionGroup as group:
            failure = single(group)
        raise failure

    def stop(self) -> None:
        """Fetch nothing more, at once; there are no further results."""
        self._report = _to_nobody
        if self._scope is not None:
            self._scope.cancel()

    @asynccontextmanager
    async def _opened(self, manner: Manner) -> AsyncIterator[Engine]:
        settings, fetcher = manner.settings, manner.fetcher
        async with AsyncExitStack() as stack:
            if fetcher is None:
                web = make_fetcher(settings, list(settings.fetch.allow), self._known)
                fetcher = await stack.enter_async_context(web)
            keeping = Keeping(fetcher, self._trouble)
            self._answers = keeping.answers
            parts = Parts(
                settings,
                self,
                politeness=manner.politeness,
                fetcher=keeping,
                store=Forgetful(),
                listeners=[self._hear, *manner.listeners],
                inline=True,  # nothing of ours reads the pages: no thread is to be started for that
            )
            yield await stack.enter_async_context(open_crawl(parts))

    # What the engine asks and tells.

    async def starts(self) -> AsyncIterator[Any]:
        """Yield requests, some at a time, numbered, as there is room; no URL is read before there is."""
        if self._room is None and isinstance(self._urls, Iterable):
            yield map(self._numbered, self._urls)
            return
        await self._space()
        if not isinstance(self._urls, AsyncIterable):
            for wanted in self._urls:
                yield [self._numbered(wanted)]
                await self._space()
            return
        try:
            async for wanted in self._urls:
                yield [self._numbered(wanted)]
                await self._space()
        finally:
            close = getattr(self._urls, "aclose", None)  # of a generator, or a stream
            if close is not None:
                with move_on_after(_CLOSE_SECONDS, shield=True):
                    await close()

    async def parse(self, page: Page) -> None:
        """Keep the page until it is settled."""
        if isinstance(page.request, Asked):
            page.asked = page.request.asked
            self._pages[page.request.number] = page

    async def _space(self) -> None:
        if self._room is not None:
            await self._room()

    def _numbered(self, wanted: str | Request) -> Asked:
        if not isinstance(wanted, str | Request):
            raise TypeError(f"a URL must be text or a Request, not {wanted!r:.80}")
        asked = Asked(self._count, wanted)
        self._count += 1
        self._open[asked.number] = asked.asked
        return asked

    def _hear(self, event: Event) -> None:
        """Report what is settled.

        Cases: a start URL is refused, which is the one that was yielded last; a request that is tried again,
        or that led to another, is not over; all others are.
        """
        if isinstance(event, StartRefused):
            number = self._count - 1
            self._over(number, PageError(self._open[number], event.reason, event.detail))
        elif isinstance(event, Visited):
            request, outcome = event.lease.request, event.outcome
            led_on = outcome.reason is Reason.REDIRECT and event.new
            if isinstance(request, Asked) and not led_on and not isinstance(outcome, Retry):
                page = self._pages.pop(request.number, None)
                answer = self._answers.pop(request.number, None)  # perhaps that of an earlier try, or hop
                self._over(request.number, page or self._error(request, event, answer))

    def _error(self, request: Asked, event: Visited, answer: Response | None) -> PageError:
        """Return why a request has no page; with the answer, where it is the answer that is none."""
        outcome, page = event.outcome, None
        if answer is not None and event.status:
            page = Page(answer)
            page.asked = request.asked
        detail = outcome.detail
        if isinstance(outcome, Refused) and outcome.reason in PASSING:
            detail = f"robots.txt: {detail}"
        return PageError(
            request.asked, outcome.reason, detail, page, led_to=request.url if request.hops else ""
        )

    def _over(self, number: int, result: Result) -> None:
        del self._open[number]
        if self._raising and isinstance(result, PageError):
            self._failed = self._failed or result
            self.stop()
        else:
            self._report(number, result)

    def _finish(self, cause: str) -> None:
        """Report all that has not been fetched, where a limit was reached; what was not read stays so."""
        if self._whole and cause != "finished" and isinstance(self._urls, Iterable):
            for wanted in self._urls:
                self._numbered(wanted)
        why = "the crawl was stopped" if cause == "stopped" else f"limits.{cause} was reached"
        for number, url in list(self._open.items()):
            detail = f"not fetched: {why}"
            self._over(number, PageError(url, Reason.EXCESS, detail, words=detail))


def check_urls(urls: object) -> None:
    """Raise TypeError for what are no URLs; a single one is a likely mistake."""
    if isinstance(urls, str | Request):
        raise TypeError(f"several URLs are wanted, in a list say, not one: [{urls!r:.80}]")
    if not isinstance(urls, Iterable | AsyncIterable):
        raise TypeError(f"URLs are wanted, in a list say, not {urls!r:.80}")


def _to_nobody(number: int, result: Result) -> None: ...
