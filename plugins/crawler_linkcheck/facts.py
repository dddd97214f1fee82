"""What the spider learns, one record for each URL: how it answered, and what stands on it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from crawler.model import Reason

#: The reason where a check ended before a URL's turn came.
UNFINISHED = "unfinished"


class Link(msgspec.Struct, frozen=True):
    """A link on a page; the same link by the same kind of element counts once.

    Attributes:
        url: where it leads, absolute and without fragment; as it was written when it is no URL at all.
        fragment: the part behind `#`, as the URL standard encodes it, without a text directive (`:~:`).
        element: the element's name, such as `a`.
        attribute: the attribute that holds it, such as `href`.
        text: the beginning of the element's text, or of an image's alternative text.
    """

    url: str
    fragment: str = ""
    element: str = "a"
    attribute: str = "href"
    text: str = ""


class Checked(msgspec.Struct, kw_only=True, frozen=True):
    """What came of one URL; the item of the spider.

    Attributes:
        url: in canonical form, without fragment.
        status: HTTP status; 0 when there was no answer.
        reason: `ok`, `redirect`, or why there is no page: a `Reason`, or `unfinished`.
        detail: more on the reason, in words.
        location: where a redirect leads, with its fragment.
        html: it is an HTML page of the site.
        read: its anchors and links were read; else `detail` says why not.
        anchors: what a fragment can name on it: ids, and names of `a` elements.
        links: the links on it that are to be checked.
        outside: how many of its links lead out of the site, and are not to be checked.
    """

    url: str
    status: int = 0
    reason: str = Reason.OK
    detail: str = ""
    location: str = ""
    html: bool = False
    read: bool = False
    anchors: Sequence[str] = ()
    links: Sequence[Link] = ()
    outside: int = 0
