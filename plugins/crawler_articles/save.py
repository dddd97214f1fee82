"""The stage that writes articles into a database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from crawler import Batch, batch
from crawler.errors import OutputError
from crawler_articles.article import Article
from crawler_articles.table import create, write


@batch(run="thread", size=200, max_wait=2.0)
class Save:
    """Writes articles into the table `articles` of an SQLite database, one row a URL.

    It is given each article at least once; a second time changes nothing. Articles of earlier crawls
    stay in the table.

    Args:
        path: of the database, relative to the current folder; it and its folder are made.

    Raises OutputError when the database cannot be written, or has another table of that name.
    """

    def __init__(self, path: str = "articles.db") -> None:
        self._path = Path(path)
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Make the table, unless it is there."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(f"{self._path} cannot be written: {error}") from error
        try:
            # Who reads the table meanwhile keeps nobody waiting.
            connection.execute("PRAGMA journal_mode = WAL")
            with connection:
                create(connection)
        except (OutputError, sqlite3.Error) as error:
            connection.close()
            raise OutputError(f"{self._path} cannot be written: {error}") from error
        self._connection = connection

    def __call__(self, articles: Batch[Article]) -> None:
        """Write these, all or none."""
        assert self._connection is not None
        try:
            with self._connection:
                write(self._connection, articles)
        except sqlite3.Error as error:
            raise OutputError(f"{self._path} cannot be written: {error}") from error

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            with closing(self._connection):
                self._connection = None
