"""The crawl's line: lease, attempt, settle."""

from crawler.engine.engine import Engine
from crawler.engine.plan import Plan
from crawler.engine.why import Why

__all__ = ["Engine", "Plan", "Why"]
