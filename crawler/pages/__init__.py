"""Pages of URLs that are known: all of them, one by one as they come, or the first good one of several."""

from crawler.pages.error import PageError
from crawler.pages.fetching import fetch_all, fetch_each
from crawler.pages.mirrors import first

__all__ = ["PageError", "fetch_all", "fetch_each", "first"]
