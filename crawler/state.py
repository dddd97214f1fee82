"""The state of a crawl, opened: in memory, or in a file that an earlier run may have left."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from anyio import current_time

from crawler.contracts import Mark, Past, Recalled, Store
from crawler.errors import OtherCrawl, StateError
from crawler.policy.again import Beginning, beginning, differences
from crawler.settings import Limits, Settings, fingerprint
from crawler.spider import Spider
from crawler.store import MemoryStore, SqliteStore
from crawler.store.past import StatePast

_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(slots=True)
class OpenState:
    """A store, and what is known of the crawl in it.

    Attributes:
        store: where requests and items are kept.
        beginning: how this run begins.
        crawl: what is written down about it when it begins.
        begun: whether this run has made the state its own.
        configuration: the file that the settings come from; empty for settings made in Python.
    """

    store: Store
    beginning: Beginning = Beginning.NEW
    crawl: Mapping[str, str] = field(default_factory=dict)
    begun: bool = False
    configuration: str = ""

    @property
    def kept(self) -> bool:
        """Whether what is in the state is wanted: it is gone on with, or over and to stay as it is."""
        return self.beginning in (Beginning.RESUMED, Beginning.OVER)

    @property
    def path(self) -> str:
        """The state file; empty for a state in memory."""
        return str(self.store.path) if isinstance(self.store, SqliteStore) else ""

    @property
    def facts(self) -> Mapping[str, str]:
        """What was written down about the crawl."""
        return self.store.meta if isinstance(self.store, SqliteStore) else {}

    async def marks(self) -> Recalled:
        """Return what there is, with the sinks as this run finds them: at their beginning, unless resumed."""
        recalled = await self.store.recall(owner="", now=current_time())
        if self.kept or not self.path:
            return recalled
        return Recalled(marks={name: Mark(name, 0, mark.place) for name, mark in recalled.marks.items()})

    async def begin(self) -> None:
        """Let go of what is not wanted any more; from here on the state is this run's."""
        self.begun = True
        if not isinstance(self.store, SqliteStore):
            return
        if not self.kept:
            await self.store.start_anew(self.crawl, recrawl=self.beginning is Beginning.ROUND)
        if self.beginning is not Beginning.OVER:
            await self.note(ended="", configuration=self.configuration)

    @asynccontextmanager
    async def past(self) -> AsyncIterator[Past]:
        """Lend what the round before knew of pages. Raises StateError as `remembering` does."""
        async with StatePast(self.remembering()) as past:
            yield past

    def remembering(self) -> SqliteStore:
        """Return the store that remembers pages from one run to the next. Raises StateError for any other."""
        if not isinstance(self.store, SqliteStore):
            raise StateError("recrawl: pages are remembered from one run to the next in a state file only")
        return self.store

    async def note(self, **facts: str) -> None:
        """Write down facts about the crawl; a state in memory has no use for them."""
        if isinstance(self.store, SqliteStore):
            await self.store.note(facts)


@asynccontextmanager
async def open_state(
    settings: Settings, spider: Spider, *, fresh: bool = False, once: bool = False
) -> AsyncIterator[OpenState]:
    """Open the state that the settings name, made ready for this run.

    Raises StateError, or OtherCrawl when there is a crawl with other settings in it, not over or to stay.
    """
    state = settings.state
    if state is None or state.file is None:
        yield OpenState(MemoryStore())
        return
    async with SqliteStore(
        Path(state.file),
        keep_items=state.keep_items,
        full=state.synchronous == "full",
        longest=settings.politeness.max_delay,
    ) as store:
        crawl = identity(settings, type(spider))
        begins = _beginning(store, crawl, settings, fresh=fresh, once=once)
        facts = {"crawl": json.dumps(crawl), "name": settings.name, "began": time.strftime(_TIME)}
        yield OpenState(store, begins, facts, configuration=_file_of(settings))


def _file_of(settings: Settings) -> str:
    root = settings.origins.root
    if root is None:
        return ""
    # A name that is no text can be on a disk, but not in the state.
    return os.fsencode(settings.folder / Path(root.place.file).name).decode("utf-8", "replace")


def identity(settings: Settings, spider: type[Spider]) -> dict[str, str]:
    """Return what makes a crawl what it is: a digest of each setting that matters, and the spider's class."""
    made = fingerprint(settings)
    if settings.spider is None:
        made["spider class"] = spider.__qualname__
    return made


def limit_reached(limits: Limits, pages: int, size: int) -> str:
    """Return the limit that a crawl has come to, if any: "pages" or "bytes".

    Only that number of pages exactly: more of them were wanted before, and are not thrown away for fewer.
    """
    if limits.pages == pages:
        return "pages"
    return "bytes" if limits.bytes is not None and size >= limits.bytes else ""


def _beginning(
    store: SqliteStore, crawl: Mapping[str, str], settings: Settings, *, fresh: bool, once: bool
) -> Beginning:
    before = json.loads(store.meta.get("crawl", "{}"))
    found = differences(before, crawl)
    pages, size = store.totals
    begins = beginning(
        known="crawl" in store.meta and store.known > 0,
        ended=store.meta.get("ended", ""),
        used_up=bool(limit_reached(settings.limits, pages, size)),
        differences=found,
        fresh=fresh,
        once=once,
        recrawl=settings.recrawl is not None,
    )
    if begins is None:
        raise OtherCrawl(
            f"the state {store.path} holds {'a' if once else 'an unfinished'} crawl in which these settings "
            f"were different: {', '.join(found)}. Set them back to go on with it, name another state, "
            "or throw it away: --fresh, fresh=True in Python"
        )
    return begins
