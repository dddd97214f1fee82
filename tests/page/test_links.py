"""What on a page is a link, kind by kind, and what the page itself says of its links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from crawler.errors import SpiderError
from crawler.model import LINK_KINDS, TO_PAGES, Links, Request, Response
from crawler.page import Directives, Page

MakePage = Callable[..., Page]

HTML = """<!doctype html><html><head><base href="/b/">
<meta http-equiv=Refresh content="5; url=refreshed">
<meta http-equiv=refresh content="5; url=too-late">
<link rel="NEXT nofirst" href=next><link rel=prev href=prev><link rel=previous href=previous><link rel=next>
<link rel=canonical href=canonical><link rel="alternate" hreflang=de href=de>
<link rel="alternate stylesheet" href=dark.css><link rel=stylesheet href=style.css>
<link rel=alternate type="application/rss+xml" href=feed></head><body>
<a href=one>1</a><map><area href=area><AREA HREF=area2></map>
<iframe src="//other.test/frame"></iframe><iframe></iframe><a name=none></a>
<link rel=canonical href=comment><link rel=next href=comment><meta http-equiv=refresh content="0; comment">
<picture><source srcset="p1.png 1x, p2.png 2x"><img src=p.png srcset=", p.png, p3.png 100w"></picture>
<video><source src=film srcset=no.png></video><img alt=x>
<a href=two rel=next>2</a></body></html>"""

BY_KIND = {
    "a": ["one", "two"],
    "area": ["area", "area2"],
    "frame": ["//other.test/frame"],
    "refresh": ["refreshed"],
    "pagination": ["next", "prev", "previous"],
    "canonical": ["canonical"],
    "alternate": ["de", "feed"],
    "image": ["p1.png", "p2.png", "p.png", "p3.png"],
}


@pytest.mark.parametrize("kind", LINK_KINDS)
def test_each_kind_of_links(page: MakePage, kind: Any) -> None:
    made = page(HTML)
    followed = made.follow(kinds=[kind])
    assert (followed.base, list(followed.hrefs)) == ("https://a.test/b/", BY_KIND[kind])
    base = "https:" if kind == "frame" else "https://a.test/b/"
    assert made.links(kinds=[kind]) == [base + href for href in BY_KIND[kind]]


def test_kinds_are_taken_one_by_one_and_those_to_pages_unasked(page: MakePage) -> None:
    made = page(HTML)
    assert list(made.follow().hrefs) == [href for kind in TO_PAGES for href in BY_KIND[kind]]
    assert list(made.follow(kinds=["image", "a"]).hrefs) == [*BY_KIND["image"], *BY_KIND["a"]]
    assert list(made.follow(kinds=[]).hrefs) == []
    assert list(made.follow("a[href]").hrefs) == BY_KIND["a"]


def test_data_is_made_of_the_element_of_each_link(page: MakePage) -> None:
    links = page(HTML).follow(kinds=["image", "refresh"], data=lambda node: node.tag)
    assert list(zip(links.hrefs, links.data, strict=True)) == [
        ("p1.png", "source"),
        ("p2.png", "source"),
        ("p.png", "img"),
        ("p.png", "img"),
        ("p3.png", "img"),
        ("refreshed", "meta"),
    ]


def test_frames_of_a_frameset(page: MakePage) -> None:
    made = page("<frameset><frame src=left><FRAME SRC=right><frame></frameset>")
    assert made.links() == ["https://a.test/x/left", "https://a.test/x/right"]


@pytest.mark.parametrize(
    ("head", "urls"),
    [
        ("<meta http-equiv=refresh content=5>", []),
        ("<meta http-equiv=refresh>", []),
        ("<meta http-equiv=refresh content='5; url=mailto:x@a.test'>", []),
        (
            "<meta http-equiv=refresh content=nonsense><meta http-equiv=refresh content='0;z'>",
            ["https://a.test/x/z"],
        ),
        ("<meta http-equiv=refresh content=5><meta http-equiv=refresh content='0;z'>", []),
        ("<noscript><meta http-equiv=refresh content='0;z'></noscript>", ["https://a.test/x/z"]),
        ("<!--<meta http-equiv=refresh content='0;z'>-->", []),
        ("<template><meta http-equiv=refresh content='0;z'></template>", []),
    ],
)
def test_where_a_refresh_leads(page: MakePage, head: str, urls: list[str]) -> None:
    assert page(f"<head>{head}</head>").links(kinds=["refresh"]) == urls


@pytest.mark.parametrize(
    ("head", "canonical"),
    [
        ("", None),
        ("<link rel=canonical>", None),
        ("<link rel=canonical href=''>", None),
        ("<link rel=canonical href='mailto:x@a.test'>", None),
        ("<link rel=canonical href='http://['>", None),
        ("<link rel='x CANONICAL' href='../z?a=1#top'>", "https://a.test/z?a=1"),
        (
            "<link rel=canonical href><link rel=canonical href=z><link rel=canonical href=y>",
            "https://a.test/x/z",
        ),
        ("<base href='//b.test'><link rel=canonical href=z>", "https://b.test/z"),
        ("</head><body><link rel=canonical href=z>", None),
    ],
)
def test_the_url_that_a_page_names_as_its_own(page: MakePage, head: str, canonical: str | None) -> None:
    assert page(f"<head>{head}").canonical == canonical


def test_what_is_asked_for_in_two_ways_or_is_no_kind(page: MakePage) -> None:
    made = page(HTML)
    with pytest.raises(SpiderError, match="not by both"):
        made.follow("a", kinds=["a"])
    with pytest.raises(SpiderError, match="no kind of links 'img': a, area"):
        made.links(kinds=["img"])  # type: ignore[list-item]
    with pytest.raises(SpiderError, match="needs a selector"):
        made.follow(attr="data-url")


@pytest.mark.parametrize(
    ("body", "nofollow"),
    [
        ("<a href=1>", []),
        ("<a href=1 rel=nofollow>", ["1"]),
        ("<a href=1 rel='external NoFollow ugc'><a href=2 rel=ugc><a href=3 rel>", ["1"]),
        ("<A HREF=1 REL=NOFOLLOW>", ["1"]),
        ("<a href=1 rel=no&#102;ollow>", ["1"]),
        ("<a href=1 rel=nofollowing>", []),
        ("<map><area href=1 rel=nofollow>", ["1"]),
        ("<a href=2 rel=nofollow><a href=1 rel=nofollow><a href=2 rel=nofollow>", ["2", "1"]),
        ("<a href=1 rel=nofollow><a href=1>", []),
        ("<a href=1><a href=1 rel=nofollow>", []),
        ("<a href=1 rel=nofollow><map><area href=1>", []),
        ("<a rel=nofollow>", []),
    ],
)
@pytest.mark.parametrize("data", [None, "d"])
def test_links_that_are_marked_wherever_they_stand(
    page: MakePage, body: str, nofollow: list[str], data: Any
) -> None:
    made = page(body)
    for links in (made.follow(data=data), made.follow("a, area", data=data)):
        assert list(links.nofollow) == nofollow
        assert links.nofollow_for == ()
        assert set(links.nofollow) <= set(links.hrefs)


def answer(headers: Any, body: str, kind: str = "text/html") -> Page:
    return Page(
        Response(
            Request("https://a.test/"), 200, CIMultiDict([("Content-Type", kind), *headers]), body.encode()
        )
    )


TAG = "X-Robots-Tag"


@pytest.mark.parametrize(
    ("headers", "head", "told"),
    [
        ([], "", ()),
        ([], "<meta name=robots content='index, follow'>", ()),
        ([], "<meta name=ROBOTS content=NOFOLLOW>", ("*",)),
        ([], "<meta name=robots content=none>", ("*",)),
        ([], "<meta name=AioCrawl content='nofollow'>", ("aiocrawl",)),
        ([], "<meta name=' robots ' content='noindex, nofollow'><meta name=x content=nofollow>", ("*", "x")),
        ([], "<meta name=description content='none of it'><meta property=robots content=none>", ()),
        ([], "<noscript><meta name=robots content=nofollow></noscript>", ("*",)),
        ([], "</head><body><meta name=robots content=nofollow>", ()),
        ([(TAG, "noindex")], "", ()),
        ([(TAG, "nofollow")], "", ("*",)),
        ([(TAG, "noindex"), ("x-robots-tag", "a: none"), (TAG, "b: nofollow")], "", ("a", "b")),
        ([(TAG, "a: none")], "<meta name=robots content=nofollow>", ("a", "*")),
    ],
)
def test_crawlers_that_a_page_asks_to_follow_nothing(headers: Any, head: str, told: tuple[str, ...]) -> None:
    links = answer(headers, f"<head>{head}<body><a href=1>").follow()
    assert links.nofollow_for == told
    assert links.nofollow == ()


def test_what_a_page_asks_of_whom() -> None:
    page = answer([(TAG, "noarchive"), (TAG, "aiocrawl: nofollow")], "<meta name=robots content=noindex>")
    assert page.robots == Directives(index=False, archive=False)
    assert page.robots_for("AioCrawl") == Directives(index=False, follow=False, archive=False)
    assert answer([], "<p>").robots == Directives()


def test_headers_count_for_what_is_no_markup_too() -> None:
    page = answer([(TAG, "noindex")], "<meta name=robots content=nofollow>", kind="image/png")
    assert page.robots == Directives(index=False)


def test_headers_of_a_plain_mapping_count() -> None:
    page = Page(Response(Request("https://a.test/"), 200, {TAG: "nofollow"}, b""))
    assert not page.robots.follow


def test_elements_may_go_between_two_questions(page: MakePage) -> None:
    made = page(HTML)
    before = made.links()
    for node in made.css("head meta, head link, area, iframe"):
        node.decompose()
    assert len(before) == 9
    assert made.links() == ["https://a.test/b/one", "https://a.test/b/two"]
    assert made.canonical is None


def test_a_head_without_end_is_read_to_some_point(page: MakePage) -> None:
    last = "<meta name=robots content=nofollow>"
    assert page("<meta name=x content=y>" * 900 + last).follow().nofollow_for == ("*",)
    assert page("<meta name=x content=y>" * 2_000 + last).follow().nofollow_for == ()
    images = page("<img srcset='" + "x 1x," * 2_000 + "'>").follow(kinds=["image"], data="d")
    assert len(images.hrefs) == 1_000


TAGS = st.sampled_from(
    [
        "<a href=1>",
        "<a href=2 rel=nofollow>",
        "<area href=3>",
        "<iframe src=4></iframe>",
        "<img src=5 srcset='6 1x, 7'>",
        "<meta http-equiv=refresh content='0;8'>",
        "<link rel=next href=9>",
        "<base href=b/>",
        "</head>",
        "<template>",
        "<p>",
        "<link rel=canonical href=c>",
        "<meta name=robots content=nofollow>",
        "<frameset>",
        "<frame src=f>",
        "<svg>",
        "<select>",
    ]
)


@given(st.lists(TAGS, max_size=12).map("".join))
def test_follow_and_links_agree_on_any_page(html: str) -> None:
    page = Page(Response(Request("https://a.test/x/y"), 200, {"Content-Type": "text/html"}, html.encode()))
    for kind in LINK_KINDS:
        followed: Links = page.follow(kinds=[kind])
        assert [page.absolute(href) for href in followed.hrefs] == page.links(kinds=[kind])
        assert set(followed.nofollow) <= set(followed.hrefs)
    assert set(page.links("a, area")) <= set(page.links())
