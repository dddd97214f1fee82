"""XML of feeds and sitemaps, parsed without document types, entities or anything external."""

from __future__ import annotations

from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from crawler.errors import ContentError


def parse_xml(body: bytes | str) -> Element:
    """Return the root element; names in a namespace have the form `{uri}name`.

    Raises ContentError when the text is not well-formed, or declares entities: they are the way to
    make a small file expand without end, and no feed or sitemap needs them.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attrs: builder.start(
        _braced(name), {_braced(key): value for key, value in attrs.items()}
    )
    parser.EndElementHandler = lambda name: builder.end(_braced(name))
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(body, True)
    # An encoding that is unknown, or takes several bytes a character, is no ExpatError.
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise ContentError(f"not well-formed XML: {error}") from error
    return builder.close()


def _braced(name: str) -> str:
    return "{" + name if "}" in name else name


def _refuse_entities(name: str, *_: object) -> NoReturn:
    raise ContentError(f"XML that declares entities is refused (entity {name!r})")
