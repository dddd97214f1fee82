"""The table of articles: its columns, what is written to it, and what is read back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from crawler.errors import OutputError, PluginError
from crawler_articles.article import Article

COLUMNS = ("url", "title", "author", "date", "language", "site", "description", "fingerprint", "text")

# The number is a column of its own, so that VACUUM keeps it and the search can refer to it. The text comes
# last, so that who asks for the rest need not read it.
_TABLE = """
CREATE TABLE IF NOT EXISTS articles (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    author TEXT NOT NULL,
    date TEXT,
    language TEXT NOT NULL,
    site TEXT NOT NULL,
    description TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    text TEXT NOT NULL
)
"""
# The words only: title and text are read from the table of articles.
_SEARCH = """
CREATE VIRTUAL TABLE IF NOT EXISTS articles_fts USING fts5(
    title, text, content='articles', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
)
"""
_FORGET = """
INSERT INTO articles_fts(articles_fts, rowid, title, text) VALUES ('delete', old.id, old.title, old.text);
"""
_LEARN = "INSERT INTO articles_fts(rowid, title, text) VALUES (new.id, new.title, new.text);"
_TRIGGERS = (
    f"CREATE TRIGGER IF NOT EXISTS articles_added AFTER INSERT ON articles BEGIN {_LEARN} END",
    f"CREATE TRIGGER IF NOT EXISTS articles_removed AFTER DELETE ON articles BEGIN {_FORGET} END",
    "CREATE TRIGGER IF NOT EXISTS articles_changed AFTER UPDATE OF title, text ON articles "
    f"BEGIN {_FORGET} {_LEARN} END",
)

_CHANGED = COLUMNS[1:]
# An article may be written twice: the second time changes it, or nothing when it is the same.
_WRITE = f"""
INSERT INTO articles ({", ".join(COLUMNS)}) VALUES ({", ".join("?" * len(COLUMNS))})
ON CONFLICT(url) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _CHANGED)}
WHERE ({", ".join(_CHANGED)}) IS NOT ({", ".join(f"excluded.{name}" for name in _CHANGED)})
"""


def create(connection: sqlite3.Connection) -> None:
    """Make the table, and the search where SQLite can (FTS5), unless they are there.

    Raises OutputError when there is a table of that name with other columns.
    """
    connection.execute(_TABLE)
    there = {row[1] for row in connection.execute("PRAGMA table_info(articles)")}
    if not there.issuperset(COLUMNS):
        raise OutputError(
            "its table `articles` is not one of these: "
            f"it has no {', '.join(name for name in COLUMNS if name not in there)}"
        )
    if connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]:
        for statement in (_SEARCH, *_TRIGGERS):
            connection.execute(statement)


def write(connection: sqlite3.Connection, articles: Iterable[Article]) -> None:
    """Add articles, or change those whose URL is there."""
    connection.executemany(_WRITE, (_row(article) for article in articles))


def read_fingerprints(path: Path) -> Iterator[tuple[str, str]]:
    """Yield URL and fingerprint of each article; none when there is no such database or table yet.

    Raises PluginError when the database cannot be read.
    """
    if not path.is_file():
        return
    try:
        with closing(sqlite3.connect(path)) as connection:
            if connection.execute("PRAGMA table_info(articles)").fetchall():
                yield from connection.execute("SELECT url, fingerprint FROM articles")
    except sqlite3.Error as error:
        raise PluginError(f"known articles cannot be read from {path}: {error}") from error


def _row(article: Article) -> tuple[str | None, ...]:
    values = ((name, getattr(article, name)) for name in COLUMNS)
    return tuple(value.isoformat() if name == "date" and value else value for name, value in values)
