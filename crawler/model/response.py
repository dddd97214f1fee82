"""A response: what came back for one request, body decoded and in memory."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crawler.model.request import Request


class Timings(msgspec.Struct, frozen=True):
    """Where the time of one fetch went, in seconds; zero for a phase that did not happen."""

    dns: float = 0.0
    connect: float = 0.0
    tls: float = 0.0
    first_byte: float = 0.0
    total: float = 0.0

    @property
    def answer(self) -> float:
        """How long the server took to answer, once there was a connection."""
        return max(0.0, self.first_byte - self.dns - self.connect - self.tls)


class File(msgspec.Struct, frozen=True):
    """A body that was written to a file instead of being kept in memory.

    Attributes:
        path: where it is; it is named after its content.
        size: bytes.
        digest: SHA-256 of the content, in hexadecimal digits.
    """

    path: str
    size: int
    digest: str


class Response(msgspec.Struct, frozen=True):
    """What a server answered.

    Attributes:
        request: the request that was sent.
        status: HTTP status code.
        headers: header names without regard to case; where a name repeats, its first value.
        body: the body after content decoding.
        wire_bytes: length of the body as it came over the wire.
        set_cookie: whether the answer set a cookie that the session kept.
        timings: where the time went.
        address: the peer's address, where known.
        file: where the body is, when it was written to a file; `body` is empty then.
        cached: no server was asked; its host need not rest.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    wire_bytes: int = 0
    set_cookie: bool = False
    timings: Timings = Timings()
    address: str = ""
    file: File | None = None
    cached: bool = False

    @property
    def url(self) -> str:
        """The URL that answered."""
        return self.request.url

    @property
    def content_type(self) -> str:
        """The media type without parameters, in lower case; empty when the server named none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
