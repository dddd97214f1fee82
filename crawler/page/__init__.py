"""What a callback sees: a response, read lazily."""

from crawler.page.directives import Directives
from crawler.page.number import parse_number
from crawler.page.page import Node, Page, ParseRefused, node_text

__all__ = ["Directives", "Node", "Page", "ParseRefused", "node_text", "parse_number"]
