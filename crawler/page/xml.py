"""XML of feeds and sitemaps, parsed without declarations, entities or anything external."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from crawler.errors import ContentError
from crawler.page.refusal import ParseRefused

#: Elements and attributes of one document that are kept as a tree; each takes some 200 bytes.
MOST_ELEMENTS = 500_000


def parse_xml(body: bytes | str) -> Element:
    """Return the root element; names in a namespace have the form `{uri}name`.

    Raises ContentError when the text is not well-formed, and ParseRefused when it holds declarations
    (entities, attributes) or more than half a million elements and attributes.
    """
    builder = TreeBuilder()
    parser = safe_parser(namespaces=True)
    left = MOST_ELEMENTS

    def start(name: str, attrs: Mapping[str, str]) -> None:
        nonlocal left
        left -= 1 + len(attrs)
        if left < 0:
            raise ParseRefused(f"more than {MOST_ELEMENTS:,} elements and attributes in one document")
        builder.start(_braced(name), {_braced(key): value for key, value in attrs.items()})

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: builder.end(_braced(name))
    parser.CharacterDataHandler = builder.data
    feed(parser, body, last=True)
    return builder.close()


def safe_parser(encoding: str | None = None, *, namespaces: bool = False) -> expat.XMLParserType:
    """Return an expat parser that refuses what lets a small document grow, and what is elsewhere.

    A document type may be named, as old feeds do: it is never fetched. What stands in one itself is refused:
    entities expand without end, and defaults of attributes are repeated in every element.

    Args:
        encoding: wins over the one that the document names.
        namespaces: names in a namespace become `uri}name`.
    """
    parser = expat.ParserCreate(encoding, "}" if namespaces else None)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declarations
    return parser


def feed(parser: expat.XMLParserType, piece: bytes | str, *, last: bool) -> None:
    """Give a parser the next piece of a document. Raises ContentError when it is not well-formed."""
    try:
        parser.Parse(piece, last)
    # An encoding that is unknown, or takes several bytes a character, is no ExpatError.
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ContentError(f"not well-formed XML: {error}") from error


def _braced(name: str) -> str:
    return "{" + name if "}" in name else name


def _refuse_declarations(name: str, system: str | None, public: str | None, inside: int) -> None:
    if inside:
        raise ParseRefused("XML with declarations of its own (entities, attributes) is refused")
