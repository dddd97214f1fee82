"""The body of a sitemap or feed, piece by piece: unpacked, mended, and in which encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from html.entities import html5

import webencodings

from crawler.decode import gunzipped
from crawler.errors import TooLarge
from crawler.page.prescan import known

#: Bytes given to the parser at a time: some milliseconds of work, so that others may run in between.
PIECE = 64 * 1024
#: What the protocol of sitemaps allows in one file, unpacked. No feed comes near it.
MOST_BYTES = 50 * 1024 * 1024

_GZIP = b"\x1f\x8b"
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([a-zA-Z0-9_:.\-]+)""")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
# Several bytes a character, which expat leaves to others.
_WIDE = frozenset({"gbk", "gb18030", "big5", "euc-jp", "shift_jis", "iso-2022-jp", "euc-kr"})
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AMPERSAND = re.compile(rb"&(?:#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|([A-Za-z][A-Za-z0-9]{1,31};))?")
_LONGEST_NAME = 34
_XML_NAMES = frozenset({b"amp;", b"lt;", b"gt;", b"quot;", b"apos;"})


def unpacked(body: bytes, size: int = PIECE) -> Iterator[bytes]:
    """Yield the content of a body that may be a gzip file, in pieces of at most `size` bytes.

    Raises BodyError when the packed data is damaged, once all before the damage was yielded, and TooLarge
    when there is more than the protocol of sitemaps allows.
    """
    packed = body[:2] == _GZIP
    left = MOST_BYTES
    for whole in gunzipped(body) if packed else (body,):
        for start in range(0, max(len(whole), 1), size):
            piece = whole[start : start + min(size, left)]
            yield piece
            left -= len(piece)
            if not left and (start + len(piece) < len(whole)):
                raise TooLarge(f"more than {MOST_BYTES // 1024**2} MB, which no sitemap may have")


def encoding_of(head: bytes, content_type: str) -> str | None:
    """Return the encoding of XML that begins with `head`; None when the parser finds it out itself.

    What the document says of itself is believed before what the server does, which often serves all of its
    files under one name.
    """
    if head.startswith(_MARKS):
        return None
    declared = _DECLARED.match(head)
    header = _CHARSET.search(content_type)
    if declared is None and header is None:
        return None
    label = declared[1].decode("ascii") if declared else header[1] if header else ""
    name = known(label)
    return name if name in _WIDE or (declared is None and name) else None


def decoder_of(encoding: str | None) -> webencodings.IncrementalDecoder | None:
    """Return what decodes an encoding that the parser cannot read by itself; None for all others."""
    return webencodings.IncrementalDecoder(webencodings.lookup(encoding)) if encoding in _WIDE else None


def mended(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield XML, in an encoding of ASCII's kind, with its ampersands put right.

    A bare `&` becomes `&amp;`, and `&nbsp;` the character that it names in HTML.
    """
    held = b""
    for piece in pieces:
        whole = held + piece
        cut = whole.rfind(b"&", max(len(whole) - _LONGEST_NAME, 0))
        whole, held = (whole, b"") if cut < 0 else (whole[:cut], whole[cut:])
        yield _AMPERSAND.sub(_escaped, whole)
    yield _AMPERSAND.sub(_escaped, held)


def _escaped(match: re.Match[bytes]) -> bytes:
    name = match[1]
    if name is None:
        return b"&amp;" if match[0] == b"&" else match[0]
    if name in _XML_NAMES:
        return match[0]
    meant = html5.get(name.decode("ascii"))
    if meant is None:
        return b"&amp;" + name
    return "".join(f"&#{ord(character)};" for character in meant).encode()
