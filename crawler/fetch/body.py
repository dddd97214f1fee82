"""Reading the body of an answer, under the cap."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp.client_proto import ResponseHandler

from crawler.decode import Decoder, decoder
from crawler.errors import BodyError, FetchError, TooLarge
from crawler.fetch.files import Partial

# A redirect's body is of no use; so much of it is read to be able to use the connection again.
_DRAIN_BYTES = 64 * 1024
_DRAIN_SECONDS = 1.0
# A file is written in pieces of about this size, each in a thread.
_WRITE = 512 * 1024


class Body:
    """The body of an answer, read once: whole, or into a file, after a look at how it begins.

    Args:
        response: the answer, whose head is in.
        limit: most bytes of the decoded body.
        keep: how many of them are wanted; left out: all.

    Attributes:
        wire: bytes that have come over the wire.

    Raises, like its methods, TooLarge when the decoded body is longer than `limit` bytes, at once where
    the header says so; BodyError when it cannot be decoded; aiohttp's errors when it does not come in whole.
    """

    __slots__ = ("_content", "_protocol", "_sink", "wire")

    def __init__(self, response: aiohttp.ClientResponse, limit: int, keep: int | None = None) -> None:
        self._content, self.wire = response.content, 0
        self._protocol: ResponseHandler | None = None
        self._sink: Decoder | None = None
        if self._content.at_eof():
            return
        headers = response.headers
        coding = headers.get("Content-Encoding", "")
        if coding:
            coding = ", ".join(headers.getall("Content-Encoding"))
        length = response.content_length
        if length is None:
            self._end_unknown(response)
        elif length > limit and not coding:
            raise TooLarge(f"{length} bytes, and the limit is {limit}")
        self._sink = decoder(coding, limit, keep)

    def _end_unknown(self, response: aiohttp.ClientResponse) -> None:
        transfer = ", ".join(response.headers.getall("Transfer-Encoding", ()))
        if transfer:
            if transfer.strip().lower() not in ("chunked", "identity"):
                raise BodyError(f"unknown transfer coding {transfer[:40]!r}")
        elif response.connection is not None:
            self._protocol = response.connection.protocol

    async def head(self, size: int) -> bytes:
        """Return at least so many bytes of the decoded body, or all when it is shorter; they stay in it."""
        sink, content = self._sink, self._content
        if sink is None:
            return b""
        while sink.size < size and not content.at_eof():
            await self._feed(sink, await content.readany())
        return sink.peek(size)

    async def read(self) -> bytes:
        """Return the whole decoded body."""
        sink, content = self._sink, self._content
        if sink is None:
            return b""
        while not content.at_eof():
            await self._feed(sink, await content.readany())
        self._check_end()
        return sink.finish()

    async def save(self, partial: Partial) -> None:
        """Write the whole decoded body into a file."""
        sink, content = self._sink, self._content
        if sink is None:
            return
        written = 0
        while not content.at_eof():
            await self._feed(sink, await content.readany())
            if sink.size - written >= _WRITE:
                written = sink.size
                await partial.write(sink.take())
        self._check_end()
        await partial.write(sink.finish())

    async def _feed(self, sink: Decoder, chunk: bytes) -> None:
        self.wire += len(chunk)
        for _ in sink.steps(chunk):
            await asyncio.sleep(0)

    def _check_end(self) -> None:
        """Raise when a body that has no length was ended by a broken connection, not a closed one."""
        error = self._protocol.exception() if self._protocol is not None else None
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
    except (TimeoutError, aiohttp.ClientError, FetchError):
        # Nobody asked for this body: that it did not come is no failure of the fetch.
        response.close()
        return wire
    if not content.at_eof():
        response.close()
    return wire
