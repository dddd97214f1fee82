"""Which pages could hurt the HTML parser: deep nesting, piles of open formatting tags, huge tags.

Building the tree takes quadratic time or memory for a few kinds of hostile markup. What cannot take
long even in the worst case passes at once; the rest is followed tag by tag, as the parser would.
"""

from __future__ import annotations

from crawler.page.markup import ATTRIBUTE, TOKEN
from crawler.page.nesting import Nesting

#: Elements that may be open at once; browsers build trees of this depth and no deeper.
MAX_DEPTH = 512
#: Different formatting tags that may be open at once; each block may get a copy of all of them.
MAX_FORMATTING = 64
#: Attributes of one tag; each is compared with all before it.
MAX_ATTRIBUTES = 1_000
#: For each tag the parser looks through the open elements: the sum of both.
MAX_EFFORT = 20_000_000
#: Tags below which there is no room for a pile that hurts, and bytes below which no tag is too long.
HARMLESS_TAGS, HARMLESS_BYTES = 1_500, 40_000

# Bytes of attributes that are not worth counting, and what html and body tags may add up to.
_SHORT, _ROOT = 3_000, 16_384
# Markup characters where it depends on the context whether they are markup.
_HIDDEN = 512


def danger(markup: bytes) -> str:
    """Say what about `markup`, in an encoding that extends ASCII, could hurt the parser.

    Empty when it is harmless.
    """
    if len(markup) <= HARMLESS_BYTES and markup.count(b"<") <= HARMLESS_TAGS:
        return ""
    nesting = Nesting()
    hidden = root = effort = 0
    for token in TOKEN.finditer(markup):
        # Cases: what needs no look (leaves, comments), raw text, an end tag, a start tag.
        kind = token.lastgroup
        effort += nesting.depth * (1 + (token.end() - token.start()) // 32)
        if effort > MAX_EFFORT:
            return "too many tags too deep"
        if kind is None:
            continue
        if kind == "raw":
            hidden += _hidden(token["raw"], nesting)
            if hidden > _HIDDEN:
                return "markup hidden in raw text"
        elif kind == "end":
            nesting.end(token["end"].lower())
        else:
            name, attributes = token["start"].lower(), token["attributes"]
            if len(attributes) > _SHORT and len(ATTRIBUTE.findall(attributes)) > MAX_ATTRIBUTES:
                return f"a tag with more than {MAX_ATTRIBUTES} attributes"
            if name in (b"html", b"body"):
                root += len(attributes)
            nesting.start(name, attributes)
            if nesting.depth > MAX_DEPTH:
                return f"tags nested more than {MAX_DEPTH} deep"
            if nesting.formatting > MAX_FORMATTING:
                return f"more than {MAX_FORMATTING} formatting tags open at once"
            if root > _ROOT:
                return "too many attributes of html and body"
        if nesting.misnested > 10_000:
            return "more than 10,000 tags misnested"
    return ""


def _hidden(raw: bytes, nesting: Nesting) -> int:
    """Count the tags in raw text that the parser might take for tags after all.

    Cases: a script, which is raw text unless it stands in a drawing or holds another script in a
    comment; anything else, which the parser may have ignored where it stands.
    """
    count = raw.count(b"<") - 1
    if raw[:7].lower() != b"<script":
        return count
    nested = b"<!--" in raw and b"<script" in raw[7:].lower()
    return count if nested or nesting.foreign else 0
