"""What a callback sees: a response, read lazily."""

from crawler.page.directives import Directives
from crawler.page.entries import Entries
from crawler.page.feed import Enclosure, FeedEntry
from crawler.page.number import parse_number
from crawler.page.page import Node, Page, node_text
from crawler.page.refusal import ParseRefused
from crawler.page.sitemap import Alternate, Image, News, SitemapEntry, Video

__all__ = [
    "Alternate",
    "Directives",
    "Enclosure",
    "Entries",
    "FeedEntry",
    "Image",
    "News",
    "Node",
    "Page",
    "ParseRefused",
    "SitemapEntry",
    "Video",
    "node_text",
    "parse_number",
]
