"""From the command line to settings and the spider: a URL alone, or any configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from typer import BadParameter

from crawler.cli import configuration
from crawler.errors import ConfigError, PluginError, Problem
from crawler.registry import find_spider
from crawler.settings import Settings, SpiderRef, from_mapping, located
from crawler_linkcheck.spider import LinkCheck

_OURS = "crawler_linkcheck:LinkCheck"
#: What a configuration says of items and where they go, which is nothing to a check.
_EXTRACTS = ("follow", "pages", "pipeline", "placement", "output", "state")


def settings_for(word: str, overrides: Sequence[str] = ()) -> Settings:
    """Return the settings that a URL or the path of a configuration stands for.

    Args:
        word: what stands on the command line.
        overrides: "key=value" each.

    Raises ConfigError, and typer.BadParameter for what is neither.
    """
    if word.lower().endswith((".yaml", ".yml")) or Path(word).is_file():
        return configuration.read(Path(word), overrides)
    # Imported here because only overrides need YAML.
    from crawler.settings.node import Node, Place, plain
    from crawler.settings.overrides import apply

    url = configuration.whole_url(word)
    changed, problems = apply(Node({}, Place("")), overrides, os.environ)
    if problems:
        raise ConfigError(problems)
    try:
        return from_mapping({"name": "linkcheck", "start": url, **plain(changed)})
    except ConfigError as error:
        raise ConfigError([replace(problem, file="--set") for problem in error.problems]) from None


def patterns(given: Sequence[str]) -> list[str]:
    """Return the regular expressions of `--ignore`. Raises typer.BadParameter for what is none."""
    for pattern in given:
        try:
            re.compile(pattern)
        except re.error as error:
            message = f"{pattern!r} is not a regular expression: {error}"
            raise BadParameter(message, param_hint="--ignore") from None
    return list(given)


def for_check(settings: Settings, params: Mapping[str, Any], allow: Sequence[str] = ()) -> Settings:
    """Return settings of a check: what a configuration says of where and how, without what it extracts.

    Args:
        settings: of whatever crawl.
        params: the spider's parameters that the command line sets.
        allow: further networks that may be contacted.
    """
    use, given = _OURS, dict(params)
    if settings.spider is not None and _is_ours(settings):
        use, given = settings.spider.use, {**settings.spider.params, **given}
    elif settings.start is None:
        hint = "add the line start: https://example.com/"
        problem = Problem("a check of links needs a start", "spider", hint=hint)
        raise ConfigError([located(problem, settings)])
    scope = settings.scope
    if given.get("external") and scope.hosts:
        # They say which pages are the site's; what these link to may be anywhere.
        given.setdefault("site", list(scope.hosts))
        scope = scope.model_copy(update={"hosts": ()})
    more = from_mapping({"fetch": {"allow": list(allow)}}).fetch.allow
    changes: dict[str, Any] = {
        key: field.get_default(call_default_factory=True)
        for key, field in Settings.model_fields.items()
        if key in _EXTRACTS
    }
    changes |= {"spider": SpiderRef(use=use, params=given), "scope": scope}
    changes["fetch"] = settings.fetch.model_copy(update={"allow": (*settings.fetch.allow, *more)})
    return settings.model_copy(update=changes)


def _is_ours(settings: Settings) -> bool:
    assert settings.spider is not None
    try:
        return issubclass(find_spider(settings.spider.use, settings.folder), LinkCheck)
    except PluginError:  # which a check can do without
        return False
