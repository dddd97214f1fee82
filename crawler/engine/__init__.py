"""The crawl's line: lease, attempt, settle."""

from crawler.engine.engine import Engine
from crawler.engine.plan import Plan

__all__ = ["Engine", "Plan"]
