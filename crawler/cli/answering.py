"""Gathers what there is to say about one URL: from the state of a crawl, and from its configuration."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

from crawler.assembly import make_form
from crawler.cli import configuration
from crawler.cli.ruling import Rules
from crawler.cli.statefile import StateFile
from crawler.errors import CrawlerError
from crawler.extract import RuleSpider
from crawler.policy.again import differences
from crawler.settings import Settings
from crawler.state import identity
from crawler.store.likeness import Around, around
from crawler.store.looking import digests_of
from crawler.store.tracing import Trace, facts, trace
from crawler.url import host_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What there is to say.

    Attributes:
        url: in the form in which the crawl knows it.
        word: how the person called the state.
        now: when the state was read, in seconds since 1970.
        trace: what the state knows of the URL.
        around: what it knows around it, when it does not know the URL itself.
        rules: those of the configuration; None when there is none to be had.
        lacking: why there is none.
        changed: the keys that are different now from what the crawl began with.
    """

    url: str
    word: Path
    now: float
    trace: Trace
    around: Around | None
    rules: Rules | None
    lacking: str
    changed: list[str]


def answer(url: str, word: Path, found: StateFile, config: Path | None) -> Answer:
    """Return what there is to say about a URL.

    Args:
        url: as the person wrote it; a path where the crawl began at the demo site.
        word: how the person called the state.
        found: the state file.
        config: the configuration to go by; None for the one that the state is known by.

    Raises ConfigError and PluginError when that cannot be used, StateError, and typer.BadParameter.
    """
    noted = facts(found.path)
    port = noted.get("demo port")
    url = configuration.whole_url(f"http://127.0.0.1:{port}{url}" if port and url.startswith("/") else url)
    settings, lacking = _settings(found, config, noted.get("configuration", ""))
    now = time.time()
    longest = math.inf if settings is None else settings.politeness.max_delay
    seen = trace(found.path, url, now, longest)
    if settings is not None and not seen.requests and (formed := make_form(settings)(url)) != url:
        url, seen = formed, trace(found.path, formed, now, longest)
    rules = None
    if settings is not None:
        rules, lacking = _rules(settings, seen, by_hand=config is not None or found.settings is not None)
    return Answer(
        url=url,
        word=word,
        now=now,
        trace=seen,
        around=None if seen.requests else around(found.path, url),
        rules=rules,
        lacking=lacking,
        changed=[] if settings is None else differences(digests_of(noted), identity(settings, RuleSpider)),
    )


def _settings(found: StateFile, config: Path | None, noted: str) -> tuple[Settings | None, str]:
    """Return the settings to go by, or why there are none."""
    if config is not None:
        return configuration.read(config), ""
    if found.settings is not None:
        return found.settings, ""
    if not noted:
        return None, "the state names no configuration: --config FILE says whose rules hold"
    path = _near(Path(noted))
    if not path.is_file():
        return None, f"the configuration {path} is gone: --config FILE says whose rules hold"
    try:
        return configuration.read(path), ""
    except CrawlerError as error:  # it is not the person who named it
        return None, _unusable(error)


def _rules(settings: Settings, seen: Trace, *, by_hand: bool) -> tuple[Rules | None, str]:
    try:
        spider = configuration.spider_of(settings, Path())
    except CrawlerError as error:
        if by_hand:
            raise
        return None, _unusable(error)
    home = list(dict.fromkeys(host_of(origin + "/") for origin in seen.home))
    return Rules(settings, spider, home, seen.robots, None if seen.requests else seen.trapped), ""


def _unusable(error: CrawlerError) -> str:
    return f"the configuration cannot be used now: {str(error).splitlines()[0]}"


def _near(path: Path) -> Path:
    """Return a path as people here would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
