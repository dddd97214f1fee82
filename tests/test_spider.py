"""Spiders: typed parameters and ways to start."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Callable
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Literal

import pytest

from crawler.errors import ContentError, ParameterError, PluginError, SpiderError
from crawler.model import Links, Request, Response
from crawler.page import Page
from crawler.spider import Spider, crawl_name
from crawler.starts import Sitemap, UrlFile


class Color(Enum):
    RED = "red"


class Shop(Spider):
    start = ("https://a.test/",)
    category: str
    pages: int = 5
    rate: float = 1.0
    tags: list[str] = []  # noqa: RUF012 - a parameter's default
    color: Color = Color.RED
    order: Literal["asc", "desc"] = "asc"
    limit: int | None = None
    kinds: ClassVar[list[str]] = ["book"]
    _secret: str = "x"
    plain = 1


class Books(Shop):
    category: str = "books"
    pages: str = "all"  # type: ignore[assignment]
    extra: bool = False


def test_parameters_are_the_annotated_attributes_of_the_family() -> None:
    assert set(Shop.parameters()) == {"category", "pages", "rate", "tags", "color", "order", "limit"}
    assert set(Books.parameters()) == {*Shop.parameters(), "extra"}
    assert Books.parameters()["pages"] is str
    assert Spider.parameters() == {}


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({}, {"category": "c", "pages": 5, "rate": 1.0, "tags": [], "color": Color.RED}),
        ({"pages": 7, "rate": 2}, {"pages": 7, "rate": 2.0}),
        (
            {"tags": ["a", "b"], "color": "red", "order": "desc"},
            {"tags": ["a", "b"], "color": Color.RED, "order": "desc"},
        ),
        ({"limit": None}, {"limit": None}),
        ({"limit": 3}, {"limit": 3}),
    ],
)
def test_values_are_converted(params: dict[str, Any], wanted: dict[str, Any]) -> None:
    spider = Shop(category="c", **params)
    assert {key: getattr(spider, key) for key in wanted} == wanted
    assert isinstance(spider.rate, float)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, "Shop needs a value for its parameter 'category'"),
        ({"category": 5}, "Shop, parameter 'category': Expected `str`, got `int`"),
        ({"category": "c", "pages": "five"}, "Shop, parameter 'pages': Expected `int`, got `str`"),
        ({"category": "c", "pages": True}, "Shop, parameter 'pages'"),
        (
            {"category": "c", "tags": ["a", 1]},
            r"Shop, parameter 'tags': Expected `str`, got `int` - at `\$\[1\]`",
        ),
        ({"category": "c", "color": "blue"}, "Shop, parameter 'color': Invalid enum value 'blue'"),
        ({"category": "c", "order": "up"}, "Shop, parameter 'order': Invalid enum value 'up'"),
        ({"categry": "c"}, "Shop has no parameter 'categry'; did you mean 'category'?"),
        ({"zzz": "c"}, "Shop has no parameter 'zzz'; it has: category, "),
        ({"category": "c", "kinds": ["x"]}, "Shop has no parameter 'kinds'"),
        ({"category": "c", "_secret": "y"}, "Shop has no parameter '_secret'"),
        ({"category": "c", "plain": 2}, "Shop has no parameter 'plain'"),
        ({"category": "c", "start": []}, "Shop has no parameter 'start'"),
    ],
)
def test_wrong_values(params: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        Shop(**params)


def test_everything_that_is_wrong_is_told() -> None:
    with pytest.raises(ParameterError) as caught:
        Shop(zzz=1, pages="five", rate=2, tags=3)
    assert str(caught.value) == (
        "Shop has no parameter 'zzz'; it has: category, pages, rate, tags, color, order, limit; "
        "Shop, parameter 'pages': Expected `int`, got `str`; "
        "Shop, parameter 'tags': Expected `array`, got `int`"
    )
    assert caught.value.parameter == ""
    with pytest.raises(ParameterError, match=r"^Shop needs .* 'category'; Shop, parameter 'pages': Expected"):
        Shop(pages="five")


class Session:
    """What a program may hand to a spider, and a configuration cannot."""


class Saving(Spider):
    folder: Path
    more: dict[str, list[PurePosixPath]] = {}  # noqa: RUF012 - a parameter's default
    other: Path | None = None
    session: Session | None = None
    wanted: Callable[[str], bool] = bool


def test_text_becomes_a_path() -> None:
    spider = Saving(folder="a/b", more={"x": ["c"]}, other="d", session=(session := Session()), wanted=any)
    assert (spider.folder, spider.other) == (Path("a/b"), Path("d"))
    assert spider.more == {"x": [PurePosixPath("c")]}
    assert (spider.session, spider.wanted) == (session, any)
    assert Saving(folder=Path("a")).folder == Path("a")
    with pytest.raises(ParameterError, match="'folder': Expected `Path`, got `int`"):
        Saving(folder=5)
    with pytest.raises(ParameterError, match="'session': Expected `Session`, got `str`"):
        Saving(folder="a", session="x")


def test_a_spider_without_parameters_says_so() -> None:
    with pytest.raises(PluginError, match="it has: none"):
        Spider(anything=1)


def test_a_child_has_a_default_where_the_parent_had_none() -> None:
    assert Books().category == "books"
    assert Books(pages="9").pages == "9"


def test_values_belong_to_the_object() -> None:
    Shop(category="c", pages=9)
    assert Shop(category="c").pages == 5


def test_an_annotation_that_cannot_be_read_is_named() -> None:
    class Typo(Spider):
        depth: Intt = 3  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(PluginError, match="Typo: an annotation cannot be read: name 'Intt' is not defined"):
        Typo()


class Named(Spider):
    name = "my-crawl"


def test_names() -> None:
    assert crawl_name(Shop(category="c")) == "shop"
    assert crawl_name(Named()) == "my-crawl"


async def starts(spider: Spider) -> list[Any]:
    return [start async for start in spider.starts()]


async def test_starts_from_a_list() -> None:
    spider = Spider()
    request = Request("https://a.test/2", method="POST")
    spider.start = ["https://a.test/1", request]
    assert await starts(spider) == ["https://a.test/1", request]


async def test_one_string_is_one_start() -> None:
    spider = Spider()
    spider.start = "https://a.test/"
    assert await starts(spider) == ["https://a.test/"]


async def test_no_start() -> None:
    assert await starts(Spider()) == []


async def test_starts_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "urls.txt"
    path.write_text(
        "\ufeff# all\nhttps://a.test/1\n\n  https://a.test/2  \r\n#https://a.test/3\nhttps://a.test/\u00fc",
        "utf-8",
    )
    spider = Spider()
    spider.start = UrlFile(path)
    assert await starts(spider) == ["https://a.test/1", "https://a.test/2", "https://a.test/\u00fc"]


@pytest.mark.parametrize("name", ["missing.txt", ""])
async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    spider = Spider()
    spider.start = UrlFile(tmp_path / name)
    with pytest.raises(SpiderError, match="start URLs cannot be read from"):
        await starts(spider)


async def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "urls.bin"
    path.write_bytes(b"\xff\xfe\x00")
    spider = Spider()
    spider.start = UrlFile(str(path))
    with pytest.raises(SpiderError, match=r"urls\.bin"):
        await starts(spider)


class Own(Spider):
    async def starts(self) -> AsyncIterator[str | Request]:
        for number in range(3):
            yield f"https://a.test/{number}"


async def test_starts_of_ones_own() -> None:
    assert await starts(Own()) == [f"https://a.test/{number}" for number in range(3)]


async def sitemap(body: bytes) -> list[tuple[str, str]]:
    page = Page(Response(Request("https://a.test/sitemap.xml"), 200, {}, body))
    followed = [links async for links in Spider().sitemap(page) if isinstance(links, Links)]
    return [(url, links.callback) for links in followed for url in links.hrefs]


async def test_starts_from_a_sitemap() -> None:
    spider = Spider()
    spider.start = Sitemap("https://a.test/sitemap.xml")
    (start,) = await starts(spider)
    assert (start.url, start.callback) == ("https://a.test/sitemap.xml", "sitemap")


SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
URLS = f"<urlset xmlns='{SPACE}'><url><loc> https://a.test/1\n</loc></url><url><loc/></url><url/></urlset>"
INDEX = f"<x:sitemapindex xmlns:x='{SPACE}'><x:sitemap><x:loc>https://a.test/s.xml.gz</x:loc></x:sitemap></x:sitemapindex>"


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (URLS.encode(), [("https://a.test/1", "parse")]),
        (gzip.compress(URLS.encode()), [("https://a.test/1", "parse")]),
        (INDEX.encode(), [("https://a.test/s.xml.gz", "sitemap")]),
        (b"<urlset><url><loc>https://a.test/2</loc></url></urlset>", [("https://a.test/2", "parse")]),
        (f"<urlset xmlns='{SPACE}'/>".encode(), []),
    ],
)
async def test_sitemaps(body: bytes, wanted: list[tuple[str, str]]) -> None:
    assert await sitemap(body) == wanted


async def test_a_sitemap_that_is_none() -> None:
    with pytest.raises(ContentError, match="the root element <html> is none of"):
        await sitemap(b"<html><p>not found")
