"""Which pages could hurt the HTML parser: deep nesting, piles of open formatting tags, huge tags.

Building the tree takes quadratic time or memory for a few kinds of hostile markup. What cannot take
long even in the worst case passes by its counts; only the rest is followed tag by tag.
"""

from __future__ import annotations

from crawler.page.markup import FORMATTED, HUGE_TAG, RAW_TEXT, ROOT, SECTION, TAG
from crawler.page.nesting import VOID, Nesting

#: Elements that may be open at once; browsers build trees of this depth and no deeper.
MAX_DEPTH = 512
#: Start tags times open elements that the parser may have to look through: about 0.3 seconds.
MAX_STEPS = 50_000_000
#: Copies of open formatting tags that the blocks after them may get: about 300 megabytes.
MAX_COPIES = 1_000_000
#: End tags that do not close the innermost element.
MAX_MISNESTED = 10_000
#: Markup characters in raw text, where it depends on the context whether they are markup.
MAX_HIDDEN = 512
#: html and body tags; the attributes of all of them are gathered in the first.
MAX_ROOTS = 16

# Below these, nothing can be piled up high enough.
_FEW_TAGS, _FEW_BYTES = 2_000, 40_000
# These open without a look through the open elements, and leave open formatting alone.
_LIGHT = (b"<a ", b"<span", b"<code")
# What following the tags may cost, in the same unit as the parser's steps; a step costs us more.
_OWN_STEPS = 3_000_000


def danger(markup: bytes) -> str:
    """Say what about `markup`, in an encoding that extends ASCII, could hurt the parser.

    Empty when it is harmless.
    """
    tags = markup.count(b"<")
    if tags <= _FEW_TAGS and len(markup) <= _FEW_BYTES:
        return ""
    if len(markup) > _FEW_BYTES and HUGE_TAG.search(markup):
        return "a tag with too many attributes"
    if tags <= _FEW_TAGS:
        return ""
    return _roots(markup) or _piles(markup, tags)


def _roots(markup: bytes) -> str:
    return "too many html and body tags" if len(ROOT.findall(markup)) > MAX_ROOTS else ""


def _piles(markup: bytes, tags: int) -> str:
    """Say what may be piled up; most pages pass by what would be piled up if nothing were ever closed."""
    end = markup.count(b"</")
    start = tags - end
    heavy = start - sum(markup.count(light) for light in _LIGHT)
    # Half of the tags open formatting, the other half blocks that get copies of it; or, as the parser
    # keeps three equal ones: three of each kind that is there, and of the twelve without attributes.
    formatting = heavy // 2
    if formatting * heavy // 2 > MAX_COPIES:
        formatting = min(formatting, 3 * len(set(FORMATTED.findall(markup))) + 36)
    if formatting * (heavy - formatting) <= MAX_COPIES and start * (heavy + end // 2) <= MAX_STEPS:
        return ""
    return _hidden(markup) or _follow(markup, heavy, formatting)


def _hidden(markup: bytes) -> str:
    """Say whether raw text could hide tags: what is no raw text where the parser ignores its start tag.

    A script always is, except in a drawing, or when it holds another script in a comment.
    """
    hidden = 0
    drawing = b"<svg" in markup.lower() or b"<math" in markup.lower()
    for match in RAW_TEXT.finditer(markup):
        text = match.group()
        script = text[:7].lower() == b"<script"
        if not script or drawing or (b"<!--" in text and b"<script" in text[7:].lower()):
            hidden += text.count(b"<") - 2
    hidden += sum(section.count(b"<") for section in SECTION.findall(markup))
    return "tags hidden in raw text" if hidden > MAX_HIDDEN else ""


def _follow(markup: bytes, heavy: int, formatting: int) -> str:
    """Say what is wrong with how the tags are nested."""
    nesting = Nesting()
    # Pairs with nothing open between them cancel out here; what is left is looked at in portions.
    left: list[bytes] = []
    closes: dict[bytes, bytes] = {}
    steps = 0
    for match in TAG.finditer(markup):
        tag = match[2]
        if tag is None or tag in VOID:
            continue
        if left and closes.get(left[-1]) == tag:
            left.pop()
            continue
        closes[tag] = b"/" + tag
        left.append(tag)
        if len(left) > MAX_DEPTH // 2:
            nesting.read(left)
            steps += len(left) * nesting.depth
            left.clear()
            if nesting.depth > MAX_DEPTH:
                return f"tags nested more than {MAX_DEPTH} deep"
            if min(nesting.formatting, formatting) * heavy > MAX_COPIES:
                return f"{nesting.formatting} formatting tags open at once"
            if nesting.misnested > MAX_MISNESTED or steps > _OWN_STEPS:
                return "too many misnested tags"
    return ""
