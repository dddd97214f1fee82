"""What a callback sees: a response, read lazily."""

from crawler.page.page import Node, Page, ParseRefused, node_text, parse_number

__all__ = ["Node", "Page", "ParseRefused", "node_text", "parse_number"]
