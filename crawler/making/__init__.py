"""From settings to the spider and the plugins that they ask for."""

from crawler.making.callbacks import placements_of_callbacks
from crawler.making.pipeline import make_pipeline
from crawler.making.plugins import (
    check_store,
    make_fetcher_plugin,
    make_listeners,
    make_plugin_sinks,
    make_store_plugin,
)
from crawler.making.spider import check_has_start, make_spider

__all__ = [
    "check_has_start",
    "check_store",
    "make_fetcher_plugin",
    "make_listeners",
    "make_pipeline",
    "make_plugin_sinks",
    "make_spider",
    "make_store_plugin",
    "placements_of_callbacks",
]
