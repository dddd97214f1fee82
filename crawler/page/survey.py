"""What a page says about itself as a whole: the base of its links, and what it asks of crawlers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from selectolax.lexbor import LexborHTMLParser

from crawler.model import Response
from crawler.page.directives import Directives, for_agents
from crawler.page.links import Head
from crawler.url import is_web, join

# Looking for a misplaced base element is dear, and one this far into the body is hardly meant.
_BASE_WITHIN = 8_192
# Names of meta elements that most pages have, and that are no crawler's.
_FOR_OTHERS = frozenset(
    {"author", "description", "generator", "keywords", "referrer", "theme-color", "viewport"}
)


class Survey(msgspec.Struct, frozen=True):
    """What a page says about itself.

    Attributes:
        base: the absolute URL that its links are joined to.
        directives: what is allowed to which crawler, see `for_agents`.
        nofollow_for: the crawlers that are to follow none of its links.
    """

    base: str
    directives: Mapping[str, Directives]
    nofollow_for: Sequence[str] = ()


def survey(response: Response, tree: LexborHTMLParser, head: Head) -> Survey:
    """Return what a page says about itself, in the headers it came with and in its elements."""
    told = for_agents(_robots_headers(response.headers), _metas(head))
    base = _base(response, tree, head)
    return Survey(base, told, tuple(agent for agent, one in told.items() if not one.follow))


def _base(response: Response, tree: LexborHTMLParser, head: Head) -> str:
    href = head.base
    if href is None and response.body.find(b"<base", 0, _BASE_WITHIN) >= 0:  # misplaced, in the body
        every = (node.attributes for node in tree.tags("base"))
        href = next((attributes["href"] for attributes in every if "href" in attributes), None)
    base = join(response.url, href) if href else None
    return base if base is not None and is_web(base) else response.url


def _metas(head: Head) -> Iterator[tuple[str, str]]:
    """Yield name and content of the meta elements that may be meant for a crawler."""
    for _, attributes in head.metas:
        name, content = attributes.get("name"), attributes.get("content")
        if name and content and ":" not in name and name.lower() not in _FOR_OTHERS:
            yield name.strip(), content


def _robots_headers(headers: Mapping[str, str]) -> Sequence[str]:
    one = headers.get("X-Robots-Tag")
    if one is None:
        return ()
    getall = getattr(headers, "getall", None)
    return [one] if getall is None else list(getall("X-Robots-Tag"))
