"""Rules for URLs that let nothing through; only what is certain is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from crawler.errors import UrlError
from crawler.settings.addresses import ROBOTS, host
from crawler.settings.finding import Finding, Path
from crawler.settings.words import short

_SCHEMES = ("http://", "https://")
_ANCHORED = re.compile(r"(?:\^|\\A)((?:[A-Za-z0-9/:_@%&=~,;!-]|\\[/.:?&=_+-])*)([*?+{]?)")


def reach(data: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the rules in a configuration, as it was written, that no URL can satisfy."""
    for path, pattern in _patterns(data):
        if _is_never_found(pattern):
            hint = f"leave out the '^', or write {short(_whole(pattern))}"
            message = f"'{short(pattern)}' is found in no URL: they begin with http:// or https://"
            yield Finding(path, message, hint)
    scope = data.get("scope")
    if isinstance(scope, Mapping):
        both = list(_both(scope))
        yield from both or _starts(scope, _urls(data.get("start")))
    limits, follow = data.get("limits"), data.get("follow")
    depth = limits.get("depth") if isinstance(limits, Mapping) else None
    if follow and depth == 0 and not isinstance(depth, bool):
        message = "with 'depth: 0' only the start is fetched, and 'follow' has no effect"
        yield Finding(("limits", "depth"), message, "remove one of them", wanted=True)


def _patterns(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    scope, follow, pages = data.get("scope"), data.get("follow"), data.get("pages")
    for key in ("include", "exclude"):
        listed = scope.get(key) if isinstance(scope, Mapping) else None
        for number, pattern in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(pattern, str):
                yield ("scope", key, number), pattern
    rules: list[tuple[Path, Any]] = [(("start",), data.get("start"))]
    if isinstance(follow, list):
        rules += [(("follow", number), rule) for number, rule in enumerate(follow)]
    if isinstance(pages, Mapping):
        rules += [(("pages", name), kind) for name, kind in pages.items()]
    for path, rule in rules:
        if isinstance(rule, Mapping) and isinstance(rule.get("match"), str):
            yield (*path, "match"), rule["match"]


def _is_never_found(pattern: str) -> bool:
    match = _ANCHORED.match(pattern)
    if match is None or "|" in _outside_groups(pattern):
        return False
    literal = re.findall(r"\\.|.", match[1])
    if match[2]:  # the last character is repeated, or may be missing
        literal = literal[:-1]
    start = "".join(character[-1] for character in literal)
    return not any(scheme.startswith(start) or start.startswith(scheme) for scheme in _SCHEMES)


def _outside_groups(pattern: str) -> str:
    """Return a regular expression without what is escaped or in brackets."""
    rest = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", pattern, flags=re.DOTALL)
    while (shorter := re.sub(r"\([^()]*\)", "", rest)) != rest:
        rest = shorter
    return rest


def _whole(pattern: str) -> str:
    """Return an anchored expression with what a URL has in front of it."""
    rest = pattern.removeprefix("^").removeprefix("\\A")
    return f"^https?://{'[^/]+' if rest.startswith('/') else ''}{rest}"


def _both(scope: Mapping[str, Any]) -> Iterator[Finding]:
    excluded = _list(scope, "exclude")
    for path, pattern in _patterns({"scope": scope}):
        if path[1] == "include" and pattern in excluded:
            message = f"'{short(pattern)}' stands under 'exclude' as well, and so lets nothing in"
            yield Finding(path, message, "remove one of the two")


def _starts(scope: Mapping[str, Any], urls: list[str]) -> Iterator[Finding]:
    """Yield the part of the scope that every start URL fails at."""
    if not urls or not any(_list(scope, key) for key in ("hosts", "include", "exclude")):
        return
    # Imported when there is something to ask, so that importing the settings stays cheap.
    from crawler.policy.scope import Scope
    from crawler.url import canonical

    try:
        hosts = [host(name) for name in _list(scope, "hosts")]
        rule = Scope(hosts, _list(scope, "include"), _list(scope, "exclude"))
        starts = [canonical(url) for url in urls]
    # What is wrong with these values by themselves is told by the tree.
    except (PydanticCustomError, re.error, OverflowError, RecursionError, Warning, UrlError, UnicodeError):
        return
    for url in starts:
        rule.welcome(url)
    reasons = {rule.refuses(url) for url in starts}
    reason = reasons.pop()
    if reasons or reason is None:
        return
    key = {"host": "hosts", "include": "include", "exclude": "exclude"}[reason.value]
    which = "the start URL" if len(starts) == 1 else "every start URL"
    # No word about the URL itself: it may hold a secret, and this is told at the place of the scope.
    yield Finding(("scope", key), f"'{key}' keeps out {which}", "nothing would be fetched")


def _urls(start: Any) -> list[str]:
    if isinstance(start, Mapping):
        named = (start.get(key) for key in ("sitemap", "feed", "urls"))
        start = next((one for one in named if one is not None and one != ROBOTS), None)
    listed = start if isinstance(start, list) else [start]
    return listed if all(isinstance(url, str) for url in listed) else []


def _list(mapping: Any, key: str) -> list[str]:
    listed = mapping.get(key) if isinstance(mapping, Mapping) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
