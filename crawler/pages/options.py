"""What a call may say besides its URLs: some of the options of a crawl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from crawler.contracts import Fetcher, Listener
from crawler.nearest import nearest
from crawler.policy.politeness import Politeness
from crawler.settings import Settings, from_mapping

#: What a function takes besides, by its name.
_OWN = {
    "fetch_all": ("errors", "limit"),
    "fetch_each": ("errors", "limit"),
    "first": ("good", "hedge"),
}
#: How to say what people look for here, and is a key of a section.
_SAID = {
    "allow": 'fetch={"allow": ["127.0.0.1"]}',
    "bytes": 'limits={"bytes": "1gb"}',
    "concurrency": "limit=16",
    "contact": 'fetch={"contact": "me@example.com"}',
    "cookies": 'fetch={"cookies": True}',
    "delay": 'politeness={"delay": 0}',
    "exclude": 'scope={"exclude": ["/private/"]}',
    "headers": 'fetch={"headers": {"Accept-Language": "en"}}',
    "hops": 'limits={"hops": 10}',
    "hosts": 'scope={"hosts": ["example.com"]}',
    "include": 'scope={"include": ["/news/"]}',
    "max_body": 'fetch={"max_body": "16mb"}',
    "max_delay": 'politeness={"max_delay": 60}',
    "max_workers": "limit=16",
    "per_host": 'politeness={"delay": 0, "per_host": 8}',
    "retries": 'politeness={"retries": 0}',
    "robots": 'politeness={"robots": False}',
    "time": 'limits={"time": 60}',
    "timeout": 'fetch={"timeouts": {"total": 30}}',
    "timeouts": 'fetch={"timeouts": {"total": 30}}',
    "user_agent": 'fetch={"user_agent": "me/1.0"}',
    "workers": "limit=16",
}


class Options(TypedDict, total=False):
    """The options of a crawl that make sense here.

    Attributes:
        politeness: how each host is treated; or an object that is shared with crawls and other calls.
        fetch: how pages are fetched, but for `concurrency`.
        limits: where it ends.
        scope: which URLs, and which redirects, are not fetched; left out, any host will do.
        fetcher: fetches instead of the real web.
        listeners: are told what happens; see `crawler.events`.
    """

    politeness: Politeness | dict[str, Any]
    fetch: dict[str, Any]
    limits: dict[str, Any]
    scope: dict[str, Any]
    fetcher: Fetcher
    listeners: Sequence[Listener]


@dataclass(frozen=True, slots=True)
class Manner:
    """How the pages of one call are fetched; the parts of a crawl that options say."""

    settings: Settings
    politeness: Politeness | None
    fetcher: Fetcher | None
    listeners: Sequence[Listener]


def manner_of(function: str, limit: int, options: Options) -> Manner:
    """Return how pages are to be fetched.

    Args:
        function: what was called, for errors.
        limit: fetches at a time.
        options: as they were given.

    Raises TypeError and ValueError for what makes no sense here, ConfigError for values that are wrong.
    """
    for name in options:
        if name not in Options.__annotations__:
            raise TypeError(_no_option(function, name))
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ValueError(f"{function}(): limit must be a number of fetches at a time, from 1, not {limit!r}")
    fetch = options.get("fetch", {})
    if not isinstance(fetch, Mapping) or "concurrency" in fetch:
        raise TypeError(f"{function}(): fetch must be a dict without concurrency, which is `limit` here")
    sections: dict[str, Any] = {"fetch": {**fetch, "concurrency": limit}}
    for name in ("limits", "scope", "politeness"):
        value: Any = options.get(name)
        if value is not None and not isinstance(value, Politeness):
            sections[name] = value
    politeness = options.get("politeness")
    return Manner(
        from_mapping(sections),
        politeness if isinstance(politeness, Politeness) else None,
        options.get("fetcher"),
        options.get("listeners", ()),
    )


def _no_option(function: str, name: str) -> str:
    """Return what to say of an option that a function does not have, and what was meant by it."""
    known = sorted([*Options.__annotations__, *_OWN.get(function, ())])
    said = {word: form for word, form in _SAID.items() if form.partition("=")[0] in known}
    if name in said:
        guess = f" Write {said[name]}."
    elif guess := nearest(name, [*known, *said]):
        form = next((form for word, form in said.items() if f"'{word}'" in guess), "")
        guess = f" {guess[0].upper()}{guess[1:]}" + (f" Write {form}." if form else "")
    return f"{function}() has no option {name!r}.{guess} It has {', '.join(known)}; for more, use Crawl"
