"""Settings in, an engine ready to run out: the one room that names concrete classes."""

from crawler.assembly.checking import Checked, check_plugins, placed_callbacks
from crawler.assembly.fetching import make_fetcher
from crawler.assembly.opening import open_crawl
from crawler.assembly.parts import Parts
from crawler.assembly.rules import make_form, make_scope, make_traps, make_wishes

__all__ = [
    "Checked",
    "Parts",
    "check_plugins",
    "make_fetcher",
    "make_form",
    "make_scope",
    "make_traps",
    "make_wishes",
    "open_crawl",
    "placed_callbacks",
]
