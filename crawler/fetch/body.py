"""Reading the body of an answer, under the cap."""

from __future__ import annotations

import asyncio

import aiohttp

from crawler.decode import decoder
from crawler.errors import TooLarge

# A redirect's body is of no use; so much of it is read to be able to use the connection again.
_DRAIN_BYTES = 64 * 1024
_DRAIN_SECONDS = 1.0


async def read_body(response: aiohttp.ClientResponse, limit: int) -> tuple[bytes, int]:
    """Return the decoded body, and its length as it came over the wire.

    Raises TooLarge when the decoded body is longer than `limit` bytes, at once where the header
    says so; BodyError when it cannot be decoded; aiohttp's errors when it does not come in whole.
    """
    content, headers = response.content, response.headers
    if content.at_eof():
        return b"", 0
    coding = headers.get("Content-Encoding", "")
    if coding:
        coding = ", ".join(headers.getall("Content-Encoding"))
    length = response.content_length
    if length is not None and length > limit and not coding:
        raise TooLarge(f"{length} bytes, and the limit is {limit}")
    connection = response.connection if length is None and "Transfer-Encoding" not in headers else None
    protocol = connection.protocol if connection is not None else None

    sink, wire = decoder(coding, limit), 0
    while not content.at_eof():
        chunk = await content.readany()
        wire += len(chunk)
        sink.feed(chunk)
    if protocol is not None:
        _check_end(protocol.exception())
    return sink.finish(), wire


def _check_end(error: BaseException | None) -> None:
    """Raise when a body that has no length was ended by a broken connection, not a closed one."""
    if isinstance(error, aiohttp.ClientOSError):
        raise error


async def drain(response: aiohttp.ClientResponse) -> int:
    """Read away a short body whose content does not matter; close the connection if it is not short.

    Returns the number of bytes that came.
    """
    content, wire = response.content, 0
    if content.at_eof():
        return wire
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while wire <= _DRAIN_BYTES and not content.at_eof():
                wire += len(await content.readany())
    except (TimeoutError, aiohttp.ClientError):
        # Nobody asked for this body: that it did not come is no failure of the fetch.
        response.close()
        return wire
    if not content.at_eof():
        response.close()
    return wire
