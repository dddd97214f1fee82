"""Patterns that cut HTML into tags, at the boundaries that the HTML standard's tokenizer sees."""

from __future__ import annotations

import re
from random import randrange

# Written so that an attribute can be read in one way only: nothing is tried twice.
_ATTRIBUTE = (
    rb"[\t\n\f\r /]*+[^\t\n\f\r />][^\t\n\f\r />=]*+"
    rb"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"'][^\t\n\f\r >]*+|(?=>))"
    rb"|(?![\t\n\f\r ]*+=))"
)
# What nearly all tags look like: name="value" without spaces around the sign, and no other quotes.
_COMMON = rb"(?:[^>\"'=]*+(?<![\t\n\f\r /\"])=\"[^\"]*+\")*[^>\"']*+>"
_REST = rb"(?:" + _COMMON + rb"|(?:" + _ATTRIBUTE + rb")*[\t\n\f\r /]*+>)"
_NAME_ENDS = rb"(?=[\t\n\f\r />])"
_RAW = rb"(?=[stxinSTXIN])(?i:(script|style|textarea|title|xmp|iframe|noembed|noframes))" + _NAME_ENDS
_RAW_END = rb"(?s:.*?)(?:</(?i:\1)" + _NAME_ENDS + rb"|\Z)"
# Drawings end as a whole, and are where `<path/>` closes itself. What was read once stays as it was read.
_SHAPES = (
    rb"a|animate|animatetransform|circle|clippath|defs|ellipse|filter|fe[a-z]+|g|image|line|lineargradient"
    rb"|marker|mask|path|pattern|polygon|polyline|radialgradient|rect|stop|symbol|text|textpath|tspan|use"
)
_DRAWING = (
    rb"(?i:svg" + _NAME_ENDS + _REST
    + rb"(?:(?>[^<]*+</?(?:" + _SHAPES + rb")" + _NAME_ENDS + _REST + rb"))*[^<]*+</svg>)"
)  # fmt: skip

# The same with bounds, for where a search may begin inside of a value: it must not read far.
_SHORT_REST = rb"(?:[^>\"'=]{0,100}+(?<![\t\n\f\r /\"])=\"[^\"]*+\"){0,12}[^>\"']{0,500}+>"

#: What may be a tag with about a thousand attributes; each is compared with all before it.
HUGE_TAG = re.compile(rb"<[a-zA-Z][^\t\n\f\r />]*+(?:" + _ATTRIBUTE + rb"){1000}")

#: Tags as nearly all are, with the text between: few attributes, and no raw text behind them.
PLAIN_TAGS = re.compile(
    rb"(?:[^<]*+</?(?!(?=[stxinSTXIN])(?i:script|style|textarea|title|xmp|iframe|noembed|noframes))"
    rb"[a-zA-Z][^\t\n\f\r />]*+" + _SHORT_REST + rb"){1,200}"
)

_FORMATTING = (
    rb"[bB](?:[iI][gG])?|[cC][oO][dD][eE]|[eE][mM]|[fF][oO][nN][tT]|[iI]|[nN][oO][bB][rR]"
    rb"|[sS](?:[mM][aA][lL][lL]|[tT][rR](?:[iI][kK][eE]|[oO][nN][gG]))?|[tT][tT]|[uU]"
)
#: What can be piled up: formatting tags, with their attributes where they are short. Most other tags are
#: passed over by their first two letters.
FORMATTING_TAG = re.compile(
    rb"<(?=[bcefinstuBCEFINSTU][iomtIOMT\t\n\f\r />])(?:" + _FORMATTING + rb")" + _NAME_ENDS +
    rb"(?:" + _SHORT_REST + rb")?"
)  # fmt: skip

