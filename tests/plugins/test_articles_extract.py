"""From pages to articles: the spider that hands pages on, and the stage that extracts."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import aiohttp
import pytest
from crawler_articles import Article, Articles, Extract, RawPage
from crawler_articles.fingerprint import fingerprint

from crawler import Drop
from crawler.demo import serve
from crawler.errors import ParameterError, PluginError
from crawler.registry import find_spider
from crawler.testing import read

URL = "https://news.test/1"
PARAGRAPHS = "".join(
    f"<p>In the {number}th week the river rose again, and the people of the village carried what they had "
    "up the hill, where the school stands, and waited there for the water to go down.</p>"
    for number in range(4, 12)
)


def document(head: str = "", opening: str = '<html lang="en-GB">', body: str = PARAGRAPHS) -> str:
    article = f"<article><h1>High water</h1>{body}</article>"
    return f"<!DOCTYPE html>{opening}<head>{head}</head><body>{article}</body></html>"


def extracted(html: str, language: str = "", **params: object) -> Article:
    extract = Extract(**params)  # type: ignore[arg-type]
    extract.open()
    return extract(RawPage(url=URL, html=html, language=language))


def test_what_a_page_says() -> None:
    html = document(
        '<title>High water | The News</title><meta name="author" content="Ann Lee">'
        '<meta property="og:site_name" content="The News"><meta name="description" content="The river rose.">'
        '<meta property="article:published_time" content="2024-03-05T08:00:00+01:00">',
        body=f'{PARAGRAPHS}<section id="comments"><p>First comment of all, for all to see!</p></section>',
    )
    article = extracted(html)
    assert article.url == URL
    assert article.title == "High water"
    assert article.author == "Ann Lee"
    assert article.date == datetime.date(2024, 3, 5)
    assert article.language == "en"
    assert article.site == "The News"
    assert article.description == "The river rose."
    assert "In the 4th week the river rose again" in article.text
    assert "In the 11th week" in article.text
    assert "First comment" not in article.text
    assert article.fingerprint == fingerprint(article.text)


def test_what_a_page_does_not_say_is_empty() -> None:
    article = extracted(document(opening="<html>"))
    assert (article.author, article.date, article.language, article.description) == ("", None, "", "")
    assert article.site == "news.test"


@pytest.mark.parametrize(
    ("opening", "head", "header", "expected"),
    [
        ('<html lang="de">', "", "", "de"),
        ('<html lang="zh-Hant-TW">', "", "", "zh"),
        ('<html lang=" FR ">', "", "en", "fr"),
        ("<html>", '<meta http-equiv="Content-Language" content="pl">', "en", "pl"),
        ("<html>", '<meta property="og:locale" content="es_MX">', "en", "es"),
        ("<html>", "", "nds-DE", "nds"),
        ("<html>", "", "de, en", ""),
        ('<html lang="">', "", "it", "it"),
        ('<html lang="english">', "", "", ""),
    ],
)
def test_the_language_is_where_the_page_says_so_first(
    opening: str, head: str, header: str, expected: str
) -> None:
    assert extracted(document(head, opening), header).language == expected


@pytest.mark.parametrize(
    "html",
    [
        "",
        "   ",
        "<html><body></body></html>",
        "<ul>" + "".join(f'<li><a href="/{n}">Article number {n}</a></li>' for n in range(80)) + "</ul>",
        "<html><body><form><input name=q></form><p>Search</p></body></html>",
    ],
)
def test_pages_without_an_article_are_dropped(html: str) -> None:
    with pytest.raises(Drop, match=r"^no article$"):
        extracted(html)


def test_any_page_is_searched_for_text_when_asked_to() -> None:
    items = "".join(f"<li>Entry {number}, which is short</li>" for number in range(40))
    html = f"<html><body><main><h1>A list</h1><ul>{items}</ul></main></body></html>"
    with pytest.raises(Drop):
        extracted(html)
    assert "Entry 39" in extracted(html, any_page=True).text


def test_tables_are_left_out_or_taken_in() -> None:
    table = "<table><tr><th>Level</th><th>Day</th></tr><tr><td>seven metres</td><td>Monday</td></tr></table>"
    html = document(body=f"{PARAGRAPHS}{table}")
    assert "seven metres" in extracted(html).text
    assert "seven metres" not in extracted(html, tables=False).text


def test_a_choice_that_there_is_not() -> None:
    with pytest.raises(PluginError, match="favor must be 'balance', 'precision' or 'recall', not 'speed'"):
        Extract(favor="speed")  # type: ignore[arg-type]


def test_says_what_to_install_when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    extract = Extract()
    with pytest.raises(PluginError, match=r"needs trafilatura: pip install 'aiocrawl\[articles\]'"):
        extract.open()


async def test_the_articles_of_the_demo_site_come_out_as_they_are() -> None:
    extract = Extract()
    extract.open()
    async with serve(30) as site:
        pages = await fetched(site.url, [f"/articles/{number}" for number in range(1, 31)])
        lists = await fetched(site.url, ["/", "/articles", "/articles?page=2", "/tags/rivers", "/login"])
        for number, page in enumerate(pages, start=1):
            article, there = extract(page), site.catalogue.article(number)
            assert article.title == there.title
            assert article.author == there.author_name
            assert article.date == there.published.date()
            assert article.language == "en"
            lines = article.text.splitlines()
            assert [line for line in lines if line in there.body()] == there.body()
        for page in lists:
            with pytest.raises(Drop, match="no article"):
                extract(page)


async def fetched(origin: str, paths: list[str]) -> list[RawPage]:
    async with aiohttp.ClientSession(origin) as session:
        found = []
        for path in paths:
            async with session.get(path) as answer:
                found.append(RawPage(url=origin + path, html=await answer.text()))
        return found


# The spider.


def test_hands_a_page_on_and_follows_its_links() -> None:
    html = '<p>Text</p><a href="/2">Two</a><nav><a href="/3">Three</a></nav>'
    page = read(Articles(), html, url=URL)
    assert page.items == [RawPage(url=URL, html=html)]
    assert page.urls == ["https://news.test/2", "https://news.test/3"]
    assert read(Articles(links="nav a"), html, url=URL).urls == ["https://news.test/3"]


def test_only_pages_that_match_are_handed_on_and_all_are_followed() -> None:
    articles = Articles(match=r"/\d+$")
    assert len(read(articles, '<a href="/2">2</a>', url=URL).items) == 1
    other = read(articles, '<a href="/2">2</a>', url="https://news.test/about")
    assert not other.items
    assert other.urls == ["https://news.test/2"]


def test_what_is_no_html_is_let_be() -> None:
    page = read(Articles(), b"%PDF-1.7", url=URL, content_type="application/pdf")
    assert not page.items
    assert not page.urls


def test_a_page_that_could_hurt_the_parser_is_handed_on_and_not_followed() -> None:
    html = "<p><a href='/2'>2</a>" + "<div>" * 60_000
    page = read(Articles(), html, url=URL)
    assert [item.html for item in page.items] == [html]
    assert not page.urls
    assert [(one.name, one.reason) for one in page.dropped] == [("Links", "parse_guard")]


def test_the_text_is_decoded_as_the_page_says() -> None:
    body = "<p>Größe</p>".encode("latin-1")
    page = read(Articles(), body, url=URL, content_type="text/html; charset=iso-8859-1")
    assert page.items[0].html == "<p>Größe</p>"


def test_a_wrong_regular_expression_is_told_by_its_parameter() -> None:
    with pytest.raises(ParameterError, match="match: '\\(' is not a regular expression") as raised:
        Articles(match="(")
    assert raised.value.parameter == "match"


def test_is_found_by_its_name() -> None:
    assert find_spider("articles", Path()) is Articles
