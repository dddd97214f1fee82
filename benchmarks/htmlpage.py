"""What an HTML page says of itself: title, headings and links, read with the standard library only."""

import html.entities
import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

# Elements whose content is text (or a document apart): no tag inside them is an element of the page.
INERT = frozenset(
    {"iframe", "noembed", "noframes", "script", "style", "template", "textarea", "title", "xmp"}
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
REPORTED_HEADINGS = frozenset({"h1", "h2", "h3"})

ATTRIBUTE = re.compile(r"""[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?""")
REFERENCE = re.compile(r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[a-zA-Z0-9]+;?)(=?)")
META_CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w-]+)", re.I)


@dataclass
class HtmlPage:
    """A page's title (None without one), h1 to h3 texts, base URL and link attributes, in document order."""

    title: str | None = None
    headings: list[str] = field(default_factory=list)
    base: str | None = None
    hrefs: list[str] = field(default_factory=list)


def read(body: bytes, charset: str | None) -> HtmlPage:
    """Read a page.

    body: the bytes received. charset: what the Content-Type header names, None when it names none.
    """
    text = body.decode(_charset(body, charset), "replace").removeprefix("\ufeff")
    reader = _Reader()
    reader.feed(re.sub("\r\n?", "\n", text))
    reader.close()
    return reader.page


def collapse(text: str) -> str:
    """Text with runs of ASCII white space made one space and none at its ends (a no-break space stays)."""
    return re.sub(r"[ \t\n\f\r]+", " ", text).strip(" ")


def _charset(body: bytes, charset: str | None) -> str:
    # A byte order mark wins, then the header, then the page's own word in its first kilobyte.
    if body.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    meta = META_CHARSET.search(body[:1024])
    return charset or (meta[1].decode("ascii") if meta else "utf-8")


def _attributes(tag_text: str) -> dict[str, str]:
    """The attributes of a start tag, the first of each name, as HTML's tokenizer decodes them."""
    values: dict[str, str] = {}
    inside = re.sub(r"^<[^\s/>]+", "", tag_text).removesuffix(">")
    for name, *quoted in ATTRIBUTE.findall(inside):
        values.setdefault(name.lower(), REFERENCE.sub(_decoded, "".join(quoted)))
    return values


def _decoded(reference: re.Match[str]) -> str:
    # In an attribute "&copy=1" and "&copyright" are no character references, unlike in text.
    name, equals = reference[1], reference[2]
    if name.startswith("#"):
        return unescape("&" + name) + equals
    if name not in html.entities.html5 or (equals and not name.endswith(";")):
        return reference[0]
    return html.entities.html5[name] + equals


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = HtmlPage()
        self._inert: str | None = None
        self._title: list[str] | None = None
        self._heading: list[str] | None = None
        self._reported = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inert:
            return
        if tag in INERT:
            self._inert = tag
            self._title = [] if tag == "title" else None
        elif tag in HEADINGS:
            self._end_heading()
            self._heading, self._reported = [], tag in REPORTED_HEADINGS
        elif tag in ("a", "base"):
            href = _attributes(self.get_starttag_text() or "").get("href")
            if href is not None and tag == "a":
                self.page.hrefs.append(href)
            elif href is not None and self.page.base is None:
                self.page.base = href

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # HTML knows no self-closing elements: the slash means nothing.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._inert:
            if tag == self._inert:
                self._end_inert()
        elif tag in HEADINGS:
            self._end_heading()

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif self._heading is not None and self._inert != "template":
            self._heading.append(data)

    def close(self) -> None:
        super().close()
        self._end_inert()
        self._end_heading()

    def _end_inert(self) -> None:
        if self._title is not None and self.page.title is None:
            self.page.title = collapse("".join(self._title))
        self._inert = self._title = None

    def _end_heading(self) -> None:
        if self._heading is not None and self._reported:
            self.page.headings.append(collapse("".join(self._heading)))
        self._heading = None
