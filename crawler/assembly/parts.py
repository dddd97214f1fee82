"""What a crawl is made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from crawler.contracts import Fetcher, Listener, Sink, Store
from crawler.policy.politeness import Politeness
from crawler.settings import Settings
from crawler.spider import Spider


@dataclass(slots=True)
class Parts:
    """What a crawl is made from; what is left out is made by the settings.

    Attributes:
        settings: the configuration.
        spider: a spider to use instead of the configured one.
        politeness: paces to share with other crawls.
        fetcher: something to fetch with instead of the real web.
        store: where requests are kept instead of in the state that the settings name.
        sinks: outlets besides the configured outputs.
        listeners: who is told what happens.
        fresh: throw away what the state holds.
        once: leave a crawl that is over as it is.
        overwrite: outputs may take the place of files that this crawl did not write.
        inline: run all plugins' code on the loop: for virtual time, which threads and processes do not have.
        watched: let a watchdog look whether somebody's code keeps the event loop waiting.
        clock: gives seconds; what the duration of a fetch is measured by.
    """

    settings: Settings
    spider: Spider | None = None
    politeness: Politeness | None = None
    fetcher: Fetcher | None = None
    store: Store | None = None
    sinks: Sequence[Sink] = ()
    listeners: Sequence[Listener] = ()
    fresh: bool = False
    once: bool = False
    overwrite: bool = False
    inline: bool = False
    watched: bool = False
    clock: Callable[[], float] = perf_counter
