"""The stage that writes articles into a database, and what can be asked of that."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from crawler_articles import Article, Save
from crawler_articles.table import COLUMNS

from crawler import Batch
from crawler.errors import OutputError

RIVER = Article(
    url="https://news.test/river",
    title="High water",
    author="Ann Lee; Bo Ek",
    date=datetime.date(2024, 3, 5),
    language="en",
    site="The News",
    description="The river rose.",
    text="The river rose again.\nPeople carried chairs.",
    fingerprint="00ff00ff00ff00ff",
)
PLAIN = Article(url="https://news.test/café", text="Le café est fermé.", fingerprint="0" * 16)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / "articles.db"


@pytest.fixture
def save(path: Path) -> Iterator[Save]:
    save = Save(str(path))
    save.open()
    yield save
    save.close()


def asked(path: Path, question: str, *values: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(question, values).fetchall()


def found(path: Path, words: str) -> list[str]:
    matches = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?"
    question = f"SELECT title FROM articles WHERE id IN ({matches}) ORDER BY id"
    return [str(title) for (title,) in asked(path, question, words)]


def test_an_article_is_a_row(path: Path, save: Save) -> None:
    save(Batch([RIVER, PLAIN]))
    rows = asked(path, f"SELECT {', '.join(COLUMNS)} FROM articles ORDER BY id")
    assert rows[0] == (
        RIVER.url, "High water", "Ann Lee; Bo Ek", "2024-03-05", "en", "The News", "The river rose.",
        RIVER.fingerprint, RIVER.text,
    )  # fmt: skip
    assert rows[1][:4] == (PLAIN.url, "", "", None)


def test_a_batch_that_comes_again_changes_nothing(path: Path, save: Save) -> None:
    save(Batch([RIVER, PLAIN]))
    before = asked(path, "SELECT * FROM articles ORDER BY id")
    connection = save._connection
    assert connection is not None
    changes = connection.total_changes
    save(Batch([RIVER, PLAIN]))
    assert connection.total_changes == changes
    assert asked(path, "SELECT * FROM articles ORDER BY id") == before


def test_a_changed_article_takes_the_place_of_the_old_one(path: Path, save: Save) -> None:
    save(Batch([RIVER, PLAIN]))
    newer = Article(url=RIVER.url, title="Low water", text="The lake sank.", fingerprint="1" * 16)
    save(Batch([newer]))
    rows = asked(path, "SELECT id, title, author, date FROM articles ORDER BY id")
    assert rows == [(1, "Low water", "", None), (2, "", "", None)]
    assert found(path, "river") == []
    assert found(path, "lake") == ["Low water"]


def test_title_and_text_can_be_searched(path: Path, save: Save) -> None:
    save(Batch([RIVER, PLAIN]))
    assert found(path, "water") == ["High water"]
    assert found(path, "rose AND chairs") == ["High water"]
    assert found(path, "cafe ferme") == [""]
    assert found(path, "author") == []


def test_the_search_forgets_what_is_removed_and_outlives_a_vacuum(path: Path, save: Save) -> None:
    save(Batch([RIVER, PLAIN]))
    save.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM articles WHERE url = ?", [RIVER.url])
        connection.commit()
        connection.execute("VACUUM")
        connection.execute("INSERT INTO articles_fts(articles_fts) VALUES ('integrity-check')")
    assert found(path, "river") == []
    assert found(path, "café") == [""]


def test_a_batch_is_written_as_a_whole_or_not_at_all(path: Path, save: Save) -> None:
    broken = Article(url="https://news.test/broken", text="\ud800", fingerprint="2" * 16)
    with pytest.raises(UnicodeEncodeError):
        save(Batch([RIVER, broken]))
    assert asked(path, "SELECT count(*) FROM articles") == [(0,)]
    save(Batch([RIVER]))
    assert asked(path, "SELECT count(*) FROM articles") == [(1,)]


def test_articles_of_an_earlier_crawl_stay(path: Path, save: Save) -> None:
    save(Batch([RIVER]))
    save.close()
    again = Save(str(path))
    again.open()
    again(Batch([PLAIN]))
    again.close()
    assert asked(path, "SELECT id, url FROM articles ORDER BY id") == [(1, RIVER.url), (2, PLAIN.url)]


def test_another_table_of_that_name_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE articles (url TEXT PRIMARY KEY, price REAL)")
    with pytest.raises(OutputError, match=r"mine\.db cannot be written: its table `articles` is not one"):
        Save(str(path)).open()
    assert asked(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("articles",)]


def test_a_path_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError, match=r"articles\.db cannot be written"):
        Save(str(tmp_path / "file" / "articles.db")).open()
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be looked at as if it were one " * 20)
    with pytest.raises(OutputError, match=r"notes\.txt cannot be written: file is not a database"):
        Save(str(text)).open()


def test_closing_leaves_one_file(path: Path, save: Save) -> None:
    save(Batch([RIVER]))
    save.close()
    save.close()
    assert [one.name for one in path.parent.iterdir()] == ["articles.db"]
