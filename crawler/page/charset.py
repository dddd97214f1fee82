"""Which encoding a page is in: byte order mark, header, meta, strict UTF-8, windows-1252, in this order.

The order is the HTML standard's ("determining the character encoding"), with its guess by content
replaced by a strict UTF-8 test.
"""

from __future__ import annotations

import re

import webencodings

FALLBACK = "windows-1252"

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.\-]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_XML = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([a-zA-Z0-9_:.\-]+)")
_PRESCAN = 1024


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
    if header and (name := _known(header.group(1))):
        return name
    if name := _declared(body[:_PRESCAN]):
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


def _declared(head: bytes) -> str:
    xml = _XML.search(head)
    if xml:
        return _known(xml.group(1).decode("ascii"))
    if b"<!--" in head:
        head = _COMMENT.sub(b"", head)
    meta = _META.search(head)
    name = _known(meta.group(1).decode("ascii")) if meta else ""
    # The standard: bytes that could be read as ASCII so far cannot be UTF-16.
    return "utf-8" if name.startswith("utf-16") else name


def _known(label: str) -> str:
    encoding = webencodings.lookup(label)
    return str(encoding.name).lower() if encoding else ""
