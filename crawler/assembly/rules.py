"""The rules of a crawl, as its settings say."""

from __future__ import annotations

import time

from crawler.assembly.fetching import user_agent
from crawler.assembly.parts import Parts
from crawler.contracts import Store
from crawler.frontier import Frontier
from crawler.policy.canonical import CanonicalForm
from crawler.policy.politeness import HostPace, Politeness
from crawler.policy.robots import robots_token
from crawler.policy.scope import Scope
from crawler.policy.traps import TrapLimits, Traps
from crawler.policy.wishes import PageWishes
from crawler.settings import Politeness as PolitenessSettings
from crawler.settings import Settings
from crawler.spider import Spider


def make_scope(settings: Settings, spider: Spider) -> Scope:
    """Return the rule which URLs belong to the crawl; it does not know the start URLs yet."""
    scope = settings.scope
    return Scope(scope.hosts or spider.hosts, scope.include, scope.exclude, settings.limits.depth)


def make_politeness(settings: PolitenessSettings) -> Politeness:
    """Return the paces of the hosts, as the settings say."""
    return Politeness(
        settings.delay,
        settings.per_host,
        settings.max_delay,
        per_ip=settings.per_ip,
        adapt=settings.adapt,
        hosts={name: HostPace(own.delay, own.per_host) for name, own in settings.hosts.items()},
    )


def make_form(settings: Settings) -> CanonicalForm:
    """Return the form in which the crawl knows URLs."""
    urls = settings.urls
    return CanonicalForm(
        urls.drop,
        sort_query=urls.sort_query,
        index=urls.index,
        trailing_slash=urls.trailing_slash,
        https=urls.https,
    )


def make_traps(settings: Settings) -> Traps:
    """Return the rules about crawler traps; they have counted nothing yet."""
    return Traps(TrapLimits(**dict(settings.traps)), year=time.gmtime().tm_year)


def make_frontier(parts: Parts, store: Store) -> Frontier:
    """Return the frontier over a store."""
    polite = parts.settings.politeness
    politeness = parts.politeness or make_politeness(polite)
    agent = robots_token(user_agent(parts.settings))
    return Frontier(store, politeness, robots=polite.robots, agent=agent, threads=not parts.inline)


def make_wishes(settings: Settings) -> PageWishes:
    """Return the rule which wishes of a page are followed."""
    polite = settings.politeness
    agent = robots_token(user_agent(settings))
    return PageWishes(agent, nofollow=polite.nofollow, noindex=polite.noindex)
