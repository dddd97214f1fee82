"""What docs/articles.md shows can be done as it stands there."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from crawler_articles import Article, Articles, Extract, Save, Unique
from crawler_articles.table import COLUMNS

from crawler import Batch, Crawl
from crawler.demo.catalogue import Catalogue
from crawler.settings import load
from crawler.testing import PretendWeb

DOC = (Path(__file__).parents[2] / "docs" / "articles.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def page(language: str, number: int) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in Catalogue(9).article(number).body())
    return f'<html lang="{language}"><article><h1>Article {number}</h1>{text}</article></html>'


async def test_a_pipeline_of_ones_own(
    pretend_web: PretendWeb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for code in blocks("python"):
        (tmp_path / code.splitlines()[0].removeprefix("# ")).write_text(code)
    config = tmp_path / "news.yaml"
    config.write_text(blocks("yaml")[1] + "politeness: {delay: 0}\n")
    pretend_web.page(
        "https://example.com/news",
        '<article><a href="/de">1</a><a href="/en">2</a></article><a href="/x">3</a>',
    )
    pretend_web.page("https://example.com/de", page("de-AT", 1))
    pretend_web.page("https://example.com/en", page("en", 2))
    async with Crawl(settings=load(config), fetcher=pretend_web) as crawl:
        stats = await crawl.wait()
    assert stats.dropped == {("Article", "other language"): 1}
    assert not pretend_web.asked("https://example.com/x")
    with closing(sqlite3.connect(tmp_path / "out" / "german.db")) as connection:
        found = connection.execute("SELECT url, title FROM articles").fetchall()
    assert found == [("https://example.com/de", "Article 1")]


def test_the_first_configuration_is_right(tmp_path: Path) -> None:
    config = tmp_path / "news.yaml"
    config.write_text(blocks("yaml")[0])
    assert load(config).limits.pages == 1000


def test_the_questions_can_be_asked(tmp_path: Path) -> None:
    save = Save(str(tmp_path / "articles.db"))
    save.open()
    save(Batch([Article(url="a", title="Mill", text="The engine in the harbour.", fingerprint="0" * 16)]))
    save.close()
    with closing(sqlite3.connect(tmp_path / "articles.db")) as connection:
        search, count = (connection.execute(question) for question in blocks("sql")[0].split(";")[:2])
        assert search.fetchall() == [("Mill", "a", "The [engine] in the [harbour].")]
        assert count.fetchall() == [(None, "", 1)]


@pytest.mark.parametrize("code", [Articles, Extract, Unique, Save])
def test_every_parameter_is_told(code: type) -> None:
    names = Articles.parameters() if code is Articles else code.__init__.__annotations__  # type: ignore[misc]
    for name in set(names) - {"return"}:
        assert f"\n| `{name}` |" in DOC


def test_every_column_is_told() -> None:
    table = DOC.partition("Table `articles`:")[2].partition("`articles_fts`")[0]
    assert set(re.findall(r"`(\w+)`", table)) - {"en"} == {"id", *COLUMNS}
