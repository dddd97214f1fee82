"""Links found on a page: one batch of strings, judged together before any request exists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import msgspec

#: What on a page may be a link: `a` and `area` elements, frames (`iframe` too), a meta refresh, `link`
#: elements that name the next or the previous page, the page's own URL or other forms of it, and images.
LinkKind = Literal["a", "area", "frame", "refresh", "pagination", "canonical", "alternate", "image"]
LINK_KINDS: tuple[LinkKind, ...] = get_args(LinkKind)
#: The kinds that lead on to pages.
TO_PAGES: tuple[LinkKind, ...] = ("a", "area", "frame", "refresh", "pagination")


class Links(msgspec.Struct, frozen=True, omit_defaults=True):
    """A batch of links that one page asks to follow.

    Attributes:
        base: the absolute URL that relative links are joined to.
        hrefs: the attribute values as they stand in the page, in document order.
        callback: name of the callback that gets the pages.
        priority: higher is fetched earlier within a host.
        data: what each page gets as `page.data`: empty for nothing, else one value a link.
        nofollow: those of `hrefs` that the page marks so wherever they stand.
        nofollow_for: the crawlers, by product token in lower case, that the page asks to follow none of its
            links; `*` for all.
        step: how many links deeper than this page they are: 0 for what a sitemap lists.
    """

    base: str
    hrefs: Sequence[str]
    callback: str = "parse"
    priority: int = 0
    data: Sequence[Any] = ()
    nofollow: Sequence[str] = ()
    nofollow_for: Sequence[str] = ()
    step: int = 1

    def __len__(self) -> int:
        return len(self.hrefs)
