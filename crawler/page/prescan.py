"""The encoding that a page declares in a meta element, found before it is decoded.

The HTML standard's algorithm "prescan a byte stream to determine its encoding".
"""

from __future__ import annotations

import re

import webencodings

# What the prescan looks at: a comment, a meta start tag, any other tag, anything else that ends at `>`.
_PIECE = re.compile(
    rb"<(?:(?P<comment>!--)|(?P<meta>[mM][eE][tT][aA](?=[\t\n\f\r /]))"
    rb"|(?P<tag>/?[a-zA-Z][^\t\n\f\r >]*+)|[!/?])"
)
_NAME = re.compile(rb"[\t\n\f\r /]*+([^\t\n\f\r />][^\t\n\f\r />=]*+)([\t\n\f\r ]*+=[\t\n\f\r ]*+)?")
_VALUE = re.compile(rb"\"([^\"]*+)\"|'([^']*+)'|(?=>)|([^\t\n\f\r >\"'][^\t\n\f\r >]*+)(?=[\t\n\f\r >])")
_CHARSET = re.compile(rb"charset[\t\n\f\r ]*+=[\t\n\f\r ]*+", re.IGNORECASE)
_LABEL = re.compile(rb"\"([^\"]*+)\"|'([^']*+)'|([^\"'\t\n\f\r ;][^\t\n\f\r ;]*+)")


class _CutOff(Exception):
    """The bytes end inside a tag: the prescan finds nothing."""


def declared_encoding(head: bytes) -> str:
    """Return the standard's name of the encoding that a meta element in `head` declares, or nothing."""
    # Nothing behind the last mention of the word can matter, and most pages have just one, early.
    end = max(head.rfind(b"charset"), head.rfind(b"CHARSET"))
    if end < 0:
        end = head.lower().rfind(b"charset")
    try:
        return _scan(head, end)
    except _CutOff:
        return ""


def known(label: str) -> str:
    """Return the standard's name of an encoding by one of its labels; nothing for no label."""
    encoding = webencodings.lookup(label)
    return str(encoding.name).lower() if encoding else ""


def _scan(head: bytes, end: int) -> str:
    position = 0
    while position <= end:
        piece = _PIECE.search(head, position)
        if piece is None:
            return ""
        # Cases: a comment, which may end with the dashes it began with; tags; what ends at `>`.
        if piece["comment"]:
            position = _after(head, b"-->", piece.start() + 2)
        elif piece["meta"] or piece["tag"]:
            attributes, position = _attributes(head, piece.end())
            if piece["meta"] and (found := _meta(attributes)):
                return found
        else:
            position = _after(head, b">", piece.end())
    return ""


def _after(head: bytes, mark: bytes, position: int) -> int:
    found = head.find(mark, position)
    if found < 0:
        raise _CutOff
    return found + len(mark)


def _attributes(head: bytes, position: int) -> tuple[dict[bytes, bytes], int]:
    """Return a tag's attributes in lower case, of equal ones the first, and where the tag ends."""
    attributes: dict[bytes, bytes] = {}
    while match := _NAME.match(head, position):
        position, value = match.end(), b""
        if match[2]:
            found = _VALUE.match(head, position)
            if found is None:
                raise _CutOff
            position, value = found.end(), found[1] or found[2] or found[3] or b""
        if position >= len(head):
            raise _CutOff
        attributes.setdefault(match[1].lower(), value.lower())
    return attributes, _after(head, b">", position)


def _meta(attributes: dict[bytes, bytes]) -> str:
    """Return the encoding that a meta element's attributes declare, by `charset` or `http-equiv`."""
    if b"charset" in attributes:
        label = attributes[b"charset"]
    elif attributes.get(b"http-equiv") == b"content-type":
        label = _label_in(attributes.get(b"content", b""))
    else:
        return ""
    name = known(label.decode("latin-1"))
    # What could be read as ASCII so far is not UTF-16; and nobody means x-user-defined.
    return {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}.get(name, name)


def _label_in(content: bytes) -> bytes:
    found = _CHARSET.search(content)
    label = _LABEL.match(content, found.end()) if found else None
    return (label[1] or label[2] or label[3] or b"") if label else b""
