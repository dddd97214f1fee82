"""The facade: a crawl inside somebody's asyncio program."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from crawler.assembly import Parts, open_crawl
from crawler.contracts import Fetcher, Listener, Sink, Store
from crawler.engine import Engine
from crawler.errors import CrawlerError
from crawler.export import Hold, Items, Tap
from crawler.observe import Stats
from crawler.observe.log import EventLog
from crawler.owner import Owner, single
from crawler.policy.politeness import Politeness
from crawler.settings import Settings, from_mapping
from crawler.spider import Spider

T = TypeVar("T")


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
        overwrite: outputs may replace files that this crawl did not write.

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
        overwrite: bool = False,
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
        self.stats = Stats()
        self._hold = Hold()
        self._parts = Parts(
            settings=settings or from_mapping(options),
            spider=spider() if isinstance(spider, type) else spider,
            politeness=politeness,
            fetcher=fetcher,
            store=store,
            sinks=[self._hold, *sinks],
            listeners=[self.stats, EventLog(logging.getLogger("crawler")), *listeners],
            fresh=fresh,
            overwrite=overwrite,
            watched=True,
        )
        self._taps: list[Tap] = []
        self._engine: Engine | None = None
        self._owner = Owner(self._live, "crawl")
        self._told = False

    async def __aenter__(self) -> Self:
        self._engine = await self._owner.begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._owner.end()
        if kind is None:
            self._raise_failure()

    @overload
    def items(self) -> Items[Any]: ...
    @overload
    def items(self, kind: type[T]) -> Items[T]: ...
    def items(self, kind: type[T] | None = None) -> Items[Any]:
        """Return an async iterator over the items, or those of one type; the crawl keeps its pace.

        What is found before the first call waits for it. The iteration ends with the crawl, and
        raises what made it fail.
        """
        deserted = [tap for tap in self._taps if tap.deserted and tap.kind is kind]
        tap = deserted[0] if deserted else self._new_tap(kind)
        self._hold.release()
        return Items(tap)

    async def wait(self) -> Stats:
        """Wait until the crawl has ended by itself; return its figures. Raises what made it fail.

        Items that nobody iterates over go to the outputs alone.
        """
        self._running()
        for tap in self._taps:
            tap.let_go()
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

    def _new_tap(self, kind: type | None) -> Tap:
        tap = Tap(kind)
        engine = self._running()
        self._taps.append(tap)
        if self._owner.over:
            tap.end()
        else:
            engine.delivery.join(tap)
        return tap

    def _running(self) -> Engine:
        if self._engine is None:
            raise CrawlerError("the crawl is not open: use it inside `async with Crawl(...) as crawl:`")
        return self._engine

    async def _live(self, ready: Callable[[Engine], None]) -> None:
        failure: BaseException | None = None
        try:
            async with open_crawl(self._parts) as engine:
                ready(engine)
                await engine.run()
        except BaseException as error:
            failure = single(error)
            raise failure from None
        finally:
            for tap in self._taps:
                tap.end(failure if isinstance(failure, Exception) else None)

    def _raise_failure(self) -> None:
        failure = self._owner.failure
        if failure is not None and not self._told and not any(tap.told for tap in self._taps):
            self._told = True
            raise failure
