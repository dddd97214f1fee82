"""Whole crawls for articles: in virtual time, by the configuration that comes along, and killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import pytest
import yaml
from crawler_articles import Article, Articles, Extract, Save, Unique

from crawler import Crawl
from crawler.demo import serve
from crawler.demo.catalogue import Catalogue
from crawler.errors import PluginError
from crawler.observe import Stats
from crawler.settings import Settings, from_mapping, load
from crawler.testing import PretendWeb, virtual

CONFIG = Path(__file__).parents[2] / "configs" / "articles.yaml"
ORIGIN = "https://news.test"
LINKS = "".join(f'<li><a href="/{name}">{name}</a></li>' for name in ("one", "two", "copy", "list"))
BODY = [Catalogue(3).article(number).body() for number in (1, 2)]


def page(paragraphs: list[str], title: str) -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<html lang="en"><article><h1>{title}</h1>{text}</article></html>'


@pytest.fixture
def web(pretend_web: PretendWeb) -> PretendWeb:
    pretend_web.page(f"{ORIGIN}/", f"<ul>{LINKS}</ul>")
    pretend_web.page(f"{ORIGIN}/one", page(BODY[0], "One"))
    pretend_web.page(f"{ORIGIN}/two", page(BODY[1], "Two"))
    pretend_web.page(f"{ORIGIN}/copy", page(["Seen elsewhere.", *BODY[0]], "Copy"), latency=5)
    pretend_web.page(f"{ORIGIN}/list", f"<ul>{LINKS}</ul>")
    return pretend_web


def rows(path: Path) -> list[tuple[str, ...]]:
    """Return path, title, author and date of the articles in a database, in order of their numbers."""
    if not path.exists():
        return []
    question = "SELECT url, title, author, date FROM articles ORDER BY length(url), url"
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("PRAGMA table_info(articles)").fetchall():
            return []
        return [("/".join(row[0].split("/")[3:]), *row[1:]) for row in connection.execute(question)]


def published(articles: int) -> list[tuple[str, ...]]:
    """Return what the database is to hold of a demo site."""
    there = [Catalogue(articles).article(number) for number in range(1, articles + 1)]
    return [
        (f"articles/{one.number}", one.title, one.author_name, one.published.date().isoformat())
        for one in there
    ]


def test_each_text_comes_out_once(web: PretendWeb) -> None:
    spider = Articles()
    spider.start = [f"{ORIGIN}/"]
    crawled = virtual(spider, web)
    assert {(item.url, item.title) for item in crawled.items} == {
        (f"{ORIGIN}/one", "One"),
        (f"{ORIGIN}/two", "Two"),
    }
    assert crawled.stats.dropped == {("RawPage", "no article"): 2, ("Article", "near-duplicate"): 1}


def test_a_later_crawl_knows_what_was_saved(web: PretendWeb, tmp_path: Path) -> None:
    path = tmp_path / "articles.db"
    spider = Articles()
    spider.start = [f"{ORIGIN}/"]
    spider.pipeline = [
        partial(Extract, any_page=False),
        partial(Unique, known=str(path)),
        partial(Save, path=str(path)),
    ]
    virtual(spider, web)
    assert [row[:2] for row in rows(path)] == [("one", "One"), ("two", "Two")]

    web.page(f"{ORIGIN}/one", page(["News.", *BODY[0]], "One, changed"))
    spider.start = [f"{ORIGIN}/copy", f"{ORIGIN}/one"]
    crawled = virtual(spider, web)
    assert crawled.stats.dropped == {("Article", "near-duplicate"): 1}
    assert [row[:2] for row in rows(path)] == [("one", "One, changed"), ("two", "Two")]


async def crawled(settings: Settings) -> tuple[list[Article], Stats]:
    async with Crawl(settings=settings, overwrite=True) as crawl:
        articles = [article async for article in crawl.items(Article)]
        return articles, await crawl.wait()


async def test_the_configuration_keeps_the_articles_of_the_demo_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In processes and threads, as the command runs it. The second time the site has another port."""
    monkeypatch.chdir(tmp_path)
    found, stats = await crawled(load(CONFIG))
    assert len(found) == 60
    assert {name for name, _ in stats.dropped} == {"RawPage"}
    assert rows(tmp_path / "out" / "articles.db") == published(60)

    found, stats = await crawled(load(CONFIG))
    assert found == []
    assert stats.dropped["Article", "near-duplicate"] == 60
    assert rows(tmp_path / "out" / "articles.db") == published(60)


