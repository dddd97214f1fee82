"""Which encoding a page is in: byte order mark, header, meta, strict UTF-8, windows-1252, in this order.

The order is the HTML standard's ("determining the character encoding"), with its guess by content
replaced by a strict UTF-8 test.
"""

from __future__ import annotations

import re

import webencodings

from crawler.page.prescan import declared_encoding, known

FALLBACK = "windows-1252"

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.\-]+)")
# The standard looks at 1,024 bytes first, but browsers also heed a meta element that comes later.
_PRESCAN = 16_384


def sniff(body: bytes, content_type: str = "") -> str:
    """Return the standard's name of the encoding of `body`, such as `utf-8` or `windows-1251`.

    Args:
        body: the decoded body.
        content_type: the whole Content-Type header.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return name
    header = _HEADER.search(content_type)
    if header and (name := known(header.group(1))):
        return name
    if name := declared_encoding(body[:_PRESCAN]) or _xml_encoding(body[:_PRESCAN]):
        return name
    try:
        body.decode()
    except UnicodeDecodeError:
        return FALLBACK
    return "utf-8"


def decode(body: bytes, encoding: str) -> str:
    """Return the text of `body`; what cannot be decoded becomes U+FFFD, a byte order mark goes."""
    text, _ = webencodings.decode(body, encoding, errors="replace")
    return str(text)


def _xml_encoding(head: bytes) -> str:
    xml = _XML.match(head)
    name = known(xml.group(1).decode("ascii")) if xml else ""
    # Bytes that could be read as ASCII so far cannot be UTF-16.
    return "utf-8" if name.startswith("utf-16") else name
