"""Which pages surely take the HTML parser some hundredths of a second at most, and little memory.

Nearly all pages do. The bounds are what the parser would do if nothing that a page opens were ever closed, so
that no order of its tags can outwit them.
"""

from __future__ import annotations

from itertools import islice

from crawler.page.markup import CARRIED, SPACES, TAG_IN_VALUE, count_of, sampled_gaps

#: Start tags times open elements that the parser may have to look through: about 0.1 seconds.
MOST_STEPS = 75_000_000
#: Copies of open formatting tags and of their attributes: about 60 megabytes and 0.2 seconds.
MOST_COPIES = 400_000
#: Tags times the bytes that are left for their attributes, of a small page: at worst 0.15 seconds.
SMALL = 4_000_000
#: Attributes of one tag, each compared with all others: about 0.15 seconds; and the bytes that they take.
MOST_ATTRIBUTES, ATTRIBUTE_BYTES = 12_000, 40_000
#: Of equal formatting tags the parser keeps so many.
KEPT = 3
#: Attributes of a usual link.
LINK_ATTRIBUTES = 16

# There are twelve formatting tags without attributes.
_BARE = KEPT * 12
#: These open without a look through the open elements, and leave open formatting alone.
INLINE = (b"<a ", b"<span", b"<code")
# More of these for each tag than pages have that are full of tags.
_GAPS_PER_TAG = 16
_WINDOW = 1_000  # bytes
_FEW = 16


def is_light(markup: bytes, tags: int) -> bool:
    """Say whether markup, in an encoding that extends ASCII, is parsed in no time whatever its order.

    Args:
        markup: the markup.
        tags: how many `<` are in it.
    """
    size = len(markup)
    # A start tag takes three bytes, and an attribute two.
    if tags * tags <= MOST_STEPS // 2 and tags * (size - 3 * tags) <= SMALL:
        return size <= ATTRIBUTE_BYTES or not may_have_long_tag(markup, tags)
    end = markup.count(b"</")
    start = tags - end
    if start * (start + end // 2) > MOST_STEPS or not _carries_little(markup, start):
        return False
    return size <= ATTRIBUTE_BYTES or not may_have_long_tag(markup, tags)


def may_have_long_tag(markup: bytes, tags: int) -> bool:
    """Say whether one tag may have more attributes than it should.

    It would take thousands of bytes without what looks like another tag; or have such in its names or values,
    each of which takes a place of its own.
    """
    gaps = sampled_gaps(markup)
    if gaps <= MOST_ATTRIBUTES:
        return False
    if gaps > _GAPS_PER_TAG * tags or tags - markup.count(b">") > _FEW or has_many_roots(markup):
        return True
    if len(list(islice(TAG_IN_VALUE.finditer(markup), _FEW))) == _FEW:
        return True
    empty = 0
    for place in range(0, len(markup), _WINDOW):
        empty = 0 if markup.find(b"<", place, place + _WINDOW) >= 0 else empty + 1
        if empty > _FEW:
            return True
    return False


def has_many_roots(markup: bytes) -> bool:
    """Say whether there are many html and body tags: the attributes of all are gathered in the first."""
    lower = markup.lower()
    return lower.count(b"<html") + lower.count(b"<body") > _FEW


def _carries_little(markup: bytes, start: int) -> bool:
    """Say whether formatting tags are few enough to be copied into every other element; of links, one is."""
    own = set(CARRIED.findall(markup))
    own.discard(b"")
    if not all(tag.endswith(b">") for tag in own):
        return False
    copies = _BARE + LINK_ATTRIBUTES + KEPT * (len(own) + count_of(SPACES, b"".join(own)))
    if start * copies <= MOST_COPIES:
        return True
    return (start - sum(map(markup.count, INLINE))) * copies <= MOST_COPIES
