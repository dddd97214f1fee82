"""A crawl is killed at random moments and run again; what it leaves has to be exact."""

from crawler.testing.durability.killing.runs import Trials, kill, survives_kills

__all__ = ["Trials", "kill", "survives_kills"]
