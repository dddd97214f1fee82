"""Which rules for links and pages a URL fits, where a configuration says them instead of a spider."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crawler.settings import Settings


def fitting(settings: Settings, url: str, priority: int | None = None) -> list[int]:
    """Return the positions of the rules in `follow` that take a link to a URL, if they select it on a page.

    Args:
        settings: without a spider.
        url: in canonical form.
        priority: that a link got, when that is known: only rules that give it fit.
    """
    return [
        number
        for number, rule in enumerate(settings.follow)
        if (rule.match is None or re.search(rule.match, url)) and priority in (None, rule.priority)
    ]


def followed_by(settings: Settings, url: str, priority: int) -> str:
    """Return in words which rule in `follow` took a link; empty where none of them fits any more."""
    found = [_rule(settings, number) for number in fitting(settings, url, priority)]
    return f"followed by {' or '.join(found)}" if found else ""


def not_followed(settings: Settings, url: str) -> str:
    """Return in words why no rule in `follow` takes links to a URL; empty where one does."""
    if not settings.follow:
        return "no links are followed: the configuration has no `follow`"
    if fitting(settings, url):
        return ""
    rules = [_rule(settings, number) for number in range(len(settings.follow))]
    return f"links to it are not followed: no `match` is found in it of {', '.join(rules)}"


def kinds_of(settings: Settings, url: str) -> Iterator[str]:
    """Yield in words as which kinds of pages a URL is read."""
    for name, kind in settings.pages.items():
        if kind.match is None or re.search(kind.match, url):
            yield _placed(settings, f"pages.{name}", ("pages", name))


def _rule(settings: Settings, number: int) -> str:
    rule = settings.follow[number]
    match = f", match {rule.match!r}" if rule.match is not None else ""
    found = rule.css or (", ".join(rule.kinds) if rule.kinds else "links to pages")
    name = "follow" if len(settings.follow) == 1 else f"follow.{number}"
    return f"{_placed(settings, name, ('follow', number))} ({found}{match})"


def _placed(settings: Settings, name: str, path: tuple[str | int, ...]) -> str:
    entry = settings.origins.of(path)
    return name + (f" at {entry.place}" if entry is not None else "")
