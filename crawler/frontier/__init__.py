"""The frontier: which request is next."""

from crawler.frontier.frontier import Frontier

__all__ = ["Frontier"]
