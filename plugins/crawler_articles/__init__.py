"""Keeps the articles of websites: text, title, author, date and language, each article once, in SQLite.

    spider: articles
    start: https://example.com/
    pipeline: [article-extract, article-unique, article-save]

The stages can be used one by one, behind any spider that yields a `RawPage`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from crawler_articles.article import Article
from crawler_articles.rawpage import RawPage
from crawler_articles.save import Save
from crawler_articles.unique import Unique

if TYPE_CHECKING:
    from crawler_articles.extract import Extract
    from crawler_articles.spider import Articles

__all__ = ["Article", "Articles", "Extract", "RawPage", "Save", "Unique"]

# They need trafilatura, and the others can do without it.
_EXTRACTING = {"Articles": "spider", "Extract": "extract"}


def __getattr__(name: str) -> Any:
    if name not in _EXTRACTING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_EXTRACTING[name]}"), name)
