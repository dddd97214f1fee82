"""Which pages could hurt the HTML parser: deep nesting and piles of open formatting tags.

Building the tree takes quadratic time or memory for a few kinds of hostile markup. A scan that costs
well under a tenth of parsing picks the pages that have the means; only those are walked tag by tag.
"""

from __future__ import annotations

import re
from collections import Counter

#: Deeper trees than browsers build themselves.
MAX_DEPTH = 512
#: Formatting tags open at once; each block tag copies all of them.
MAX_FORMATTING = 64
#: Bytes of one tag; a tag with tens of thousands of attributes is quadratic.
MAX_TAG = 65_536

_SMALL = 8_192
_TAGS = 2_500
_LONG_RUN = re.compile(rb"<[^>]{16384}")
# A comment, a raw-text element as a whole, or one tag (attributes in quotes may hold any character).
_TAG = re.compile(
    rb"<!--.*?(?:-->|\Z)"
    rb"|<(script|style|textarea|title|xmp|iframe|noembed|noframes)\b.*?(?:</\1\s*>|\Z)"
    rb"|<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)>",
    re.DOTALL | re.IGNORECASE,
)
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
# Tags that never nest by themselves: void ones, and those that the next of their kind closes.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd tr td th thead tbody tfoot option optgroup colgroup caption rp rt html head body".split()
)


def danger(body: bytes) -> str:
    """Say what about `body` could hurt the parser; empty when it is harmless."""
    if not _has_means(body):
        return ""
    open_tags: Counter[bytes] = Counter()
    depth = formatting = 0
    for match in _TAG.finditer(body):
        name = match[3]
        if name is None:
            continue
        name = name.lower()
        if len(match[4]) > MAX_TAG:
            return f"a tag of {len(match[4])} bytes"
        if name in _FLAT or match[4].endswith(b"/"):
            continue
        if match[2]:
            if not open_tags[name]:
                continue
            step = -1
        else:
            step = 1
        open_tags[name] += step
        depth += step
        formatting += step if name in _FORMATTING else 0
        if depth > MAX_DEPTH:
            return f"tags nested more than {MAX_DEPTH} deep"
        if formatting > MAX_FORMATTING:
            return f"more than {MAX_FORMATTING} formatting tags open at once"
    return ""


def _has_means(body: bytes) -> bool:
    if len(body) <= _SMALL:
        return False
    if body.count(b"<") > _TAGS:
        return True
    return len(body) > 3 * _SMALL and (body.count(b"=") > 8_000 or _LONG_RUN.search(body) is not None)
