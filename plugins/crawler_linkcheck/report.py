"""What a check has found: data, sorted, whatever the order of the crawl; also the form of the JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a link stands.

    Attributes:
        page: the URL of the page; empty for a start URL, which stands on none.
        element, attribute: such as `a` and `href`; `loc` and nothing for a sitemap.
        text: the beginning of the link's text.
    """

    page: str
    element: str
    attribute: str
    text: str


class Finding(msgspec.Struct, kw_only=True, frozen=True):
    """One thing to be told of a URL, with every place that links there.

    Attributes:
        url: where the links lead; with the fragment where an anchor is missing.
        reason: `status`, `dns`, `robots` and so on; `anchor` for one that is missing, `redirect` for what has
            moved for good.
        status: HTTP status at the end; 0 where there was no answer.
        detail: more, in words.
        to: where redirects have led; empty without any.
        places: where the links stand, sorted.
    """

    url: str
    reason: str
    status: int = 0
    detail: str = ""
    to: str = ""
    places: Sequence[Place] = ()


class Report(msgspec.Struct, kw_only=True, frozen=True):
    """The result of one check; lists are sorted by URL.

    Attributes:
        start: the start URLs.
        ended: `finished`, `stopped`, or the limit that ended the check: `pages`, `time`, `bytes`.
        pages: the HTML pages whose links were read.
        unread: those that could not be read; they are among `not_checked` too.
        urls: how many URLs have answered, or were found broken or moved.
        links: how many links were checked; the same link on one page counts once.
        outside: how many links lead out of the site and were not to be checked.
        broken: what does not answer as it should.
        missing_anchors: pages that are there, without what the fragment names.
        moved: what has moved for good: 301 or 308.
        not_checked: what was not asked for, or could not be judged, and why.
    """

    start: Sequence[str]
    ended: str
    pages: Sequence[str]
    unread: Sequence[str]
    urls: int
    links: int
    outside: int
    broken: Sequence[Finding]
    missing_anchors: Sequence[Finding]
    moved: Sequence[Finding]
    not_checked: Sequence[Finding]

    def failures(self, *, strict: bool = False) -> Sequence[Finding]:
        """Return what makes the check fail: broken links, missing anchors, if strict what has moved."""
        return [*self.broken, *self.missing_anchors, *(self.moved if strict else ())]


def as_json(report: Report) -> bytes:
    """Return the report as JSON, indented, with a line end."""
    return msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
