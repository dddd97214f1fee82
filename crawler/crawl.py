"""The facade: a crawl inside somebody's asyncio program."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from pathlib import Path
from threading import get_ident
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from crawler.assembly import Parts, open_crawl
from crawler.contracts import Fetcher, Listener, Sink, Store
from crawler.engine import Engine, Why
from crawler.errors import CrawlerError
from crawler.export import Audience, Hold, Items
from crawler.model import Request
from crawler.observe import Stats
from crawler.observe.log import EventLog
from crawler.owner import Owner, single
from crawler.policy.politeness import Politeness
from crawler.settings import Settings, from_mapping
from crawler.settings.entries import Start
from crawler.spider import Spider

__all__ = ["Crawl", "Why"]

T = TypeVar("T")

# The crawls whose own code is running: who awaits the end of one of them in there waits for ever.
_AROUND: ContextVar[tuple[Crawl, ...]] = ContextVar("crawls around", default=())


class Crawl:
    """One crawl, run in a task of its own while the `async with` block is open.

    Entering, iterating and leaving may happen in different tasks. Leaving stops the crawl at once
    and waits for its end; no task, thread, socket or file stays behind.

    Args:
        spider: the spider, or its class; left out where the settings name one or give rules.
        settings: a loaded configuration; or give any of its sections by name, as in
            `Crawl(Books, limits={"pages": 50}, politeness={"delay": 0.5})`.
        politeness: shared by all crawls that are given the same object.
        fetcher: fetches instead of the real web.
        store: keeps requests and items; instead of `state="crawl.db"`, and of memory, the default.
        sinks: further outlets for items.
        listeners: are told what happens; see `crawler.events`.
        fresh: throw away what an earlier crawl left in the state.
        once: a crawl that is over stays as it is, and this one ends at once; without, it begins anew.
        overwrite: outputs may replace files that this crawl did not write.
        keep_open: when there is nothing left, wait for what is added, until `finish` or `stop`; a start
            is not needed then.

    Raises ConfigError for settings that are wrong, and on entering PluginError and OutputError.
    """

    def __init__(
        self,
        spider: Spider | type[Spider] | None = None,
        *,
        settings: Settings | None = None,
        politeness: Politeness | dict[str, Any] | None = None,
        fetcher: Fetcher | None = None,
        store: Store | None = None,
        sinks: Sequence[Sink] = (),
        listeners: Sequence[Listener] = (),
        fresh: bool = False,
        once: bool = False,
        overwrite: bool = False,
        keep_open: bool = False,
        **options: Any,
    ) -> None:
        if isinstance(politeness, dict):
            options["politeness"], politeness = politeness, None
        if isinstance(spider, str) or isinstance(settings, str | Path):
            raise TypeError(
                "Crawl takes a Spider and Settings, not names: settings=crawler.settings.load('crawl.yaml')"
            )
        if settings is not None and options:
            raise TypeError(f"give settings or single options ({', '.join(options)}), not both")
        settings = settings or from_mapping(options)
        if keep_open and settings.start is None:  # it may start with nothing
            settings = settings.model_copy(update={"start": Start()})
        self.stats = Stats()
        self._hold = Hold()
        self._parts = Parts(
            settings=settings,
            spider=spider() if isinstance(spider, type) else spider,
            politeness=politeness,
            fetcher=fetcher,
            store=store,
            sinks=[self._hold, *sinks],
            listeners=[self.stats, EventLog(logging.getLogger("crawler")), *listeners],
            fresh=fresh,
            once=once,
            overwrite=overwrite,
            watched=True,
        )
        self._keep_open = keep_open
        self._audience = Audience()
        self._engine: Engine | None = None
        self._owner = Owner(self._live, "crawl")
        self._entered = self._closed = self._told = False

    async def __aenter__(self) -> Self:
        self._enter()
        self._loop, self._thread = asyncio.get_running_loop(), get_ident()
        self._told = False
        try:
            self._engine = await self._owner.begin()
        except asyncio.CancelledError:
            self._entered = False
            task = asyncio.current_task()
            if self._closed and not (task and task.cancelling()):
                raise CrawlerError("the crawl was closed while it was being opened") from None
            raise
        except BaseException:
            self._entered, self._told = False, True
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()
        if kind is None:
            self._raise_failure()

    async def close(self) -> None:
        """Stop at once and wait until the crawl is gone, as leaving the block does; iterations end.

        May be called from any task, and more than once; before the block, it keeps the crawl from being
        entered. Raises what made the crawl fail, if nobody has
        been told yet.
        """
        self._outside("close()", "call stop()")
        self._closed = True
        await self._end()
        self._raise_failure()

    async def add(self, urls: str | Request | Iterable[str | Request]) -> int:
        """Add requests while the crawl runs; return how many of them were new.

        Those are crawled, unless the crawl is stopped or comes to a limit.

        They are judged as start requests are, and those that may not enter are told of in the same way:
        `StartRefused` and a line in the log. A known one is fetched once more as `Request(url, again=True)`.
        It does not wait for any fetch.

        Args:
            urls: a URL, a Request, or any number of them.

        Raises CrawlerError when the crawl is not open, is over, or was stopped meanwhile. Of those that are
        wrong (no such callback, no URL and no Request), the first one is raised as SpiderError or TypeError
        once all others are in.
        """
        engine = self._running()
        if asyncio.get_running_loop() is not self._loop:
            raise CrawlerError(
                "the crawl runs in another event loop: "
                "asyncio.run_coroutine_threadsafe(crawl.add(...), loop).result()"
            )
        return await engine.add(urls)

    def finish(self) -> None:
        """Say that nothing more will be added: the crawl ends when all is done. For `keep_open`."""
        self._running().finish()

    async def why(self, url: str | Request) -> Why:
        """Return what has become of a URL, or why it was not fetched; also when the crawl is over.

        A Request is asked for by its key; a URL stands for a plain GET of it. In a state file it may be
        looked for among all requests: this is for a question now and then. Raises StateError.
        """
        return await self._running().why(url)

    @overload
    def items(self) -> Items[Any]: ...
    @overload
    def items(self, kind: type[T]) -> Items[T]: ...
    def items(self, kind: type[T] | None = None) -> Items[Any]:
        """Return an async iterator over the items, or those of one type; the crawl keeps its pace.

        What is found before the first call waits for it. The iteration ends with the crawl, and
        raises what made it fail.
        """
        engine = self._running()
        tap, new = self._audience.tap(kind)
        if new and self._owner.over:
            tap.end()
        elif new:
            engine.delivery.join(tap)
        self._hold.release()
        return Items(tap, self._on_loop)

    async def wait(self) -> Stats:
        """Wait until the crawl has ended by itself; return its figures. Raises what made it fail.

        Items that nobody iterates over go to the outputs alone.
        """
        self._running()
        self._outside("wait()", "it ends by itself")
        self._audience.let_go()
        self._hold.release()
        await self._owner.wait()
        self._raise_failure()
        return self.stats

    def stop(self) -> None:
        """Fetch nothing more; what is in flight is finished, then the crawl ends."""
        self._running().stop()

    def pause(self) -> None:
        """Start no fetch until `resume`; what is in flight goes on."""
        self._running().pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._running().resume()

    @property
    def pending(self) -> int:
        """How many requests wait."""
        return self._running().pending

    @property
    def in_flight(self) -> int:
        """How many pages are being fetched, read or passed through stages."""
        return self._running().in_flight

    # Inside.

    def _running(self) -> Engine:
        if self._engine is None:
            raise CrawlerError("the crawl is not open: use it inside `async with Crawl(...) as crawl:`")
        return self._engine

    def _enter(self) -> None:
        if self._entered:
            raise CrawlerError("a Crawl is entered once: make another one")
        if self._closed:
            raise CrawlerError("the crawl was closed before it was entered: make another one")
        self._entered = True

    def _outside(self, word: str, instead: str) -> None:
        """Raise CrawlerError in a callback or stage of this crawl: it would wait for itself."""
        if self in _AROUND.get():
            raise CrawlerError(
                f"{word} in the crawl's own callback or stage would wait for itself: {instead}"
            )

    def _on_loop(self, act: Callable[[], None]) -> None:
        """Call a function in the crawl's own thread: at once, when that is where this is called."""
        if get_ident() == self._thread:
            act()
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    async def _end(self) -> None:
        """Stop at once and wait until all is gone."""
        if self._engine is not None:
            self._engine.stop()  # so that nothing is taken in any more, from this moment on
        if self._entered:
            await self._owner.end()

    async def _live(self, ready: Callable[[Engine], None]) -> None:
        failure: BaseException | None = None
        _AROUND.set((*_AROUND.get(), self))
        try:
            async with open_crawl(self._parts) as engine:
                if self._keep_open:
                    engine.keep_open()
                ready(engine)
                try:
                    await engine.run()
                except Exception as error:  # kept, whatever is cancelled while all is closed
                    failure = single(error)
                    raise
        except BaseException as error:
            failure = failure or single(error)
            raise failure from None
        finally:
            self._audience.end(failure if isinstance(failure, Exception) else None)

    def _raise_failure(self) -> None:
        failure = self._owner.failure
        if failure is not None and not self._told and not any(tap.told for tap in self._audience.taps):
            self._told = True
            raise failure