async def test_a_site_that_is_crawled_again_gives_the_same_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    values = yaml.safe_load(CONFIG.read_text())
    async with serve(20) as site:
        settings = from_mapping(values | {"start": site.url, "fetch": {"allow": ["127.0.0.1"]}})
        for _ in range(2):
            found, stats = await crawled(settings)
            assert len(found) == 20
            assert ("Article", "near-duplicate") not in stats.dropped
            assert rows(tmp_path / "out" / "articles.db") == published(20)


async def test_a_missing_library_is_told_when_the_crawl_is_opened(
    web: PretendWeb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trafilatura.py").write_text("raise ImportError('not here')")
    monkeypatch.syspath_prepend(tmp_path)  # type: ignore[no-untyped-call, unused-ignore]
    spider = Articles()
    spider.start = [f"{ORIGIN}/"]
    with pytest.raises(PluginError, match=r"needs trafilatura: pip install 'aiocrawl\[articles\]'"):
        async with Crawl(spider, fetcher=web):
            pass
    assert not web.hits


NEEDS = "article-extract needs trafilatura: pip install 'aiocrawl[articles]'"


def without_library(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command where the library is not installed."""
    script = "import sys; sys.modules['trafilatura'] = None; from crawler.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CONFIG.parents[1])},
        capture_output=True,
        text=True,
        timeout=50,
    )


@pytest.mark.parametrize("use", ["articles", "crawler_articles:Articles"])
def test_a_missing_library_is_told_by_check(use: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(f"spider: {use}\nstart: https://a.test/\n")
    done = without_library(tmp_path, "check", "x.yaml")
    assert done.returncode == 4
    assert done.stderr.startswith("x.yaml:1:9: spider: ")
    assert NEEDS in done.stderr


def test_a_missing_library_is_told_in_the_list_of_plugins(tmp_path: Path) -> None:
    told = {line.split()[1]: line for line in without_library(tmp_path, "plugins").stdout.splitlines()}
    assert told["article-extract"].endswith(f"cannot be loaded: {NEEDS}")
    # Who has articles from elsewhere can do without it.
    assert told["article-save"].endswith(" ok")
    assert told["article-unique"].endswith(" ok")


# Killed and started again.


def configured(folder: Path) -> Path:
    """Write the configuration that comes along, slowed down, for a larger site."""
    text = yaml.safe_load(CONFIG.read_text())
    text["start"] = {"demo": {"articles": 150}}
    text["politeness"] = {"delay": "5ms", "per_host": 2}
    text["pipeline"][2] |= {"size": 10, "max_wait": "100ms"}
    path = folder / "articles.yaml"
    path.write_text(yaml.safe_dump(text))
    return path


@contextmanager
def running(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command; it is killed on the way out, unless it has ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", config.name],
        cwd=config.parent,
        env={**os.environ, "PYTHONPATH": str(CONFIG.parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_rows(path: Path, number: int, process: subprocess.Popen[bytes]) -> None:
    until = monotonic() + 30
    while len(rows(path)) < number:
        assert process.poll() is None
        assert monotonic() < until
        sleep(0.01)


@pytest.mark.slow
def test_a_killed_crawl_goes_on_and_ends_with_the_same_articles(tmp_path: Path) -> None:
    config = configured(tmp_path)
    path = tmp_path / "out" / "articles.db"
    for number in (10, 60):
        with running(config) as process:
            wait_for_rows(path, number, process)
        assert process.returncode == -signal.SIGKILL
        assert len(rows(path)) < 150
    with running(config) as process:
        assert process.wait(40) == 0
    assert rows(path) == published(150)
    assert len((tmp_path / "out" / "articles.jsonl").read_text().splitlines()) == 150
