"""The frontier: which request is next."""

from crawler.frontier.frontier import Frontier
from crawler.frontier.queue import Outlook

__all__ = ["Frontier", "Outlook"]
