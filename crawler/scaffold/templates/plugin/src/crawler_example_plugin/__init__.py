"""Plugins for crawler: a spider, a stage and a batch."""

from crawler_example_plugin.items import Article
from crawler_example_plugin.save import Save
from crawler_example_plugin.spider import ExamplePluginSpider
from crawler_example_plugin.stages import affordable

__all__ = ["Article", "ExamplePluginSpider", "Save", "affordable"]
