"""HTML cut into tags, comments and raw text, with the boundaries of the HTML standard's tokenizer."""

from __future__ import annotations

import re

_SPACE = rb"[\t\n\f\r ]"
_ATTRIBUTE = (
    rb"[\t\n\f\r /]*+[^\t\n\f\r />][^\t\n\f\r />=]*+"
    rb"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"'][^\t\n\f\r >]*+|(?=>))"
    rb"|(?![\t\n\f\r ]*+=))"
)
_REST = rb"(?:" + _ATTRIBUTE + rb")*[\t\n\f\r /]*+>"
_END = rb"(?=[\t\n\f\r />])"
# An element that holds only text changes nothing, whatever stands around it.
_LEAF = (
    rb"<([a-zA-Z][a-zA-Z0-9-]*+)(?:" + _ATTRIBUTE + rb"){0,100}[\t\n\f\r /]*+>[^<]*+</\1>"
)
# Drawings are closed as a whole, and are the one place where `<path/>` closes itself.
_SHAPES = (
    rb"a|animate|animatetransform|circle|clippath|defs|ellipse|filter|fe[a-z]+|g|image|line|lineargradient"
    rb"|marker|mask|path|pattern|polygon|polyline|radialgradient|rect|stop|symbol|text|textpath|tspan|use"
)
_DRAWING = rb"(?i:<svg" + _END + _REST + rb"(?:[^<]*+</?(?:" + _SHAPES + rb")" + _END + _REST + rb")*[^<]*+</svg>)"
_RAW = rb"script|style|textarea|title|xmp|iframe|noembed|noframes"

#: One attribute of a start tag.
ATTRIBUTE = re.compile(_ATTRIBUTE)

#: The next piece of markup, with the text before it. Groups: `raw`, `end`, `start` with `attributes`.
#: No group for what changes nothing: comments, elements that hold only text, whole drawings.
TOKEN = re.compile(
    rb"[^<]*+(?:"
    rb"(?:" + _LEAF + rb"[^<]*+){1,100}"
    rb"|<!--(?:-?>|(?s:.*?)(?:--!?>|\Z))"
    rb"|(?P<raw><!\[CDATA\[(?s:.*?)(?:\]\]>|\Z)"
    rb"|(?i:<(" + _RAW + rb")" + _END + _REST + rb"(?s:.*?)(?:</\3(?=[\t\n\f\r />])|\Z)))"
    rb"|</(?P<end>[a-zA-Z][^\t\n\f\r />]*+)" + _REST +
    rb"|" + _DRAWING +
    rb"|<(?P<start>[a-zA-Z][^\t\n\f\r />]*+)(?P<attributes>" + _REST + rb")"
    rb"|<[!?][^>]*+>?|</[^a-zA-Z>][^>]*+>?|</?[a-zA-Z](?s:.*)"
    rb"|<|\Z)"
)
