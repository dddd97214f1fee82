"""Answers that are no pages: left, or written to files."""

from __future__ import annotations

import re
from collections.abc import Sequence

import aiohttp

from crawler.errors import TypeRefused
from crawler.fetch.body import Body
from crawler.fetch.files import Folder
from crawler.fetch.limits import Limits
from crawler.model import File

# As many bytes as the standard on MIME sniffing looks at, and those that no text has (section 3 there).
_HEAD = 1445
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_UTF16 = (b"\xfe\xff", b"\xff\xfe")


class Others:
    """What happens to answers that are not of a page's media type.

    Args:
        types: media types of pages; `*` stands for any part of one, as in `text/*` and `*/*+xml`.
        folder: where the others are written; None to leave them.
    """

    def __init__(self, types: Sequence[str], folder: Folder | None) -> None:
        patterns = [re.escape(one.lower()).replace(r"\*", "[^/]*") for one in types]
        self._pages = re.compile("|".join(patterns) or r"(?!)")
        self._folder = folder

    def open(self) -> None:
        """Make the folder ready. Raises OutputError."""
        if self._folder is not None:
            self._folder.open()

    def are_pages(self, media_type: str) -> bool:
        """Say whether a media type is that of a page."""
        return self._pages.fullmatch(media_type) is not None

    async def read(self, answer: aiohttp.ClientResponse, limits: Limits) -> tuple[bytes, File | None, int]:
        """Return the body of a page, or the file that it was written to, and its length on the wire.

        An answer without a type is a page when it begins with text, and has the limit of one. Raises
        TypeRefused for one that is not wanted, OutputError where files cannot be written, and as `Body`
        does.
        """
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        page = bool(media_type) and self.are_pages(media_type)
        if media_type and not page and self._folder is None:
            raise TypeRefused(_unwanted(media_type))
        body = Body(answer, limits.body if page or not media_type else limits.file)
        if not media_type:
            page = not is_binary(await body.head(_HEAD))
        if page:
            content = await body.read()
            return content, None, body.wire
        if self._folder is None:
            raise TypeRefused(_unwanted(media_type))
        return b"", await self._save(self._folder, body, media_type), body.wire

    async def _save(self, folder: Folder, body: Body, media_type: str) -> File:
        partial = folder.begin()
        try:
            await body.save(partial)
            return partial.finish(media_type)
        finally:
            partial.drop()


def is_binary(head: bytes) -> bool:
    """Say whether the first bytes of a body are not those of a text (MIME sniffing, section 5)."""
    return not head.startswith(_UTF16) and _BINARY.search(head) is not None


def _unwanted(media_type: str) -> str:
    return f"{media_type[:80] or 'no type, and not a text'}: not a type of page"
