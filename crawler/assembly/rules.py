"""The rules of a crawl, as its settings say."""

from __future__ import annotations

from crawler.assembly.fetching import user_agent
from crawler.assembly.parts import Parts
from crawler.contracts import Store
from crawler.frontier import Frontier
from crawler.policy.politeness import Politeness
from crawler.policy.robots import robots_token
from crawler.policy.scope import Scope
from crawler.settings import Settings
from crawler.spider import Spider


def make_scope(settings: Settings, spider: Spider) -> Scope:
    """Return the rule which URLs belong to the crawl; it does not know the start URLs yet."""
    scope = settings.scope
    return Scope(scope.hosts or spider.hosts, scope.include, scope.exclude, settings.limits.depth)


def make_frontier(parts: Parts, store: Store) -> Frontier:
    """Return the frontier over a store."""
    polite = parts.settings.politeness
    politeness = parts.politeness or Politeness(polite.delay, polite.per_host, polite.max_delay)
    agent = robots_token(user_agent(parts.settings))
    return Frontier(store, politeness, robots=polite.robots, agent=agent)
