"""What one round of a crawl remembers of a page for the next one, and how they compare."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from crawler.model.request import Request

#: The field of an item that says how it stands.
CHANGE = "change"


class Change(StrEnum):
    """How an item or a page stands against the round before.

    `UNKNOWN` is what could not be asked this time, and is passed on as it was.
    """

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    GONE = "gone"
    UNKNOWN = "unknown"


class KeptItem(msgspec.Struct, frozen=True, array_like=True):
    """An item as it is written down.

    Attributes:
        name: what it is called.
        is_dict: False when it is an object of a class that is no dict.
        json: the item as JSON, without its change.
        line: the line of stages that it came through, where there are several.
        change: how it stands against the round before.
    """

    name: str
    is_dict: bool
    json: bytes
    line: str = ""
    change: str = ""


class Remembered(msgspec.Struct, frozen=True):
    """What a round knows of a page.

    Attributes:
        at: when its answer came, in seconds since 1970.
        etag, modified: the validators of the answer (RFC 9110, section 8.8), empty without.
        digest: of its content; empty when it is to be read again whatever comes.
        asked: a digest of what was asked: who got the page, with which data.
        links: what its callback yielded to be followed, packed.
        items: what it gave in the end.
        change: how it stood against the round before that one.
    """

    at: float
    etag: str = ""
    modified: str = ""
    digest: bytes = b""
    asked: bytes = b""
    links: bytes = b""
    items: Sequence[KeptItem] = ()
    change: Change = Change.NEW


class Compared(msgspec.Struct, frozen=True):
    """A request that has come to its end, compared with the round before.

    Attributes:
        page: how the page stands; None for what is none and never was one.
        items: all items to write, those of the round before that stand or are gone among them.
        found: links of the round before that are followed although the page was not read.
        memory: what the next round is to know; None for what is no page.
    """

    page: Change | None = None
    items: Sequence[KeptItem] = ()
    found: Sequence[Request] = ()
    memory: Remembered | None = None
