"""What is not parsed, because it could hurt the parser."""

from __future__ import annotations

from crawler.errors import ContentError


class ParseRefused(ContentError):
    """The page's markup could hurt the parser, so it was not parsed."""
