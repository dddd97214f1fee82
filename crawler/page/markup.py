"""Patterns that cut HTML into tags, at the boundaries that the HTML standard's tokenizer sees."""

from __future__ import annotations

import re

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
# Drawings end as a whole, and are where `<path/>` closes itself.
_SHAPES = (
    rb"a|animate|animatetransform|circle|clippath|defs|ellipse|filter|fe[a-z]+|g|image|line|lineargradient"
    rb"|marker|mask|path|pattern|polygon|polyline|radialgradient|rect|stop|symbol|text|textpath|tspan|use"
)
_DRAWING = (
    rb"(?i:svg" + _NAME_ENDS + _REST
    + rb"(?:[^<]*+</?(?:" + _SHAPES + rb")" + _NAME_ENDS + _REST + rb")*[^<]*+</svg>)"
)  # fmt: skip

#: A tag with about a thousand attributes; each is compared with all before it.
HUGE_TAG = re.compile(rb"<[a-zA-Z][^\t\n\f\r />]*+(?:" + _ATTRIBUTE + rb"){1000}")

#: What can be piled up: formatting tags with their attributes, and the start of html and body tags.
PILING = re.compile(
    rb"<(?=[biuseftcnhBIUSEFTCNH])(?i:html|body"
    rb"|(?:[bius]|em|tt|big|font|code|nobr|small|strike|strong)" + _NAME_ENDS + _REST + rb")"
)

#: An element whose content is text, whatever it looks like.
RAW_TEXT = re.compile(rb"<" + _RAW + _REST + _RAW_END)

#: A CDATA section, which is one in drawings only; elsewhere it ends at the first `>`.
SECTION = re.compile(rb"<!\[CDATA\[(?s:.*?)(?:\]\]>|\Z)")

#: The next piece of markup; group 2 is the name of a start tag, or a slash and the name of an end tag.
#: Without it: comments, raw text, whole drawings, a tag that the document's end cuts off.
TAG = re.compile(
    rb"<(?:"
    + _RAW + _REST + _RAW_END
    + rb"|(?=[sS])" + _DRAWING
    + rb"|(/?[a-zA-Z][^\t\n\f\r />]*+)(?:" + _REST + rb"|(?s:.*))"
    rb"|!--(?:-?>|(?s:.*?)(?:--!?>|\Z))|!\[CDATA\[(?s:.*?)(?:\]\]>|\Z)|[!?][^>]*+>?|/[^a-zA-Z>][^>]*+>?)"
)  # fmt: skip
