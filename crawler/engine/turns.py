"""What a callback yielded, some at a time: a page may list tens of thousands of links, and others wait."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from crawler.model import Links

#: So many links, requests or items are sorted before somebody else may run; a link may cost 20 microseconds.
AT_ONCE = 500


def is_long(outputs: Sequence[Any]) -> bool:
    """Say whether outputs are too many to be sorted at once. Asked for every page, so it costs little."""
    size = 0
    for one in outputs:
        size += len(one.hrefs) if type(one) is Links else 1
    return size > AT_ONCE


def turns(outputs: Sequence[Any], most_links: int) -> Iterator[Sequence[Any]]:
    """Yield the outputs in portions.

    Args:
        outputs: what a callback yielded.
        most_links: of one batch.
    """
    portion: list[Any] = []
    size = 0
    for one in _pieces(outputs, most_links):
        weight = len(one) if type(one) is Links else 1
        if size + weight > AT_ONCE and portion:
            yield portion
            portion, size = [], 0
        portion.append(one)
        size += weight
    yield portion


def _pieces(outputs: Sequence[Any], most_links: int) -> Iterator[Any]:
    for one in outputs:
        if type(one) is not Links or len(one) <= AT_ONCE:
            yield one
            continue
        marked = frozenset(one.nofollow)
        for start in range(0, min(len(one), most_links), AT_ONCE):
            end = min(start + AT_ONCE, most_links)
            hrefs = one.hrefs[start:end]
            nofollow = [href for href in hrefs if href in marked]
            yield msgspec.structs.replace(one, hrefs=hrefs, data=one.data[start:end], nofollow=nofollow)
