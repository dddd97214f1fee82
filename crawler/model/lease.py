"""A lease: one request lent out, to be settled once by whoever holds it."""

from __future__ import annotations

import msgspec

from crawler.model.request import Request


class Lease(msgspec.Struct, frozen=True):
    """One request lent out.

    Attributes:
        id: the request's number in its store; 0 for a request that no store keeps (robots.txt).
        token: fencing token; a later lease of the same request has a larger one, and only the
            newest can settle.
        request: what to do.
        attempt: 1 for the first try.
        host: the key of the host queue the request belongs to.
    """

    id: int
    token: int
    request: Request
    attempt: int
    host: str
