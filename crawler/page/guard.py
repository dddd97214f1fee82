"""Which pages could hurt the HTML parser: deep nesting, piles of open formatting tags, huge tags.

Building the tree takes quadratic time or memory for a few kinds of hostile markup. What cannot take
long even in the worst case passes by its counts; only the rest is followed tag by tag.
"""

from __future__ import annotations

from collections import Counter
from random import randrange

from crawler.page.markup import FORMATTING_TAG, HUGE_TAG, PIECE, PLAIN_TAGS, RAW_TEXT, SECTION, TAG
from crawler.page.nesting import VOID, Nesting

#: Elements that may be open at once; browsers build trees of this depth and no deeper.
MAX_DEPTH = 512
#: Start tags times open elements that the parser may have to look through: about two seconds.
MAX_STEPS = 450_000_000
#: Copies of open formatting tags that the blocks after them may get: about 300 megabytes.
MAX_COPIES = 1_000_000
#: End tags that do not close the innermost element.
MAX_MISNESTED = 10_000
#: Markup characters in raw text, where it depends on the context whether they are markup.
MAX_HIDDEN = 512
#: Attributes that one tag may have if all that sets attributes apart is in it: about two seconds.
MAX_GAPS = 33_000
#: More of these for each tag than pages have that are full of tags; then looking at each tag is cheap.
GAPS_PER_TAG = 16
#: html and body tags with more gaps than that; the attributes of all of them are gathered in the first.
MAX_ROOTS = 16

#: Below these, nothing can be piled up high enough.
HARMLESS_TAGS, HARMLESS_BYTES = 2_000, 40_000
# These open without a look through the open elements, and leave open formatting alone.
_LIGHT = (b"<a ", b"<span", b"<code")
# What following the tags may cost, in the same unit as the parser's steps; a step costs us more.
_OWN_STEPS = 3_000_000

_NO_TAG = b"<"
_STRIDES = (13, 17)
_GAPS = b" \t\n\f\r/\"'"


def danger(markup: bytes) -> str:
    """Say what about `markup`, in an encoding that extends ASCII, could hurt the parser.

    Empty when it is harmless.
    """
    tags = markup.count(b"<")
    if len(markup) > HARMLESS_BYTES:
        gaps = _gaps(markup)
        if _may_have_huge_tag(markup, tags, gaps) and _has_huge_tag(markup):
            return "a tag with too many attributes"
        if gaps > MAX_GAPS and _has_many_roots(markup):
            return "too many html and body tags"
    return _piles(markup, tags) if tags > HARMLESS_TAGS else ""


def _gaps(markup: bytes) -> int:
    """Count about how often there is what sets attributes apart: a space, a slash or a quote.

    Looks at every so manieth byte, twice: what repeats in one rhythm is met by the other. From which
    byte on, nobody who writes a page can know.
    """
    counted = 0
    for stride in _STRIDES:
        sample = markup[randrange(stride) :: stride]
        counted = max(counted, stride * (len(sample) - len(sample.translate(None, _GAPS))))
    return counted


def _may_have_huge_tag(markup: bytes, tags: int, gaps: int) -> bool:
    """Say whether a tag may have about a thousand attributes.

    Either it takes 2,000 bytes without a tag's start; or it holds such starts in its values, but then
    what sets attributes apart is in it often enough to hurt.
    """
    if gaps > max(MAX_GAPS, GAPS_PER_TAG * tags):
        return True
    last, stride = -1, 1_000
    for place in range(0, len(markup), stride):
        start = markup.rfind(b"<", place, place + stride)
        if start < 0 <= last and HUGE_TAG.match(markup, last):
            return True
        last = start
    return False


def _has_huge_tag(markup: bytes) -> bool:
    """Look at all tags, from the first on: what looks like one may stand in a script or a value."""
    position = 0
    while True:
        plain = PLAIN_TAGS.match(markup, position)
        piece = PIECE.search(markup, plain.end() if plain else position)
        if piece is None:
            return False
        position = piece.end()
        # Such a tag takes two bytes for each of its attributes.
        named = piece[1] or piece[2]
        if named and position - piece.start() > 2_000 and HUGE_TAG.match(markup, piece.start()):
            return True


def _piles(markup: bytes, tags: int) -> str:
    """Say what may be piled up; most pages pass by what would be piled up if nothing were ever closed."""
    end = markup.count(b"</")
    start = heavy = tags - end
    formatting = start // 2
    # At worst, one half of the start tags is formatting, and the other half gets copies of it.
    if _harmless(start, heavy - formatting, end, formatting):
        return ""
    # Of equal formatting elements the parser keeps three.
    found = Counter(FORMATTING_TAG.findall(markup))
    kept = sum(min(count, 3) if tag.endswith(b">") else count for tag, count in found.items())
    formatting = min(formatting, kept)
    if _harmless(start, heavy, end, formatting):
        return ""
    heavy -= sum(markup.count(light) for light in _LIGHT)
    if _harmless(start, heavy, end, formatting):
        return ""
    if _has_huge_tag(markup):
        return "a tag with too many attributes"
    return _hidden(markup) or _follow(markup, heavy, formatting)


def _has_many_roots(markup: bytes) -> bool:
    lower = markup.lower()
    return lower.count(b"<html") + lower.count(b"<body") > MAX_ROOTS


def _harmless(start: int, heavy: int, end: int, formatting: int) -> bool:
    steps = start * (heavy + formatting + end // 2)
    return formatting * heavy <= MAX_COPIES and steps <= MAX_STEPS


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
    closers: list[bytes] = [_NO_TAG]  # for each one left, what would cancel it
    closer_of: dict[bytes, bytes] = {}
    steps = 0
    for tag in [match["tag"] for match in TAG.finditer(markup)]:
        if tag == closers[-1]:
            left.pop()
            closers.pop()
            continue
        if tag is None or tag in VOID:
            continue
        closer = closer_of.get(tag)
        if closer is None:
            closer = closer_of[tag] = b"/" + tag
        left.append(tag)
        closers.append(closer)
        if len(left) > MAX_DEPTH // 2:
            nesting.read(left)
            steps += len(left) * nesting.depth
            left.clear()
            del closers[1:]
            if found := _too_much(nesting, heavy, formatting, steps):
                return found
    return ""


def _too_much(nesting: Nesting, heavy: int, formatting: int, steps: int) -> str:
    if nesting.depth > MAX_DEPTH:
        return f"tags nested more than {MAX_DEPTH} deep"
    if min(nesting.formatting, formatting) * heavy > MAX_COPIES:
        return f"{nesting.formatting} formatting tags open at once"
    if nesting.misnested > MAX_MISNESTED or steps > _OWN_STEPS:
        return "too many misnested tags"
    return ""
