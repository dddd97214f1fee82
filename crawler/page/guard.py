"""Which pages could hurt the HTML parser: deep nesting, piles of open formatting tags, huge tags.

Building the tree takes quadratic time or memory for a few kinds of hostile markup. What cannot take
long even in the worst case passes by its counts; only the rest is followed tag by tag.
"""

from __future__ import annotations

import re
from collections import Counter

from crawler.page.light import (
    INLINE,
    KEPT,
    MOST_COPIES,
    MOST_STEPS,
    has_many_roots,
    is_light,
    may_have_long_tag,
)
from crawler.page.markup import (
    FORMATTING_TAG,
    GAPS,
    HUGE_TAG,
    LINK_START,
    PIECE,
    PLAIN_TAGS,
    RAW_TEXT,
    SECTION,
    TAG,
    count_of,
)
from crawler.page.nesting import VOID, Nesting

#: Elements that may be open at once; browsers build trees of this depth and no deeper.
MAX_DEPTH = 512
#: Tags that can be looked at one by one in about a second; and elements, which take about 150 megabytes.
MAX_TAGS, MAX_ELEMENTS = 1_200_000, 400_000
#: End tags that do not close the innermost element.
MAX_MISNESTED = 10_000
#: Markup characters in raw text, where it depends on the context whether they are markup.
MAX_HIDDEN = 512

# What following the tags may cost, in the same unit as the parser's steps; a step costs us more.
_OWN_STEPS = 3_000_000

# Attributes that no tag has more of, where none is huge.
_LONG = 1_000
_NO_TAG = b"<"


def danger(markup: bytes) -> str:
    """Say what about `markup`, in an encoding that extends ASCII, could hurt the parser.

    Empty when it is harmless.
    """
    tags = markup.count(b"<")
    if is_light(markup, tags):
        return ""
    if tags > MAX_TAGS or tags - markup.count(b"</") > MAX_ELEMENTS:
        return "too many tags"
    if may_have_long_tag(markup, tags):
        if _has_huge_tag(markup):
            return "a tag with too many attributes"
        if has_many_roots(markup):
            return "too many html and body tags"
    return _piles(markup, tags)


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
    """Say what may be piled up; many pages pass by what would be piled up if nothing were ever closed."""
    end = markup.count(b"</")
    start = heavy = tags - end
    # Of equal formatting elements the parser keeps three, with all their attributes, and of links one.
    found = Counter(match.group() for match in FORMATTING_TAG.finditer(markup))
    if not all(tag.endswith(b">") for tag in found) and _has_huge_tag(markup):
        return "a tag with too many attributes"
    kept = {tag: min(count, KEPT) if tag.endswith(b">") else count for tag, count in found.items()}
    formatting = sum(kept.values())
    copies = formatting + sum(count * _attributes(tag) for tag, count in kept.items())
    copies += max(
        (count_of(GAPS, link) for link in map(re.Match.group, LINK_START.finditer(markup))), default=0
    )
    if _harmless(start, heavy, end, formatting, copies):
        return ""
    heavy -= sum(map(markup.count, INLINE))
    if _harmless(start, heavy, end, formatting, copies):
        return ""
    return _hidden(markup) or _follow(markup, heavy, formatting, copies)


def _attributes(tag: bytes) -> int:
    """Return how many attributes a formatting tag has at most; of one that is cut off, as many as may be."""
    return count_of(GAPS, tag) if tag.endswith(b">") else _LONG


def _harmless(start: int, heavy: int, end: int, formatting: int, copies: int) -> bool:
    steps = start * (heavy + formatting + end // 2)
    return copies * heavy <= MOST_COPIES and steps <= MOST_STEPS


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


def _follow(markup: bytes, heavy: int, formatting: int, copies: int) -> str:
    """Say what is wrong with how the tags are nested."""
    nesting = Nesting()
    # Pairs with nothing open between them cancel out here; what is left is looked at in portions.
    left: list[bytes] = []
    closers: list[bytes] = [_NO_TAG]  # for each one left, what would cancel it
    closer_of: dict[bytes, bytes] = {}
    steps = 0
    for match in TAG.finditer(markup):
        tag = match["tag"]
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
            if found := _too_much(nesting, heavy, formatting, copies, steps):
                return found
    return ""


def _too_much(nesting: Nesting, heavy: int, formatting: int, copies: int, steps: int) -> str:
    if nesting.depth > MAX_DEPTH:
        return f"tags nested more than {MAX_DEPTH} deep"
    # The open ones may be those with the most attributes.
    if min(nesting.formatting * (copies - formatting + 1), copies) * heavy > MOST_COPIES:
        return f"{nesting.formatting} formatting tags open at once"
    if nesting.misnested > MAX_MISNESTED or steps > _OWN_STEPS:
        return "too many misnested tags"
    return ""
