"""A batch: it gets many items at a time, and is the last stage of a pipeline."""

import sqlite3
from pathlib import Path

from crawler import Batch, batch

from crawler_example_plugin.items import Article

TABLE = "CREATE TABLE IF NOT EXISTS articles (url TEXT PRIMARY KEY, title TEXT, price REAL)"
# After a crash a batch may come once more, so each article takes the place of what was there.
ROW = "INSERT OR REPLACE INTO articles VALUES (?, ?, ?)"


# A database driver makes its caller wait, so this runs in a thread.
@batch(run="thread", size=200, max_wait=2.0)
class Save:
    """Saves articles in an SQLite database.

    Args:
        path: the file.
    """

    def __init__(self, path: str = "articles.db") -> None:
        self.path = Path(path)

    def open(self) -> None:
        """Open the database: once, in the thread that uses it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(self.path)
        self.database.execute(TABLE)

    def __call__(self, articles: Batch[Article]) -> None:
        """Save some articles, all or none."""
        with self.database:
            self.database.executemany(ROW, [(one.url, one.title, one.price) for one in articles])

    def close(self) -> None:
        """Close the database."""
        self.database.close()
