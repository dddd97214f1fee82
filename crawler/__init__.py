"""An asyncio-first crawler framework: polite, safe, fast, and pleasant to read."""

from typing import TYPE_CHECKING, Any

from crawler.version import __version__

if TYPE_CHECKING:
    from crawler import offload
    from crawler.crawl import Crawl, Why
    from crawler.errors import CrawlerError
    from crawler.mapping import map, starmap
    from crawler.model import Dropped, Failure, Links, Request, Response
    from crawler.page import Page
    from crawler.pages import PageError, fetch_all, fetch_each, first
    from crawler.policy.politeness import HostPace, Politeness
    from crawler.queue import Queue
    from crawler.running import run
    from crawler.spider import Spider
    from crawler.stages import Batch, Drop, batch, process, stage, thread
    from crawler.starts import Sitemap, UrlFile
    from crawler.stream import Stream

__all__ = [
    "Batch",
    "Crawl",
    "CrawlerError",
    "Drop",
    "Dropped",
    "Failure",
    "HostPace",
    "Links",
    "Page",
    "PageError",
    "Politeness",
    "Queue",
    "Request",
    "Response",
    "Sitemap",
    "Spider",
    "Stream",
    "UrlFile",
    "Why",
    "__version__",
    "batch",
    "fetch_all",
    "fetch_each",
    "first",
    "map",
    "offload",
    "process",
    "run",
    "stage",
    "starmap",
    "thread",
]

# Each name is loaded when it is first used: `crawl --help` needs no HTTP client and no parser.
_HOMES = {
    "Batch": "crawler.stages",
    "Crawl": "crawler.crawl",
    "CrawlerError": "crawler.errors",
    "Drop": "crawler.stages",
    "Dropped": "crawler.model",
    "Failure": "crawler.model",
    "HostPace": "crawler.policy.politeness",
    "Links": "crawler.model",
    "Page": "crawler.page",
    "PageError": "crawler.pages",
    "Politeness": "crawler.policy.politeness",
    "Queue": "crawler.queue",
    "Request": "crawler.model",
    "Response": "crawler.model",
    "Sitemap": "crawler.starts",
    "Spider": "crawler.spider",
    "Stream": "crawler.stream",
    "UrlFile": "crawler.starts",
    "Why": "crawler.crawl",
    "batch": "crawler.stages",
    "fetch_all": "crawler.pages",
    "fetch_each": "crawler.pages",
    "first": "crawler.pages",
    "map": "crawler.mapping",
    "offload": "",
    "process": "crawler.stages",
    "run": "crawler.running",
    "stage": "crawler.stages",
    "starmap": "crawler.mapping",
    "thread": "crawler.stages",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    if not _HOMES[name]:  # a module
        return import_module(f"crawler.{name}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
