"""What a call may say besides its URLs: some of the options of a crawl."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from crawler.contracts import Fetcher, Listener
from crawler.policy.politeness import Politeness
from crawler.settings import Settings, from_mapping


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
            known = ", ".join(sorted(Options.__annotations__))
            raise TypeError(f"{function}() has no option {name!r}: it has {known}; for more, use Crawl")
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
