"""Links found on a page: one batch of strings, judged together before any request exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec


class Links(msgspec.Struct, frozen=True):
    """A batch of links that one page asks to follow.

    Attributes:
        base: the absolute URL that relative links are joined to.
        hrefs: the attribute values as they stand in the page, in document order.
        callback: name of the callback that gets the pages.
        priority: higher is fetched earlier within a host.
        data: what each page gets as `page.data`: empty for nothing, else one value a link.
    """

    base: str
    hrefs: Sequence[str]
    callback: str = "parse"
    priority: int = 0
    data: Sequence[Any] = ()

    def __len__(self) -> int:
        return len(self.hrefs)
