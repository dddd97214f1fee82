"""The stage that finds the article in a page, in a worker process: trafilatura does the work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, get_args

from crawler import Drop, stage
from crawler.errors import PluginError
from crawler_articles.article import Article
from crawler_articles.fingerprint import fingerprint
from crawler_articles.rawpage import RawPage

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from trafilatura.settings import Document

_NEEDS = "article-extract needs trafilatura: pip install 'aiocrawl[articles]'"

# Told as soon as somebody names the stage, and so by `crawl check` and `crawl plugins`; to load trafilatura
# for that would take too long.
if find_spec("trafilatura") is None:
    raise PluginError(_NEEDS)

Favor = Literal["balance", "precision", "recall"]

# The first part of a language tag (RFC 5646), also where it is written as a locale: de, de-AT, de_AT.UTF-8.
_LANGUAGE = re.compile(r"\s*([a-z]{2,3})(?:[-_].*)?\s*", re.IGNORECASE | re.DOTALL)


@stage(run="process", queue=32, timeout=30, recycle=5_000)
class Extract:
    """Makes an `Article` of a `RawPage`; drops those without one, for the reason "no article".

    Args:
        favor: "precision" for less text and less that does not belong to it, "recall" for the contrary.
        tables: tables belong to the text.
        any_page: look for text on pages too that do not read like an article, such as lists of links.

    Raises PluginError, when it is opened, where trafilatura cannot be loaded; where it is not installed, this
    module does.
    """

    def __init__(self, favor: Favor = "balance", tables: bool = True, any_page: bool = False) -> None:
        if favor not in get_args(Favor):
            raise PluginError(f"favor must be 'balance', 'precision' or 'recall', not {favor!r}")
        self._favor = favor
        self._tables = tables
        self._any_page = any_page

    def open(self) -> None:
        """Load trafilatura, which takes a quarter of a second."""
        try:
            import trafilatura
        except ImportError as error:
            raise PluginError(f"{_NEEDS} ({error})") from error
        del trafilatura

    def __call__(self, page: RawPage) -> Article:
        """Return the article in the page. Raises Drop when there is none."""
        from trafilatura import load_html
        from trafilatura.readability_lxml import is_probably_readerable

        tree = load_html(page.html)
        if tree is None or not (self._any_page or is_probably_readerable(tree)):
            raise Drop("no article")
        # Asked before: what is extracted is cut out of the tree.
        language = _language(tree, page.language)
        document = self._extract(tree, page.url)
        if document is None or not document.text:
            raise Drop("no article")
        return Article(
            url=page.url,
            title=document.title or "",
            author=document.author or "",
            date=date.fromisoformat(document.date) if document.date else None,
            language=language,
            site=document.sitename or document.hostname or "",
            description=document.description or "",
            text=document.text,
            fingerprint=fingerprint(document.text),
        )

    def _extract(self, tree: HtmlElement, url: str) -> Document | None:
        from trafilatura import bare_extraction
        from trafilatura.settings import Document

        found = bare_extraction(
            tree,
            url=url,
            with_metadata=True,
            favor_precision=self._favor == "precision",
            favor_recall=self._favor == "recall",
            include_comments=False,
            include_tables=self._tables,
        )
        return found if isinstance(found, Document) else None


def _language(tree: HtmlElement, header: str) -> str:
    """Return the language that a page says it is in; the first of those places that says one decides."""
    said = [*_declared(tree), header]
    found = (_LANGUAGE.fullmatch(one) for one in said)
    return next((one[1].lower() for one in found if one), "")


def _declared(tree: HtmlElement) -> Iterator[str]:
    yield tree.get("lang", "")
    for meta in tree.iterfind(".//meta[@content]"):
        if meta.get("http-equiv", "").lower() == "content-language" or meta.get("property") == "og:locale":
            yield meta.get("content", "")
