"""A page as a callback reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ContentError, SpiderError
from crawler.model import Links, Request, Response
from crawler.page import Page
from crawler.spider import Spider
from crawler.url import is_web, join

MakePage = Callable[..., Page]


def urls_of(links: Links) -> list[str]:
    joined = [join(links.base, href) for href in links.hrefs]
    return list(dict.fromkeys(url for url in joined if url is not None and is_web(url)))


def test_what_came_back_and_why(page: MakePage) -> None:
    made = page("<p>x", kind="Text/HTML; charset=utf-8", data={"rank": 1})
    assert (made.url, made.status, made.body, made.data) == ("https://a.test/x/y", 200, b"<p>x", {"rank": 1})
    assert made.content_type == "text/html"
    assert made.headers["content-type"] == "Text/HTML; charset=utf-8"
    assert made.depth == 0
    assert repr(made) == "<Page 200 https://a.test/x/y>"
    assert made.request is made.response.request


@pytest.mark.parametrize(
    ("kind", "body", "is_html"),
    [
        ("text/html", "", True),
        ("application/xhtml+xml; charset=x", "", True),
        ("text/plain", "<p>", False),
        ("image/png", "<p>", False),
        ("", "  \n<p>", True),
        ("", "plain", False),
    ],
)
def test_is_html(page: MakePage, kind: str, body: str, is_html: bool) -> None:
    assert page(body, kind=kind).is_html is is_html


def test_reading_by_selector(page: MakePage) -> None:
    made = page("<h1 id=t>  A\n <b>good</b>\tbook </h1><p>one<p>two <i></i><p class>$ 1,299.50 each")
    assert made.text("h1") == "A good book"
    assert made.text("h2") == ""
    assert made.text("h2", "none") == "none"
    assert made.texts("p") == ["one", "two", "$ 1,299.50 each"]
    assert made.texts("h6") == []
    assert made.attr("h1", "id") == "t"
    assert made.attr("h1", "lang", "en") == "en"
    assert made.attr("h6", "id", "none") == "none"
    assert made.attr("p[class]", "class", "none") == "none"
    assert made.number("p[class]") == 1299.5
    assert made.number("h1") is None
    assert made.number("h1", 7.0) == 7.0
    assert made.number("h6", 0.0) == 0.0
    assert [node.tag for node in made.css("b, i")] == ["b", "i"]
    first = made.css_first("i")
    assert first is not None
    assert made.css_first("u") is None


def test_a_no_break_space_is_text(page: MakePage) -> None:
    assert page("<p> a&nbsp; b </p>").text("p") == "a\u00a0 b"


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("", "https://a.test/x/y"),
        ("<base href='/b/'>", "https://a.test/b/"),
        ("<base href='b/'>", "https://a.test/x/b/"),
        ("<base href=' //b.test\n'>", "https://b.test/"),
        ("<base href='http://b.test/c#d'>", "http://b.test/c"),
        ("<base href='/b?x=1&amp;y'>", "https://a.test/b?x=1&y"),
        ("<base target=_top><base href='/b/'><base href='/c/'>", "https://a.test/b/"),
        ("<base href=''><base href='/c/'>", "https://a.test/x/y"),
        ("<base href><base href='/c/'>", "https://a.test/x/y"),
        ("<base href='mailto:x@b.test'>", "https://a.test/x/y"),
        ("<base href='javascript:1'>", "https://a.test/x/y"),
        ("<base href='http://['>", "https://a.test/x/y"),
        ("</head><body><div><base href='/b/'></div>", "https://a.test/b/"),
        ("<title><base href='/b/'></title>", "https://a.test/x/y"),
        ("<!-- <base href='/b/'> -->", "https://a.test/x/y"),
    ],
)
def test_the_base_of_links(page: MakePage, head: str, base: str) -> None:
    made = page(f"<head>{head}</head><p><a href=z>")
    assert made.base == base
    assert made.links() == [join(base, "z")]


def test_a_byte_order_mark_is_not_text_that_ends_the_head(page: MakePage) -> None:
    made = page(b"\xef\xbb\xbf<html><head><base href='/b/'><title>T</title></head><body><a href=z>")
    assert made.base == "https://a.test/b/"
    assert made.text("head title") == "T"
    assert made.text("body") == ""


LINKS = """
<a href="one">1</a> <a href="one#part">again</a> <a href=" /two
">2</a> <a href="?q=1&amp;r=2">3</a> <a href="">self</a> <a href>none</a> <a name=x>none</a>
<a href="mailto:x@y.test">no</a> <a href="javascript:void(0)">no</a> <a href="http://[">no</a>
<a href="//b.test/\u00fc">4</a> <area href="area"> <a href="one">twice</a> <div data-url="/three"></div>
"""


def test_links_are_absolute_and_each_once(page: MakePage) -> None:
    made = page(LINKS)
    wanted = [
        "https://a.test/x/one",
        "https://a.test/two",
        "https://a.test/x/y?q=1&r=2",
        "https://b.test/%C3%BC",
    ]
    assert made.links("a") == wanted
    assert made.links("a[href]") == wanted
    assert made.links() == [*wanted, "https://a.test/x/area"]
    assert made.links("area") == ["https://a.test/x/area"]
    assert made.links("div", "data-url") == ["https://a.test/three"]
    assert made.links("div") == []


@pytest.mark.parametrize("selector", ["a[href]", "a", "area, a[href*=o]", "div", "b"])
@pytest.mark.parametrize("attr", ["href", "data-url"])
def test_follow_leads_where_links_says(page: MakePage, selector: str, attr: str) -> None:
    made = page(LINKS)
    batch = made.follow(selector, attr=attr)
    assert urls_of(batch) == made.links(selector, attr)
    assert (batch.base, batch.callback, batch.priority, batch.data) == (made.base, "parse", 0, ())
    with_data = made.follow(selector, attr=attr, data=lambda node: node.tag)
    assert urls_of(with_data) == made.links(selector, attr)
    assert len(with_data.data) == len(with_data.hrefs)


@given(st.lists(st.text(st.sampled_from("ab/?#:. \t&;é\\'"), max_size=8), max_size=8))
def test_follow_and_links_agree_on_any_href(hrefs: list[str]) -> None:
    html = "".join(f'<a href="{href}">x</a>' for href in hrefs)
    made = Page(Response(Request("https://a.test/x/y"), 200, {"Content-Type": "text/html"}, html.encode()))
    assert urls_of(made.follow()) == made.links()


class Shop(Spider):
    async def parse(self, page: Page) -> None: ...

    async def book(self, page: Page) -> None: ...


def test_follow_takes_a_callback_a_priority_and_data(page: MakePage) -> None:
    made = page("<a href=1 data-rank=3>a</a><a name=n>b</a><a href=2>c</a>")
    batch = made.follow("a", Shop().book, priority=5, data={"k": 1})
    assert (batch.callback, batch.priority, list(batch.data)) == ("book", 5, [{"k": 1}, {"k": 1}])
    ranks = made.follow("a", "book", data=lambda node: node.attributes.get("data-rank"))
    assert list(zip(ranks.hrefs, ranks.data, strict=True)) == [("1", "3"), ("2", None)]


def test_follow_refuses_a_callback_without_a_name(page: MakePage) -> None:
    with pytest.raises(SpiderError, match="data="):
        page("<a href=1>").follow("a", lambda page: None)


@pytest.mark.parametrize("kind", ["image/png", "application/pdf", "video/mp4"])
def test_what_holds_no_markup_is_not_parsed(page: MakePage, kind: str) -> None:
    made = page("<a href=1>x</a>", kind=kind)
    assert made.links() == []
    assert made.text("a") == ""
    assert made.base == made.url


@pytest.mark.parametrize(
    "body", [b"", b"\x00", b"<", b"\xff\xfe", b"<a href=\xff>\xe9</a>", "é".encode("utf-16")]
)
def test_broken_pages_can_be_read(page: MakePage, body: bytes) -> None:
    made = page(body)
    assert isinstance(made.source, str)
    assert isinstance(made.links(), list)
    assert isinstance(made.text("a"), str)
    assert isinstance(made.text("body"), str)


@given(st.binary(max_size=300))
def test_any_bytes_make_a_page(body: bytes) -> None:
    made = Page(Response(Request("https://a.test/"), 200, {}, body))
    assert isinstance(made.text("*"), str)
    assert isinstance(made.links(), list)
    assert isinstance(made.source, str)


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [
        ("windows-1251", "text/html"),
        ("windows-1251", "text/html; charset=windows-1251"),
        ("utf-16", "text/html"),
        ("utf-16-le", "text/html; charset=utf-16le"),
        ("utf-8-sig", "text/html"),
        ("shift_jis", "text/html; charset=Shift_JIS"),
    ],
)
def test_other_encodings(page: MakePage, encoding: str, kind: str) -> None:
    word = "漢字" if encoding == "shift_jis" else "Книга"
    declared = f'<meta charset="{encoding}">' if "charset" not in kind and "utf" not in encoding else ""
    made = page(
        f"<head>{declared}<base href='/b/'></head><h1>{word}</h1><a href='?{word}'>".encode(encoding),
        kind=kind,
    )
    assert made.text("h1") == word
    assert made.base == "https://a.test/b/"
    assert word in made.source
    assert made.links() == [join("https://a.test/b/", f"?{word}")]


def test_json(page: MakePage) -> None:
    assert page(b'\xef\xbb\xbf{"a": [1]}', kind="application/json").json() == {"a": [1]}


@pytest.mark.parametrize("body", ["", "{", "<p>", b"\xff\xfe\xff", "[" * 100_000])
def test_what_is_no_json(page: MakePage, body: str | bytes) -> None:
    with pytest.raises(ContentError, match=r"https://a\.test/x/y: not JSON"):
        page(body).json()


def test_xml(page: MakePage) -> None:
    root = page("<r xmlns='u:x'><e>1</e></r>", kind="text/xml").xml()
    assert root.tag == "{u:x}r"
    with pytest.raises(ContentError, match=r"https://a\.test/x/y: not well-formed"):
        page("<r>").xml()


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("//a/@href", ["1", "2"]),
        ("string(//h1)", ["Kniha č"]),
        ("count(//a)", [2.0]),
        ("//b", []),
        ("1=1", [True]),
    ],
)
def test_xpath(page: MakePage, expression: str, wanted: list[Any]) -> None:
    made = page("<meta charset=iso-8859-2><h1>Kniha č</h1><a href=1><a href=2>".encode("iso-8859-2"))
    assert made.xpath(expression) == wanted


def test_xpath_of_an_empty_page(page: MakePage) -> None:
    with pytest.raises(ContentError, match="empty"):
        page("").xpath("//a")


def test_nothing_is_parsed_before_it_is_asked_for(page: MakePage) -> None:
    made = page("<p>x")
    assert made._tree is None
    assert made.tree is made.tree
    assert made.source is made.source


def test_one_link_made_absolute(page: MakePage) -> None:
    made = page('<base href="/b/">')
    assert made.absolute("c?d#e") == "https://a.test/b/c?d"
    for href in ("mailto:x@a.test", "http://[", "javascript:void(0)"):
        with pytest.raises(ContentError, match="does not lead to the web"):
            made.absolute(href)
