"""An asyncio-first crawler framework: polite, safe, fast, and pleasant to read."""

from typing import TYPE_CHECKING, Any

from crawler.version import __version__

if TYPE_CHECKING:
    from crawler.crawl import Crawl
    from crawler.errors import CrawlerError
    from crawler.model import Dropped, Failure, Links, Request, Response
    from crawler.page import Page
    from crawler.policy.politeness import Politeness
    from crawler.spider import Sitemap, Spider, UrlFile
    from crawler.stages import Batch, Drop, batch, process, stage, thread

__all__ = [
    "Batch",
    "Crawl",
    "CrawlerError",
    "Drop",
    "Dropped",
    "Failure",
    "Links",
    "Page",
    "Politeness",
    "Request",
    "Response",
    "Sitemap",
    "Spider",
    "UrlFile",
    "__version__",
    "batch",
    "process",
    "stage",
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
    "Links": "crawler.model",
    "Page": "crawler.page",
    "Politeness": "crawler.policy.politeness",
    "Request": "crawler.model",
    "Response": "crawler.model",
    "Sitemap": "crawler.spider",
    "Spider": "crawler.spider",
    "UrlFile": "crawler.spider",
    "batch": "crawler.stages",
    "process": "crawler.stages",
    "stage": "crawler.stages",
    "thread": "crawler.stages",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
