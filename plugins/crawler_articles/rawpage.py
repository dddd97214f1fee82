"""A page on its way to the stage that looks for an article in it."""

from __future__ import annotations

import msgspec


class RawPage(msgspec.Struct, kw_only=True, frozen=True):
    """The HTML of one page, and what its server said of it.

    Attributes:
        url: where the page is.
        html: its source; `page.source` in a spider of your own.
        language: its header Content-Language; empty when there is none.
    """

    url: str
    html: str
    language: str = ""
