"""A spider made of rules."""

from __future__ import annotations

from typing import Any

import pytest

from crawler.errors import ConfigError
from crawler.extract import Field, FollowRule, PageKind, RuleSpider
from crawler.model import Dropped, Links, Request, Response
from crawler.model.items import item_name
from crawler.page import Page

HTML = """<title>Books</title><ul>
<li class=book><h2>One</h2><b>3</b><a href=/book/1>1</a></li>
<li class=book><h2>Two</h2><a href=/book/2#x>2</a></li>
<li class=book><b>5</b></li></ul><a class=next href="?page=2">next</a><a href="/about">about</a>"""

BOOK = PageKind(
    "book",
    each=".book",
    fields={"title": Field("h2", required=True), "stars": Field("b", type="number", default=0)},
)


def page(body: str = HTML, url: str = "https://a.test/list", kind: str = "text/html") -> Page:
    return Page(Response(Request(url), 200, {"Content-Type": kind}, body.encode()))


async def read(spider: RuleSpider, of: Page) -> list[Any]:
    return [output async for output in spider.parse(of)]


async def test_one_item_for_each_element_and_what_is_lacking() -> None:
    outputs = await read(RuleSpider(kinds=[BOOK]), page())
    assert outputs == [
        {"url": "https://a.test/list", "title": "One", "stars": 3.0},
        {"url": "https://a.test/list", "title": "Two", "stars": 0},
        Dropped("book", "no 'title'"),
    ]
    assert item_name(outputs[0]) == "book"


async def test_one_item_a_page_without_anything_said() -> None:
    assert await read(RuleSpider(), page()) == [{"url": "https://a.test/list", "title": "Books"}]


async def test_several_kinds_say_which_they_are() -> None:
    spider = RuleSpider(kinds=[BOOK, PageKind("shop", match=r"/list$"), PageKind("other", match="/other")])
    outputs = await read(spider, page())
    assert [output["kind"] for output in outputs if isinstance(output, dict)] == ["book", "book", "shop"]


async def test_lists_are_empty_rather_than_missing() -> None:
    kind = PageKind(
        "x", fields={"all": Field("h6", many=True), "other": Field("h6", many=True, default=["d"])}
    )
    assert await read(RuleSpider(kinds=[kind]), page()) == [
        {"url": "https://a.test/list", "all": [], "other": ["d"]}
    ]


async def test_links_to_follow() -> None:
    rules = [FollowRule(".next", priority=2), FollowRule(match=r"/book/\d+$")]
    first, second = await read(RuleSpider(rules, kinds=[]), page())
    assert isinstance(first, Links)
    assert (list(first.hrefs), first.priority, first.callback) == (["?page=2"], 2, "parse")
    assert list(second.hrefs) == ["/book/1", "/book/2#x"]


async def test_kinds_of_links_to_follow() -> None:
    body = "<head><link rel=canonical href=/c><body><a href=1 rel=nofollow><a href=2><img src=3.png>"
    rules = [
        FollowRule(),
        FollowRule(kinds=["canonical", "image"], priority=1),
        FollowRule(kinds=["a", "image"], match=r"/[13]"),
    ]
    every, named, matched = await read(RuleSpider(rules, kinds=[]), page(body))
    assert (list(every.hrefs), list(every.nofollow)) == (["1", "2"], ["1"])
    assert (list(named.hrefs), named.priority) == (["/c", "3.png"], 1)
    assert (list(matched.hrefs), list(matched.nofollow)) == (["1", "3.png"], ["1"])


@pytest.mark.parametrize("kind", ["application/json", "image/png", "text/plain"])
async def test_what_is_no_html_gives_nothing(kind: str) -> None:
    assert await read(RuleSpider([FollowRule()]), page(kind=kind)) == []


@pytest.mark.parametrize(
    ("follow", "kinds", "path"),
    [
        ([FollowRule(), FollowRule("a[")], [], "follow.1.css"),
        ([], [PageKind("book", each="a[")], "pages.book.each"),
        ([], [PageKind("book", fields={"t": Field("a[")})], "pages.book.fields.t.css"),
    ],
)
def test_a_wrong_selector_is_found_before_the_crawl(
    follow: list[FollowRule], kinds: list[PageKind], path: str
) -> None:
    with pytest.raises(ConfigError) as error:
        RuleSpider(follow, kinds)
    assert error.value.problems[0].path == path
