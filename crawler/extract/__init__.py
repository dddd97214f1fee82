"""Extraction by rules, for crawls that need no code."""

from crawler.extract.fields import Field
from crawler.extract.rules import PLAIN_PAGE, FollowRule, PageKind, RuleSpider

__all__ = ["PLAIN_PAGE", "Field", "FollowRule", "PageKind", "RuleSpider"]
