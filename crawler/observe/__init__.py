"""Listeners: they are told what happens, and change nothing."""

from crawler.observe.stats import Stats

__all__ = ["Stats"]
