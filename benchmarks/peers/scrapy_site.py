#!/usr/bin/env python3
"""Scrapy doing the same work: every page of one site, {"url", "title"} a page as JSON lines.

usage: scrapy_site.py SEED CONCURRENCY OUT.jsonl [--robots]

What a crawl of one plain host does not need is switched off, as a user in search of speed would.
Prints one JSON line of figures of the crawl itself, start-up left out.
"""

import gc
import json
import resource
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy  # type: ignore[import-not-found,unused-ignore]
from scrapy.crawler import CrawlerProcess  # type: ignore[import-not-found,unused-ignore]
from scrapy.linkextractors import LinkExtractor  # type: ignore[import-not-found,unused-ignore]


def cpu_seconds() -> float:
    """User and system time of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class SiteSpider(scrapy.Spider):  # type: ignore[misc,unused-ignore]
    """Follows every link of the start page's host."""

    name = "site"

    def __init__(self, seed: str) -> None:
        super().__init__()
        self.seed = seed
        self.origin = "/".join(seed.split("/")[:3]) + "/"
        # Fragments are cut and other hosts dropped here, before Scrapy's dearer steps for each link.
        self.links = LinkExtractor(tags=("a",), deny_extensions=(), process_value=self.inside)
        self.fetched = self.pages = 0
        self.began, self.cpu_before = time.perf_counter(), cpu_seconds()

    async def start(self) -> AsyncIterator[Any]:
        """The start page; unlike `start_urls` it is known afterwards, so that a link back fetches nothing."""
        yield scrapy.Request(self.seed)

    def inside(self, url: str) -> str | None:
        """The URL without fragment, None when it is on another host."""
        return url.partition("#")[0] if url.startswith(self.origin) else None

    def parse(self, response: Any) -> Iterator[Any]:
        """One item and all links of a page; other answers are only counted."""
        self.fetched += 1
        if response.status != 200 or not response.headers.get("Content-Type", b"").startswith(b"text/html"):
            return
        self.pages += 1
        yield {"url": response.url, "title": response.css("title::text").get()}
        for link in self.links.extract_links(response):
            yield scrapy.Request(link.url)

    def closed(self, reason: str) -> None:
        """Print the figures."""
        wall, cpu = time.perf_counter() - self.began, cpu_seconds() - self.cpu_before
        figures = {
            "peer": "scrapy",
            "pages": self.fetched,
            "html": self.pages,
            "wall_s": round(wall, 3),
            "pages_s": round(self.fetched / wall),
            "cpu_us_page": round(1e6 * cpu / self.fetched) if self.fetched else None,
            "ended": reason,
        }
        print(json.dumps(figures), flush=True)


def settings(concurrency: int, out: str, robots: bool) -> dict[str, Any]:
    """The settings of a fast crawl of one host."""
    downloader = "scrapy.downloadermiddlewares"
    spider = "scrapy.spidermiddlewares"
    extensions = "scrapy.extensions"
    return {
        "CONCURRENT_REQUESTS": concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
        # The default starts 100 tasks a response for its items and links, dearer than all pages here have.
        "CONCURRENT_ITEMS": 1,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": robots,
        "HTTPERROR_ALLOW_ALL": True,
        "FEEDS": {out: {"format": "jsonlines", "overwrite": True}},
        "LOG_LEVEL": "ERROR",
        "COOKIES_ENABLED": False,
        "RETRY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOADER_MIDDLEWARES": {
            f"{downloader}.offsite.OffsiteMiddleware": None,
            f"{downloader}.httpauth.HttpAuthMiddleware": None,
            f"{downloader}.redirect.MetaRefreshMiddleware": None,
            f"{downloader}.httpcompression.HttpCompressionMiddleware": None,
            f"{downloader}.stats.DownloaderStats": None,
        },
        "SPIDER_MIDDLEWARES": {
            f"{spider}.referer.RefererMiddleware": None,
            f"{spider}.urllength.UrlLengthMiddleware": None,
            f"{spider}.depth.DepthMiddleware": None,
        },
        "EXTENSIONS": {
            f"{extensions}.logcount.LogCount": None,
            f"{extensions}.memusage.MemoryUsage": None,
            f"{extensions}.logstats.LogStats": None,
        },
    }


def main() -> None:
    """Crawl one site."""
    seed, concurrency, out, *flags = sys.argv[1:]
    gc.set_threshold(50_000, 20, 100)
    process = CrawlerProcess(settings(int(concurrency), out, "--robots" in flags))
    process.crawl(SiteSpider, seed=seed)
    process.start()


if __name__ == "__main__":
    main()
