"""Fragments of URLs, and what they name on a page: the HTML standard, "scrolling to a fragment"."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote

import ada_url

from crawler.page import Page

# What comes behind it is for the browser alone: `#:~:text=these%20words` (URL Fragment Text Directives).
_DIRECTIVE = ":~:"


def resolve(base: str, href: str) -> tuple[str, str] | None:
    """Return a link's URL, in canonical form, and its fragment; None when it is no URL at all.

    The fragment is encoded as the URL standard has it; the result may have any scheme.
    """
    try:
        url, _, fragment = ada_url.join_url(base, href).partition("#")  # `crawler.url.join` cuts it off
    except ValueError:
        return None
    return url, fragment.partition(_DIRECTIVE)[0]


def anchors_of(page: Page) -> list[str]:
    """Return all that a fragment can name on a page: the ids of its elements, the names of its `a` elements.

    What is in a `template` is not part of the page. Raises ParseRefused when the page is not parsed.
    """
    found = [node.attributes["id"] for node in page.css("[id]")]
    found += [node.attributes["name"] for node in page.css("a[name]")]
    return [anchor for anchor in dict.fromkeys(found) if anchor]


def names(fragment: str, anchors: Collection[str]) -> bool:
    """Say whether a fragment leads to a place on the page with these anchors.

    Cases, in the order of the standard: no fragment is the top; an anchor that is equal as it stands; one
    that is equal when the fragment is percent-decoded; `top`, in any case, is the top.
    """
    if not fragment or fragment in anchors:
        return True
    decoded = unquote(fragment, encoding="utf-8", errors="replace")
    return decoded in anchors or decoded.lower() == "top"
