"""Reads the RSS and Atom feeds of websites: one item an entry.

Give it feeds, or pages that name their feeds (`<link rel="alternate" type="application/rss+xml">`):

    spider: feeds
    start: https://example.com/
"""

from crawler_feeds.entry import Entry
from crawler_feeds.spider import Feeds

__all__ = ["Entry", "Feeds"]
