"""When a page is asked again, and by which headers (RFC 9110, section 13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from crawler.model import Request
from crawler.model.recrawl import Remembered

# What is sent back has to be a header again: visible ASCII, and not much of it.
_SENDABLE = re.compile(r"[\x20-\x7e]{1,1000}")
_CONDITIONS = ("if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range")


def is_young(page: Remembered, now: float, after: float) -> bool:
    """Say whether a page is not to be asked again yet.

    Args:
        page: as the round before knows it.
        now: seconds since 1970; a clock that was set back makes no page young.
        after: seconds after which a page is asked again.
    """
    return 0 <= now - page.at < after


def conditions(request: Request, page: Remembered) -> dict[str, str]:
    """Return the headers that ask for a page only if it has changed (RFC 9110, 13.1.2 and 13.1.3).

    None for anything but a GET, and where the spider has set such headers itself.
    """
    if request.method != "GET" or any(name.lower() in _CONDITIONS for name in request.headers):
        return {}
    headers = {"If-None-Match": page.etag, "If-Modified-Since": page.modified}
    return {name: value for name, value in headers.items() if value}


def validators(etag: str, modified: str) -> tuple[str, str]:
    """Return ETag and Last-Modified of an answer, each empty when it cannot be sent back."""
    return etag if _SENDABLE.fullmatch(etag) else "", modified if _SENDABLE.fullmatch(modified) else ""


def content_digest(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return 16 bytes that are others when what a callback reads is another.

    Args:
        status: of the answer.
        headers: of the answer: Content-Type, which may name the charset, and what it asks of crawlers.
        body: after content decoding.
    """
    read = [headers.get(name, "") for name in ("Content-Type", "X-Robots-Tag")]
    digest = blake2b("\n".join([str(status), *read, ""]).encode("utf-8", "surrogatepass"), digest_size=16)
    digest.update(body)
    return digest.digest()


def asked_digest(request: Request) -> bytes:
    """Return 8 bytes that are others when the same URL is asked for another callback or with other data."""
    asked = (request.callback, request.data, sorted(request.headers.items()), request.accept)
    return blake2b(msgspec.msgpack.encode(asked), digest_size=8).digest()
