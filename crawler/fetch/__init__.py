"""Fetching: the real web, and what can be put in front of it."""

from crawler.fetch.cache import CachingFetcher
from crawler.fetch.cachefiles import CacheFiles
from crawler.fetch.cookies import CookieFetcher
from crawler.fetch.fetcher import HttpFetcher, nobody
from crawler.fetch.files import Folder
from crawler.fetch.limits import Limits
from crawler.fetch.others import Others

__all__ = [
    "CacheFiles",
    "CachingFetcher",
    "CookieFetcher",
    "Folder",
    "HttpFetcher",
    "Limits",
    "Others",
    "nobody",
]
