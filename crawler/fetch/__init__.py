"""Fetching: the real web, and what can be put in front of it."""

from crawler.fetch.cookies import CookieFetcher
from crawler.fetch.fetcher import HttpFetcher
from crawler.fetch.limits import Limits

__all__ = ["CookieFetcher", "HttpFetcher", "Limits"]
