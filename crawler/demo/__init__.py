"""A small website without the internet: something to crawl that is the same every time.

async with serve(articles=200) as site:
    ...  # site.url is open; site.pages is what a crawler must find; site.hits is what it asked for
"""

from crawler.demo.paths import Counts, counts
from crawler.demo.server import serve
from crawler.demo.site import DemoSite, Hit

__all__ = ["Counts", "DemoSite", "Hit", "counts", "serve"]
