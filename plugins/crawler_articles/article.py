"""One article, as it is kept."""

from __future__ import annotations

import datetime

import msgspec


class Article(msgspec.Struct, kw_only=True, frozen=True):
    """What a page says, without what stands around it; empty for what the page does not tell.

    Attributes:
        url: where it was read.
        title: its headline.
        author: who wrote it; several are separated by semicolons.
        date: when it was published.
        language: the language that the page says it is in, as "en".
        site: the name of the site; its host where the page gives no name.
        description: the page's own summary.
        text: the article, a line for each paragraph.
        fingerprint: 16 hexadecimal digits, nearly the same for texts that are nearly the same.
    """

    url: str
    title: str = ""
    author: str = ""
    date: datetime.date | None = None
    language: str = ""
    site: str = ""
    description: str = ""
    text: str
    fingerprint: str
