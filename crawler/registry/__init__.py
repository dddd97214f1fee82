"""Plugins: which kinds there are, which are installed, and which one a configuration means."""

from crawler.registry.find import find, find_spider, is_place
from crawler.registry.installed import Point, installed, look
from crawler.registry.kinds import KINDS, Kind

__all__ = ["KINDS", "Kind", "Point", "find", "find_spider", "installed", "is_place", "look"]
