"""A fetcher that shows the demo site in editions, for recrawl.yaml: pages change, come and go."""

from __future__ import annotations

from hashlib import sha256
from zlib import crc32

from msgspec.structs import replace
from multidict import CIMultiDict

from crawler.contracts import Fetcher
from crawler.model import Request, Response


class Edited:
    """Lets, from each edition to the next, some pages change, and others go; with validators.

    Args:
        inner: what fetches.
        edition: which edition is shown, from 1.
    """

    def __init__(self, inner: Fetcher, edition: int = 1) -> None:
        self._inner = inner
        self._edition = edition

    async def fetch(self, request: Request) -> Response:
        """Return the answer as it is in this edition. Raises FetchError."""
        response = await self._inner.fetch(request)
        if response.status != 200 or "html" not in response.content_type:
            return response
        path = request.url.partition("://")[2].partition("/")[2]
        fate = (crc32(path.encode()) + self._edition) % 20 if "articles/" in path else -1
        if fate == 0:
            return replace(response, status=404, body=b"")
        body = response.body
        if fate == 1:
            body = body.replace(b"</h1>", b" (edition %d)</h1>" % self._edition, 1)
        return _answer(response, body)


def _answer(response: Response, body: bytes) -> Response:
    """Return the answer with an ETag; without a body to who has this one already."""
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers = CIMultiDict({**response.headers, "ETag": tag})
    if response.request.headers.get("If-None-Match") == tag:
        return replace(response, status=304, headers=headers, body=b"", wire_bytes=0)
    return replace(response, headers=headers, body=body)
