"""The frontier and its stores."""

from crawler.frontier.frontier import Frontier
from crawler.frontier.memory import MemoryStore

__all__ = ["Frontier", "MemoryStore"]
