"""Sorting what a callback yielded in portions, so that a page of many links does not keep the loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from anyio.lowlevel import checkpoint

from crawler.engine.admission import MOST_LINKS, Admission, Findings
from crawler.model import Links, Reason, Request

#: Outputs, or links among them, that are sorted before somebody else may run: about 15 milliseconds.
PORTION = 1_000


async def sift(admission: Admission, outputs: Sequence[Any], parent: Request) -> Findings:
    """Sort a callback's outputs into requests and items, as `Admission.sort` does.

    Raises SpiderError for what is neither.
    """
    links = sum(len(output) for output in outputs if type(output) is Links)
    if len(outputs) + links <= PORTION:
        return admission.sort(outputs, parent)
    findings, seen = Findings(), set[str]()
    for portion in _portions(outputs, findings):
        some = admission.sort(portion, parent)
        # What stands in two portions is neither known yet nor a second find.
        fresh = [request for request in some.found if request.key not in seen]
        seen.update(request.key for request in fresh)
        findings.found += fresh
        findings.items += some.items
        findings.dropped += some.dropped
        findings.rejected.update(some.rejected)
        await checkpoint()
    return findings


def _portions(outputs: Sequence[Any], findings: Findings) -> Iterator[list[Any]]:
    """Yield the outputs, in order, a portion at a time; batches of links are taken apart."""
    others: list[Any] = []
    for output in outputs:
        if type(output) is Links and len(output) > PORTION:
            yield others
            others = []
            yield from _parts(output, findings)
        else:
            others.append(output)
            if len(others) >= PORTION:
                yield others
                others = []
    yield others


def _parts(links: Links, findings: Findings) -> Iterator[list[Any]]:
    if len(links) > MOST_LINKS:
        findings.rejected[Reason.EXCESS] += len(links) - MOST_LINKS
    marked = frozenset(links.nofollow)
    for start in range(0, min(len(links), MOST_LINKS), PORTION):
        part = slice(start, min(start + PORTION, MOST_LINKS))
        hrefs = links.hrefs[part]
        nofollow = [href for href in hrefs if href in marked]
        yield [msgspec.structs.replace(links, hrefs=hrefs, data=links.data[part], nofollow=nofollow)]
