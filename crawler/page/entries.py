"""Entries of a sitemap or feed, read as they are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Generic, Protocol, TypeVar

from anyio.lowlevel import checkpoint

from crawler.errors import BodyError, ContentError, TooLarge
from crawler.page.pieces import mended, unpacked
from crawler.page.refusal import ParseRefused

E = TypeVar("E")

#: What the protocol of sitemaps allows in one file; a feed has some dozen.
MOST_ENTRIES = 50_000


class Reader(Protocol[E]):
    """Takes a document piece by piece, and gives the entries that have been complete since it was last asked.

    Attributes:
        mends: whether what is broken may be read again with its ampersands put right.
    """

    mends: bool

    def feed(self, piece: bytes) -> None: ...

    def close(self) -> None: ...

    def take(self) -> list[E]: ...


class Entries(Generic[E]):
    """The entries of one document, in order; iterate over it once.

    `async for` lets others use the event loop in between, so that a large document keeps nobody waiting; in a
    thread or a process a plain `for` does. Only what is asked for is read.

    A document that is broken counts up to there. Where nothing could be read at all, ContentError is raised;
    ParseRefused for what could hurt the parser.

    Attributes:
        trouble: why the end of the document was not read, in words; empty when it was, or may yet be.
    """

    def __init__(self, url: str, body: bytes, reader: Callable[[], Reader[E]]) -> None:
        self.trouble = ""
        self._url = url
        self._body = body
        self._reader = reader
        self._count = 0
        self._skip = 0  # entries that were read before it was mended
        self._portions = self._read()
        self._portion: Iterator[E] = iter(())

    def __iter__(self) -> Iterator[E]:
        while self._next():
            yield from self._portion

    async def __aiter__(self) -> AsyncIterator[E]:
        while self._next():
            for entry in self._portion:
                yield entry
            await checkpoint()

    def _next(self) -> bool:
        """Say whether there is anything left; when a portion is at its end, read the next one."""
        for entry in self._portion:
            self._portion = chain([entry], self._portion)
            return True
        portion = next(self._portions, None)
        self._portion = iter(portion or ())
        return portion is not None

    def _read(self) -> Iterator[list[E]]:
        """Yield the entries of each piece, and tell what kept the rest from being read."""
        try:
            yield from self._mending()
        except ParseRefused as refusal:
            raise ParseRefused(f"{self._url}: {refusal}") from refusal
        except (ContentError, BodyError, TooLarge) as error:
            if not self._count:
                raise ContentError(f"{self._url}: {error}") from error
            self.trouble = str(error)

    def _mending(self) -> Iterator[list[E]]:
        """Read the document; where it breaks, read it again with its ampersands put right."""
        reader = self._reader()
        try:
            yield from self._through(reader, unpacked(self._body))
        except ParseRefused:
            raise
        except ContentError:
            if not reader.mends:
                raise
            self._skip = self._count
            yield from self._through(self._reader(), mended(unpacked(self._body)))

    def _through(self, reader: Reader[E], pieces: Iterator[bytes]) -> Iterator[list[E]]:
        try:
            for piece in pieces:
                yield from self._step(reader, partial(reader.feed, piece))
        except BodyError:
            # A short document may still wait for more before it is looked at.
            with suppress(ContentError):
                yield from self._step(reader, reader.close)
            raise
        yield from self._step(reader, reader.close)

    def _step(self, reader: Reader[E], step: Callable[[], None]) -> Iterator[list[E]]:
        """Take a step, and yield what it gave; also when it failed."""
        try:
            step()
        finally:
            found = reader.take()
            fresh = found[self._skip :]
            self._skip = max(self._skip - len(found), 0)
            room = MOST_ENTRIES - self._count
            self._count += min(len(fresh), room)
            yield fresh[:room]
        if len(fresh) > room:
            raise TooLarge(f"more than {MOST_ENTRIES:,} entries, which no sitemap may have")
