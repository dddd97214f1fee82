"""The entries of an XML document, one by one, as it comes in: memory is needed for one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element, TreeBuilder

from crawler.errors import ContentError
from crawler.page.refusal import ParseRefused
from crawler.page.xml import feed, safe_parser
from crawler.url import is_web, join

#: Within one entry; the article in a feed may be a long one.
MOST_ELEMENTS = 20_000
DEEPEST = 256
#: Bytes of one tag or comment. Until it ends, expat reads it again from its beginning with every piece.
LONGEST_TAG = 256 * 1024

# What a namespace is called here, by a part of its URI; "" is the document's own vocabulary.
_VOCABULARIES = (
    ("sitemap-image", "image:"),
    ("sitemap-news", "news:"),
    ("sitemap-video", "video:"),
    ("schemas/sitemap", ""),
    ("1999/xhtml", "xhtml:"),
    ("2005/atom", "atom:"),
    ("purl.org/atom", "atom:"),
    ("purl.org/dc/", "dc:"),
    ("modules/content", "content:"),
    ("search.yahoo.com/mrss", "media:"),
    ("itunes.com", "itunes:"),
    ("rss/1.0/modules", "module:"),
    ("purl.org/rss/1.0", ""),
    ("rdf/simple/0.9", ""),
)

# The attributes that somebody reads; a tag may have a hundred thousand.
_KEPT = frozenset(
    {"href", "rel", "type", "hreflang", "url", "length", "isPermaLink", "term", "xml:base", "rdf:about"}
)
# Names that are remembered; a document could make up as many as it likes.
_MOST_NAMES = 1_000

#: Takes an entry's element, and the URL that its links are joined to.
Take = Callable[[Element, str], None]


class Branches:
    """Feeds expat, and hands over each child of the root, or of an RSS channel, when it is complete.

    Names are in lower case. Those of other vocabularies have a prefix that is always the same, whatever the
    document calls it: `image:loc`, `dc:date`. Namespaces that are wrong or missing do no harm.

    Args:
        roots: what the root may be called.
        base: the URL of the document.
        take: gets each child.
        encoding: of the document, where somebody else than the document says it.
    """

    def __init__(self, roots: frozenset[str], base: str, take: Take, encoding: str | None = None) -> None:
        self._roots = roots
        self._bases = [base]
        self._take = take
        self._depth = 0
        self._open: list[str] = []  # the elements of a branch, from its root on
        self._left = MOST_ELEMENTS
        self._builder = TreeBuilder()
        self._prefixes: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._given = 0
        self._parser = parser = safe_parser(encoding)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises ContentError when the document is broken, or is none of its kind."""
        self._given += len(piece)
        feed(self._parser, piece, last=False)
        if self._given - self._parser.CurrentByteIndex > LONGEST_TAG:
            raise ParseRefused(f"a tag or comment of more than {LONGEST_TAG:,} bytes")

    def close(self) -> None:
        """Say that there is nothing more. Raises ContentError when the document is not at its end."""
        feed(self._parser, b"", last=True)

    def _start(self, raw: str, attrs: Mapping[str, str]) -> None:
        if attrs or not self._depth:
            self._learn(raw, attrs)
        name = self._names.get(raw) or self._name(raw)
        if not self._open:
            if self._is_container(name):
                self._enter(name, attrs)
                return
            self._builder = TreeBuilder()
            self._parser.CharacterDataHandler = self._builder.data
            self._left = MOST_ELEMENTS
        self._open.append(name)
        self._left -= 1
        if self._left < 0 or len(self._open) > DEEPEST:
            raise ParseRefused(f"an entry of more than {MOST_ELEMENTS:,} elements, or {DEEPEST} levels")
        self._builder.start(name, {key: attrs[key] for key in attrs if key in _KEPT} if attrs else {})

    def _end(self, raw: str) -> None:
        if not self._open:
            self._depth -= 1
            self._bases.pop()
            return
        self._builder.end(self._open.pop())
        if not self._open:
            self._parser.CharacterDataHandler = None
            self._take(self._builder.close(), self._bases[-1])

    def _is_container(self, name: str) -> bool:
        return self._depth == 0 or (self._depth == 1 and name == "channel")

    def _enter(self, name: str, attrs: Mapping[str, str]) -> None:
        if self._depth == 0 and name not in self._roots:
            raise ContentError(f"the root element <{name[:40]}> is none of {', '.join(sorted(self._roots))}")
        self._depth += 1
        self._bases.append(base_of(attrs, self._bases[-1]))

    def _learn(self, raw: str, attrs: Mapping[str, str]) -> None:
        """Remember what prefixes stand for. They count everywhere: no document means two things by one."""
        for key, uri in attrs.items():
            prefix = key[6:]
            if (
                key.startswith("xmlns:")
                and prefix not in self._prefixes
                and len(self._prefixes) < _MOST_NAMES
            ):
                found = (name for part, name in _VOCABULARIES if part in uri.lower())
                self._prefixes[prefix] = next(found, f"{prefix.lower()}:")
                self._names.clear()
        if not self._depth:  # the root's own, whatever its namespace
            self._prefixes[raw.rpartition(":")[0]] = ""

    def _name(self, raw: str) -> str:
        prefix, colon, local = raw.rpartition(":")
        name = local.lower()
        if colon:
            name = self._prefixes.get(prefix, f"{prefix.lower()}:") + name
        if len(self._names) < _MOST_NAMES:
            self._names[raw] = name
        return name


def base_of(attrs: Mapping[str, str], base: str) -> str:
    """Return the URL that an element's links are joined to (XML Base)."""
    written = attrs.get("xml:base")
    joined = join(base, written.strip()) if written else None
    return joined if joined is not None and is_web(joined) else base
