"""What is on the pages of the magazine."""

import struct
import zlib
from datetime import datetime

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.demo import DemoSite


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> LexborHTMLParser:
    async with client.get(path) as response:
        assert response.status == status
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        return LexborHTMLParser(await response.read())


def hrefs(tree: LexborHTMLParser, selector: str) -> list[str | None]:
    return [node.attributes["href"] for node in tree.css(selector)]


def text(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    assert node is not None, selector
    return node.text(strip=True)


async def test_the_front_page_leads_everywhere(client: aiohttp.ClientSession) -> None:
    tree = await page(client, "/")
    assert hrefs(tree, ".articles a") == [f"articles/{number}" for number in range(45, 35, -1)]
    sections = {"/articles", "/tags", "/authors", "/redirects", "/trouble", "/login", "/members/", "/wall/"}
    resources = {"/private/", "/api/articles", "/feed.xml", "/feed.atom", "/sitemap.xml", "/robots.txt"}
    assert set(hrefs(tree, "main a")) >= sections | resources


async def test_an_article_has_every_field(client: aiohttp.ClientSession) -> None:
    tree = await page(client, "/articles/7")
    assert text(tree, "h1") == text(tree, "title")
    assert hrefs(tree, "a.author")[0] == "/authors/hugo-lake"
    assert text(tree, "a.author") == "Hugo Lake"
    assert text(tree, ".price") == "€ 6.20"
    time = tree.css_first("time[datetime]")
    assert time is not None
    assert datetime.fromisoformat(time.attributes["datetime"] or "").tzinfo is not None
    assert hrefs(tree, ".tags a") == ["/tags/bridges", "/tags/weather", "/tags/winters"]
    assert hrefs(tree, "a[rel=prev]") == ["6"]
    assert hrefs(tree, "a[rel=next]") == ["../articles/8"]
    assert hrefs(tree, ".related a")
    assert tree.css_first("article img[src='../images/7.png']") is not None


async def test_articles_are_of_different_length(client: aiohttp.ClientSession) -> None:
    sizes = []
    for number in range(1, 46):
        tree = await page(client, f"/articles/{number}")
        sizes.append(sum(len(node.text()) for node in tree.css(".body p")))
    assert 2_000 <= min(sizes) < 4_000
    assert 9_000 < max(sizes) <= 12_000


async def test_links_take_every_relative_form(client: aiohttp.ClientSession) -> None:
    found = {href for n in range(1, 46) for href in hrefs(await page(client, f"/articles/{n}"), ".related a")}
    forms = {(href or "").rstrip("0123456789") for href in found if href and not href.endswith("#comments")}
    assert forms == {"", "./", "../articles/", "/articles/"}
    assert any(href and href.endswith("#comments") for href in found)


async def test_first_and_last_article_lead_one_way_only(client: aiohttp.ClientSession) -> None:
    assert hrefs(await page(client, "/articles/1"), "a[rel=prev]") == []
    assert hrefs(await page(client, "/articles/45"), "a[rel=next]") == []


@pytest.mark.parametrize(
    ("path", "shown", "older", "newer"),
    [
        ("/articles", 20, ["?page=2"], []),
        ("/articles?page=1", 20, ["?page=2"], []),
        ("/articles?page=2", 20, ["?page=3"], ["/articles"]),
        ("/articles?page=3", 5, [], ["?page=2"]),
    ],
)
async def test_lists_have_twenty_to_a_page(
    client: aiohttp.ClientSession, path: str, shown: int, older: list[str], newer: list[str]
) -> None:
    tree = await page(client, path)
    assert len(tree.css(".articles a")) == shown
    assert hrefs(tree, ".next a[rel=next]") == older
    assert hrefs(tree, "a[rel=prev]") == newer


async def test_tags_and_authors_list_their_articles(client: aiohttp.ClientSession) -> None:
    tagged = await page(client, "/tags/bridges")
    assert "../articles/7" in hrefs(tagged, ".articles a")
    written = await page(client, "/authors/hugo-lake")
    assert "../articles/7" in hrefs(written, ".articles a")


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/articles/0",
        "/articles/46",
        "/articles/07",
        "/articles/seven",
        "/articles?page=0",
        "/articles?page=4",
        "/articles?page=two",
        "/tags/nothing",
        "/authors/nobody",
        "/images/46.png",
        "/members/6",
        "/wall/6",
        "/private/4",
        "/sitemap-articles-2.xml",
    ],
)
async def test_what_does_not_exist_is_not_found(client: aiohttp.ClientSession, path: str) -> None:
    assert text(await page(client, path, 404), "h1") == "Not found"


async def test_pictures_are_valid_png_files(client: aiohttp.ClientSession) -> None:
    async with client.get("/images/7.png") as response:
        assert response.content_type == "image/png"
        data = await response.read()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, rest = {}, data[8:]
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        assert zlib.crc32(rest[4 : 8 + length]) == struct.unpack(">I", rest[8 + length : 12 + length])[0]
        chunks[rest[4:8]] = rest[8 : 8 + length]
        rest = rest[12 + length :]
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    assert list(chunks) == [b"IHDR", b"IDAT", b"IEND"]
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (1 + 3 * width)
    assert len(data) < 1_000


async def test_the_stylesheet_is_css(client: aiohttp.ClientSession) -> None:
    async with client.get("/style.css") as response:
        assert (response.status, response.content_type) == (200, "text/css")
        assert "body" in await response.text()


async def test_only_questions_are_answered(site: DemoSite, client: aiohttp.ClientSession) -> None:
    async with client.post("/articles") as response:
        assert response.status == 405
    async with client.head("/articles") as response:
        assert (response.status, await response.read()) == (200, b"")
    assert [(hit.method, hit.status) for hit in site.hits] == [("POST", 405), ("HEAD", 200)]
