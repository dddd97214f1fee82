"""Tests of the plugins, without any network.  Run them:  pytest"""

import asyncio
import sqlite3
from functools import partial
from pathlib import Path

import pytest
from crawler import Batch, Drop
from crawler.testing import PretendWeb, read, virtual

from crawler_example_plugin import Article, ExamplePluginSpider, Save, affordable

LIST = '<p class="articles"><a href="/articles/7">Bees</a> <a href="/articles/8">Ants</a></p>'
BEES = '<h1>Of Bees</h1> <span class="price">€ 4.50</span>'
ANTS = '<h1>Of Ants</h1> <span class="price">€ 190.00</span>'


def test_a_list_leads_to_its_articles() -> None:
    done = read(ExamplePluginSpider().parse, LIST, url="https://site.test/articles")

    assert done.urls == ["https://site.test/articles/7", "https://site.test/articles/8"]


def test_an_article_becomes_an_item() -> None:
    done = read(ExamplePluginSpider().article, BEES, url="https://site.test/articles/7")

    assert done.items == [Article(url="https://site.test/articles/7", title="Of Bees", price=4.5)]


def test_an_article_that_is_too_expensive_is_dropped() -> None:
    article = Article(url="https://site.test/articles/8", title="Of Ants", price=190)

    assert asyncio.run(affordable(article, limit=200)) is article  # a stage is called like any function
    with pytest.raises(Drop, match="too expensive"):
        asyncio.run(affordable(article))


def test_articles_are_saved_once(tmp_path: Path) -> None:
    save = Save(str(tmp_path / "articles.db"))
    save.open()
    for _ in range(2):
        save(Batch([Article(url="https://site.test/articles/7", title="Of Bees")]))
    save.close()

    assert saved(tmp_path) == [("Of Bees", None)]


def test_a_whole_crawl_of_a_pretend_web(tmp_path: Path) -> None:
    web = PretendWeb()
    web.page("https://site.test/", LIST)
    web.page("https://site.test/articles/7", BEES)
    web.page("https://site.test/articles/8", ANTS)
    spider = ExamplePluginSpider()
    spider.start = ["https://site.test/"]
    spider.pipeline = [affordable, partial(Save, path=str(tmp_path / "articles.db"))]

    # Time is pretended too: a minute of rest after each page costs nothing.
    crawled = virtual(spider, web, politeness={"delay": 60})

    assert [article.title for article in crawled.items] == ["Of Bees"]
    assert saved(tmp_path) == [("Of Bees", 4.5)]


def saved(folder: Path) -> list[tuple[str, float | None]]:
    database = sqlite3.connect(folder / "articles.db")
    rows = database.execute("SELECT title, price FROM articles").fetchall()
    database.close()
    return rows
