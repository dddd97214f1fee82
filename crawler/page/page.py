"""A page: what a callback sees of a response. Nothing is decoded or parsed before it is asked for."""

from __future__ import annotations

import json as stdlib_json
import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from typing import Any, overload
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

from crawler.errors import ContentError, SpiderError
from crawler.model import (
    LINK_KINDS,
    TO_PAGES,
    Callback,
    File,
    LinkKind,
    Links,
    Request,
    Response,
    callback_name,
)
from crawler.page.charset import decode, sniff
from crawler.page.directives import EVERYBODY, Directives, for_agent
from crawler.page.entries import Entries
from crawler.page.feed import FeedEntry
from crawler.page.form import form_values
from crawler.page.guard import danger
from crawler.page.links import Found, Head, canonical_href, find_links
from crawler.page.listing import feed_entries, sitemap_entries
from crawler.page.number import parse_number
from crawler.page.refusal import ParseRefused
from crawler.page.sitemap import SitemapEntry
from crawler.page.survey import Survey, survey
from crawler.page.xml import parse_xml
from crawler.url import is_web, join

Node = LexborNode

#: Bytes of a page from which a thread parses it. From 100,000 on, a site of large pages was crawled more
#: slowly: the thread and the loop get into each other's way for Python's lock.
LARGE = 500_000
# To look at each of these with a few selectors takes about a tenth of a second.
_MANY_TAGS = 20_000
# What HTML calls white space; a no-break space is not.
_SPACE = re.compile(r"[ \t\n\f\r]+")
_STARTS_WITH_TAG = re.compile(rb"\s*+<")
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# Media types that hold no markup; a parser would only make noise of them.
_OPAQUE = (
    "image/",
    "audio/",
    "video/",
    "font/",
    "application/octet-stream",
    "application/pdf",
    "application/zip",
)


