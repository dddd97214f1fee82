"""An asyncio-first crawler framework: polite, safe, fast, and pleasant to read."""

from crawler.crawl import Crawl
from crawler.errors import CrawlerError
from crawler.model import Dropped, Failure, Links, Request, Response
from crawler.page import Page
from crawler.policy.politeness import Politeness
from crawler.spider import Sitemap, Spider, UrlFile
from crawler.version import __version__

__all__ = [
    "Crawl",
    "CrawlerError",
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
]
