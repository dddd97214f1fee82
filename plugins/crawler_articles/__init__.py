"""Keeps the articles of websites: text, title, author, date and language, each article once, in SQLite.

    spider: articles
    start: https://example.com/
    pipeline: [article-extract, article-unique, article-save]

The stages can be used one by one, behind any spider that yields a `RawPage`.
"""

from crawler_articles.article import Article
from crawler_articles.extract import Extract
from crawler_articles.rawpage import RawPage
from crawler_articles.save import Save
from crawler_articles.spider import Articles
from crawler_articles.unique import Unique

__all__ = ["Article", "Articles", "Extract", "RawPage", "Save", "Unique"]