# Up to 16 attributes as nearly all are: white space before each, none around the sign.
_FEW_ATTRIBUTES = (
    rb"(?:[\t\n\f\r ]++[^\t\n\f\r />\"'=]{1,60}+(?:=(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"']++))?+){0,16}+"
    rb"[\t\n\f\r /]*+>"
)
#: Links, and in group 1 formatting tags, where they have attributes. Without its `>`, and in group 1 whatever
#: it is, one that has more of them, or unusual ones.
CARRIED = re.compile(
    rb"<(?=[abcefinstuABCEFINSTU][iomtIOMT\t\n\f\r /])"
    rb"(?:[aA](?=[\t\n\f\r /])" + _FEW_ATTRIBUTES
    + rb"|((?:[aA]|" + _FORMATTING + rb")(?=[\t\n\f\r /])(?:" + _FEW_ATTRIBUTES + rb")?))"
)  # fmt: skip
#: A quoted value with what looks like a tag in it.
TAG_IN_VALUE = re.compile(rb"=[\t\n\f\r ]*+(?:\"[^\"<>]*+[<>]|'[^'<>]*+[<>])")
#: Any link, up to its thousandth attribute.
LINK_START = re.compile(rb"<[aA](?=[\t\n\f\r /])(?:" + _ATTRIBUTE + rb"){0,1000}+")

#: An element whose content is text, whatever it looks like.
RAW_TEXT = re.compile(rb"<" + _RAW + rb"(?:" + _REST + _RAW_END + rb"|(?s:.*))")

#: A CDATA section, which is one in drawings only; elsewhere it ends at the first `>`.
SECTION = re.compile(rb"<!\[CDATA\[(?s:.*?)(?:\]\]>|\Z)")

_TAG = rb"(/?[a-zA-Z][^\t\n\f\r />]*+)(?:" + _REST + rb"|(?s:.*))"
_OTHER = rb"!--(?:-?>|(?s:.*?)(?:--!?>|\Z))|!\[CDATA\[(?s:.*?)(?:\]\]>|\Z)|[!?][^>]*+>?|/[^a-zA-Z>][^>]*+>?"

#: The next piece of markup. Group 1 is the name of an element with raw text, all of which belongs to the
#: piece; group 2 that of any other start tag, or a slash and the name of an end tag. Neither is there for
#: comments. A tag that the document's end cuts off takes all that is left.
PIECE = re.compile(rb"<(?:" + _RAW + _REST + _RAW_END + rb"|" + _TAG + rb"|" + _OTHER + rb")")

#: What stands before an attribute; and what may set one apart from the next.
SPACES, GAPS = b" \t\n\f\r", b" \t\n\f\r/\"'"
_STRIDES = (13, 17)


def count_of(characters: bytes, markup: bytes) -> int:
    """Count how often any of these characters is there."""
    return len(markup) - len(markup.translate(None, characters))


def sampled_gaps(markup: bytes) -> int:
    """Count about how often there is what sets attributes apart.

    Looks at every so manieth byte, twice: what repeats in one rhythm is met by the other. From which
    byte on, nobody who writes a page can know.
    """
    return max(stride * count_of(GAPS, markup[randrange(stride) :: stride]) for stride in _STRIDES)


_PLAIN_NAME = (
    rb"(?!(?=[stxinSTXIN])(?i:script|style|textarea|title|xmp|iframe|noembed|noframes|svg))"
    rb"[a-zA-Z][^\t\n\f\r />]*+"
)


def _closed(level: int) -> bytes:
    """An element that holds text and closed elements, so many levels of them; behind its `<`."""
    inside = rb"(?:[^<]*+<" + _closed(level - 1) + rb"){0,200}" if level else b""
    name = b"level%d" % level
    return (
        rb"(?P<" + name + rb">" + _PLAIN_NAME + rb")" + _SHORT_REST
        + inside + rb"[^<]*+</(?P=" + name + rb")>"
    )  # fmt: skip


#: The same, with whole drawings and small closed elements as pieces without a name. The name of other
#: tags is in the group `tag`.
TAG = re.compile(
    rb"<(?:" + _RAW + _REST + _RAW_END + rb"|(?=[sS])" + _DRAWING + rb"|" + _closed(3)
    + rb"|" + _TAG.replace(rb"(", rb"(?P<tag>", 1) + rb"|" + _OTHER + rb")"
)  # fmt: skip