class Page:
    """A response as a callback reads it.

    Args:
        response: the response itself.
        guarded: refuse to parse what could hurt the parser; not needed where time and memory are limited.

    Attributes:
        response: the response itself.
        request: the request that led here; its `data` is `page.data`.
        asked: the URL that was asked for, before any redirect; what is fetched by `fetch_all` and the like
            has it as it was given.
    """

    __slots__ = (
        "_encoding",
        "_guarded",
        "_refused",
        "_source",
        "_survey",
        "_tree",
        "asked",
        "request",
        "response",
    )

    def __init__(self, response: Response, *, guarded: bool = True) -> None:
        self.response = response
        self.request: Request = response.request
        self.asked = self.request.history[0] if self.request.history else self.request.url
        self._guarded = guarded
        self._refused = ""
        self._tree: LexborHTMLParser | None = None
        self._source: str | None = None
        self._encoding = ""
        self._survey: Survey | None = None

    def __repr__(self) -> str:
        return f"<Page {self.status} {self.url}>"

    # What came back, and why it was asked for.

    @property
    def url(self) -> str:
        """The URL that answered (after redirects)."""
        return self.request.url

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers, names without regard to case."""
        return self.response.headers

    @property
    def body(self) -> bytes:
        """The body after content decoding."""
        return self.response.body

    @property
    def file(self) -> File | None:
        """Where the body is, when `fetch.other: save` has written it to a file: `path`, `size`, `digest`."""
        return self.response.file

    @property
    def data(self) -> Any:
        """What the request that led here carried as `data`."""
        return self.request.data

    @property
    def depth(self) -> int:
        """How many links the page is away from a start URL."""
        return self.request.depth

    @property
    def content_type(self) -> str:
        """Media type without parameters, in lower case."""
        return self.response.content_type

    @property
    def is_html(self) -> bool:
        """Whether the server calls it HTML; with no type named, whether it starts with a tag."""
        kind = self.content_type
        return kind in _HTML_TYPES if kind else _STARTS_WITH_TAG.match(self.body) is not None

    # The text, and the tree.

    @property
    def encoding(self) -> str:
        """Name of the character encoding, found as the HTML standard says."""
        if not self._encoding:
            self._encoding = sniff(self.body, self.headers.get("Content-Type", ""))
        return self._encoding

    @property
    def source(self) -> str:
        """The body as text."""
        if self._source is None:
            self._source = decode(self.body, self.encoding)
        return self._source

    @property
    def tree(self) -> LexborHTMLParser:
        """The parsed document (selectolax, Lexbor).

        Raises ParseRefused when the markup could hurt the parser.
        """
        if self._tree is None:
            self._tree = self._parse()
        return self._tree

    @property
    def is_large(self) -> bool:
        """Whether to look at the markup and to parse it takes so long that a thread had better do it."""
        return len(self.body) > LARGE

    @property
    def is_bulky(self) -> bool:
        """Whether to read all of it takes so long that it had better not be done on an event loop."""
        size = len(self.body)
        return size > LARGE or (size > 3 * _MANY_TAGS and self.body.count(b"<") > _MANY_TAGS)

    def prepare(self) -> None:
        """Build the tree ahead, in another thread say; what keeps it from being built is told to who asks."""
        try:
            self._tree = self._parse()
        except Exception:  # it is raised again when the tree is asked for, if it ever is
            pass

    @property
    def base(self) -> str:
        """The absolute URL that the page's relative links are joined to (`<base href>` counts)."""
        return self._surveyed().base

    # Reading by CSS selector.

    def css(self, selector: str) -> list[Node]:
        """Return all elements that match."""
        return self.tree.css(selector)

    def css_first(self, selector: str) -> Node | None:
        """Return the first element that matches, or None."""
        return self.tree.css_first(selector)

    def text(self, selector: str, default: str = "") -> str:
        """Return the text of the first match, white space collapsed, or `default`."""
        node = self.tree.css_first(selector)
        return default if node is None else node_text(node)

    def texts(self, selector: str) -> list[str]:
        """Return the text of every match, white space collapsed."""
        return [node_text(node) for node in self.tree.css(selector)]

    def attr(self, selector: str, name: str, default: str = "") -> str:
        """Return an attribute of the first match, or `default` when either is missing."""
        node = self.tree.css_first(selector)
        value = None if node is None else node.attributes.get(name)
        return default if value is None else value

    @overload
    def number(self, selector: str) -> float | None: ...
    @overload
    def number(self, selector: str, default: float) -> float: ...
    def number(self, selector: str, default: float | None = None) -> float | None:
        """Return the first number in the text of the first match: `$ 1,299.50` is 1299.5."""
        value = parse_number(self.text(selector))
        return default if value is None else value

    # Links.

    def links(
        self, selector: str | None = None, attr: str = "href", *, kinds: Sequence[LinkKind] | None = None
    ) -> list[str]:
        """Return the absolute http(s) URLs of the page's links, without fragments, each once, in order.

        Args:
            selector: which elements carry the links, in `attr`.
            kinds: which kinds of links are meant, instead of a selector; without both, those to pages.
        """
        joined = (join(self.base, href) for href in self._found(selector, attr, kinds).hrefs)
        return list(dict.fromkeys(url for url in joined if url is not None and is_web(url)))

    @property
    def canonical(self) -> str | None:
        """The absolute http(s) URL that the page names as its own (`<link rel=canonical>`), None for none."""
        href = canonical_href(Head(self.tree))
        url = join(self.base, href) if href else None
        return url if url is not None and is_web(url) else None

    @property
    def robots(self) -> Directives:
        """What the page asks of every crawler, in `X-Robots-Tag` headers and robots meta elements."""
        return for_agent(self._surveyed().directives, EVERYBODY)

    def robots_for(self, agent: str) -> Directives:
        """Return what the page asks of the crawler with this product token, and of everybody."""
        return for_agent(self._surveyed().directives, agent)

    def absolute(self, href: str) -> str:
        """Return a link of this page as an absolute http(s) URL, without its fragment.

        Raises ContentError when it is none.
        """
        url = join(self.base, href)
        if url is None or not is_web(url):
            raise ContentError(f"{self.url}: {href!r} does not lead to the web")
        return url

    def follow(
        self,
        selector: str | None = None,
        callback: Callback = "parse",
        *,
        kinds: Sequence[LinkKind] | None = None,
        priority: int = 0,
        data: Any = None,
        attr: str = "href",
    ) -> Links:
        """Return one batch of links to yield from a callback.

        Args:
            selector: which elements carry the links.
            callback: the method (or its name) that gets the pages.
            kinds: which kinds of links are meant, instead of a selector; without both, those to pages.
            priority: higher is fetched earlier within a host.
            data: what the pages get as `page.data`; a function of the element gives each its own.
            attr: the attribute that holds the URL, where there is a selector.
        """
        found = self._found(selector, attr, kinds)
        name = callback_name(callback)
        survey = self._surveyed()
        hrefs: Sequence[str] = found.hrefs
        values: Sequence[Any] = ()
        if data is None:
            hrefs = list(dict.fromkeys(hrefs))
        else:
            values = [data(node) for node in found.nodes] if callable(data) else [data] * len(hrefs)
        return Links(survey.base, hrefs, name, priority, values, found.nofollow, survey.nofollow_for)

    def submit(
        self, selector: str, values: Mapping[str, str], callback: Callback = "parse", *, data: Any = None
    ) -> Request:
        """Return the request that sends a form of this page, filled in.

        Args:
            selector: which form; hidden values and others that it holds are sent along.
            values: what to fill in, by the controls' names.
            callback: the method that gets the page behind the form.
            data: what that page gets as `page.data`.

        Raises ContentError when the page has no such form, or it does not lead to the web.
        """
        form = self.tree.css_first(selector)
        action = None if form is None else join(self.base, form.attributes.get("action") or self.url)
        if form is None or action is None or not is_web(action):
            raise ContentError(f"{self.url}: no form that could be sent matches {selector!r}")
        sent = form_values(form, values)
        if (form.attributes.get("method") or "get").lower() == "post":
            return Request(action, callback, method="POST", form=sent, data=data)
        query = urlencode(sent, doseq=True)
        return Request(f"{action.partition('?')[0]}?{query}", callback, data=data)

    # Other formats.

    def json(self) -> Any:
        """Return the body parsed as JSON. Raises ContentError when it is not."""
        try:
            return stdlib_json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ContentError(f"{self.url}: not JSON: {error}") from error

    def xml(self) -> Element:
        """Return the root element of an XML body (feeds, sitemaps). Raises ContentError."""
        try:
            return parse_xml(self.body)
        except ContentError as error:
            raise type(error)(f"{self.url}: {error}") from error

    def sitemap(self) -> Entries[SitemapEntry]:
        """Return the entries of a sitemap, to iterate over with `async for` (in a thread or process, `for`).

        Read are sitemaps and indexes of them in XML, feeds, lists of URLs, and the sitemaps that robots.txt
        names; plain or as a gzip file. `Entries` says what becomes of documents that are broken or hostile.
        """
        return sitemap_entries(self.url, self.body, self.headers.get("Content-Type", ""))

    def feed(self) -> Entries[FeedEntry]:
        """Return the entries of a feed (RSS, Atom, JSON Feed), to iterate over as over those of `sitemap`."""
        return feed_entries(self.url, self.body, self.headers.get("Content-Type", ""))

    def xpath(self, expression: str) -> list[Any]:
        """Return what an XPath 1.0 expression gives on the page; needs `pip install aiocrawl[xpath]`."""
        try:
            from lxml import etree, html
        except ImportError:
            raise ContentError("XPath needs lxml: pip install 'aiocrawl[xpath]'") from None
        markup = self._markup()
        try:
            document = html.document_fromstring(markup, parser=html.HTMLParser(encoding="utf-8"))
        except etree.ParserError as error:
            raise ContentError(f"{self.url}: {error}") from error
        result = document.xpath(expression)
        return result if isinstance(result, list) else [result]

    # Inside.

    def _parse(self) -> LexborHTMLParser:
        if self.content_type.startswith(_OPAQUE):
            return LexborHTMLParser(b"")
        markup = self._markup()
        try:
            return LexborHTMLParser(markup, options=LexborDocumentOptions.WO_EVENTS)
        except SelectolaxError as error:  # it takes any bytes; what it may lack is memory
            raise MemoryError(f"{self.url}: the parser did not get the memory that it wanted") from error

    def _markup(self) -> bytes:
        """Return the body in UTF-8, without a byte order mark: to the parser that would be text."""
        # UTF-8 is taken as it is: no decoding, no copy.
        markup = self.body if self.encoding == "utf-8" else self.source.encode()
        if self._guarded and not self._refused:
            self._refused = danger(markup)
        if self._refused:
            raise ParseRefused(f"{self.url}: {self._refused}; a callback marked with @process may read it")
        return markup.removeprefix(BOM_UTF8)

    def _surveyed(self, head: Head | None = None) -> Survey:
        # The elements themselves are not remembered: a callback may take them out of the tree.
        if self._survey is None:
            self._survey = survey(self.response, self.tree, head or Head(self.tree))
        return self._survey

    def _found(self, selector: str | None, attr: str, kinds: Sequence[LinkKind] | None) -> Found:
        if selector is None:
            if attr != "href":
                raise SpiderError(f"attr={attr!r} needs a selector that says of which elements")
            for kind in kinds or ():
                if kind not in LINK_KINDS:
                    raise SpiderError(f"there is no kind of links {kind!r}: {', '.join(LINK_KINDS)}")
            head = Head(self.tree)
            self._surveyed(head)
            return find_links(self.tree, head, TO_PAGES if kinds is None else kinds)
        if kinds is not None:
            raise SpiderError("links are found by a selector or by their kinds, not by both")
        found = Found()
        found.add_all(self.tree.tags("a") if selector == "a[href]" else self.tree.css(selector), attr)
        return found


def node_text(node: Node) -> str:
    """Return the text of an element and all below it, white space collapsed."""
    return _SPACE.sub(" ", node.text()).strip(" ")
