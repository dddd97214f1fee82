"""Where requests and items are kept."""

from crawler.store.memory import MemoryStore
from crawler.store.sqlite import SqliteStore

__all__ = ["MemoryStore", "SqliteStore"]
