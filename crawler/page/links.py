"""What on a page is a link, kind by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.model import LinkKind
from crawler.page.refresh import refresh_url
from crawler.page.srcset import srcset_urls

#: An element's attributes; None is the value of one that has none.
Attributes = Mapping[str, str | None]

# No head that means well has so many elements, no page so many images; more would only take time.
_MOST_IN_HEAD, _MOST_IMAGES = 1_000, 50_000
_PAGINATION = frozenset({"next", "prev", "previous"})
_CANONICAL = frozenset({"canonical"})
_ALTERNATE = frozenset({"alternate"})


class Head:
    """What stands in a page's head; such elements in the body count for nothing.

    Args:
        tree: the page.

    Attributes:
        metas: meta elements, each with its attributes.
        links: link elements.
        base: what the first base element says; None where none says anything.
    """

    __slots__ = ("base", "links", "metas")

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.metas: list[tuple[LexborNode, Attributes]] = []
        self.links: list[LexborNode] = []
        self.base: str | None = None
        # One by one: a selector would make an object of each, be there ever so many.
        for node in islice(_children(tree.head), _MOST_IN_HEAD):
            tag = node.tag
            if tag == "meta":
                self.metas.append((node, node.attributes))
            elif tag == "link":
                self.links.append(node)
            elif tag == "base" and self.base is None and "href" in node.attributes:
                self.base = node.attributes["href"] or ""


def _children(head: LexborNode | None) -> Iterator[LexborNode]:
    """Yield the elements in a head, those for browsers without scripts among them."""
    for node in head.iter() if head is not None else ():
        if node.tag == "noscript":
            yield from node.iter()
        else:
            yield node


class Found:
    """Links as they were found.

    Attributes:
        nodes: the elements.
        hrefs: for each element, the URL as it stands there.
    """

    __slots__ = ("_marked", "hrefs", "nodes")

    def __init__(self) -> None:
        self.nodes: list[LexborNode] = []
        self.hrefs: list[str] = []
        self._marked: list[int] = []

    @property
    def nofollow(self) -> Sequence[str]:
        """The URLs, as they stand, that are marked nofollow wherever they were found."""
        if not self._marked:
            return ()
        marked = set(self._marked)
        unmarked = {href for place, href in enumerate(self.hrefs) if place not in marked}
        hrefs = dict.fromkeys(self.hrefs[place] for place in self._marked)
        return [href for href in hrefs if href not in unmarked]

    def add(self, node: LexborNode, href: str) -> None:
        """Add one link."""
        self.nodes.append(node)
        self.hrefs.append(href)

    def add_all(self, nodes: Iterable[LexborNode], attr: str) -> None:
        """Add the links that elements hold in an attribute."""
        for node in nodes:
            attributes = node.attributes
            href = attributes.get(attr)
            if href:
                if "rel" in attributes and "nofollow" in _words(attributes["rel"]):
                    self._marked.append(len(self.hrefs))
                self.nodes.append(node)
                self.hrefs.append(href)


def find_links(tree: LexborHTMLParser, head: Head, kinds: Iterable[LinkKind]) -> Found:
    """Return the links of these kinds, kind by kind, those of a kind in the order of the document."""
    found = Found()
    for kind in kinds:
        _FINDERS[kind](found, tree, head)
    return found


def canonical_href(head: Head) -> str:
    """Return the first URL that a page names as its own, as it stands; empty for none."""
    return next((node.attributes["href"] or "" for node in _related(head, _CANONICAL)), "")


def _related(head: Head, words: frozenset[str]) -> Iterator[LexborNode]:
    """Yield the link elements whose relation is one of these, but for style sheets."""
    for node in head.links:
        relations = _words(node.attrs.get("rel"))
        if not words.isdisjoint(relations) and "stylesheet" not in relations and node.attrs.get("href"):
            yield node


def _words(text: str | None) -> list[str]:
    return text.lower().split() if text else []


def _add_anchors(found: Found, tree: LexborHTMLParser, _: Head) -> None:
    # Walking the tags costs a fraction of matching a selector on every element.
    found.add_all(tree.tags("a"), "href")


def _add_areas(found: Found, tree: LexborHTMLParser, _: Head) -> None:
    found.add_all(tree.tags("area"), "href")


def _add_frames(found: Found, tree: LexborHTMLParser, _: Head) -> None:
    found.add_all(tree.tags("iframe") if tree.body is not None else tree.css("frame, iframe"), "src")


def _add_refresh(found: Found, _: LexborHTMLParser, head: Head) -> None:
    for node, attributes in head.metas:
        if "http-equiv" in attributes and (attributes["http-equiv"] or "").lower() == "refresh":
            url = refresh_url(attributes.get("content") or "")
            if url:
                found.add(node, url)
            if url is not None:  # only the first refresh of a page counts
                return


def _add_pagination(found: Found, _: LexborHTMLParser, head: Head) -> None:
    found.add_all(_related(head, _PAGINATION), "href")


def _add_canonical(found: Found, _: LexborHTMLParser, head: Head) -> None:
    found.add_all(_related(head, _CANONICAL), "href")


def _add_alternates(found: Found, _: LexborHTMLParser, head: Head) -> None:
    found.add_all(_related(head, _ALTERNATE), "href")


def _add_images(found: Found, tree: LexborHTMLParser, _: Head) -> None:
    for node in tree.css("img, picture > source"):
        if len(found.hrefs) >= _MOST_IMAGES:
            return
        attributes = node.attributes
        if node.tag == "img" and (src := attributes.get("src")):
            found.add(node, src)
        for url in srcset_urls(attributes.get("srcset") or ""):
            found.add(node, url)


_FINDERS: Mapping[LinkKind, Callable[[Found, LexborHTMLParser, Head], None]] = {
    "a": _add_anchors,
    "area": _add_areas,
    "frame": _add_frames,
    "refresh": _add_refresh,
    "pagination": _add_pagination,
    "canonical": _add_canonical,
    "alternate": _add_alternates,
    "image": _add_images,
}
